"""What people answered to a run: how many wanted what, at which hour, and how many said stop."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import ExtractHour

from campaigns.models import Recipient, Run
from whatsapp.models import Reply, ReplyOutcome

# An answer is to this run where it names its message; a stop is where the run told this number
# something before.
ANSWERS_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class Answers:
    """Counts of phones: who taps twice has answered once."""

    by_kind: Counter[str]
    by_hour: Mapping[int, Counter[str]]  # of the clinic's day, 0 to 23; by kind
    stopped: int

    @property
    def answered(self) -> int:
        return self.by_kind.total()


def of(run: Run) -> Answers:
    """Count the answers to a run's messages."""
    zone = run.campaign.clinic.zone
    known = Reply.objects.filter(
        clinic=run.campaign.clinic_id,
        written_at__gte=run.started_at,
        written_at__lt=_until(run),
    )
    told = known.filter(answers__stream=run.stream_id).exclude(outcome=ReplyOutcome.STOPPED)
    by_kind, by_hour = Counter[str](), dict[int, Counter[str]]()
    rows = told.annotate(hour=ExtractHour("written_at", tzinfo=zone)).values_list("outcome", "hour")
    for outcome, hour, count in rows.annotate(n=Count("phone", distinct=True)):
        by_kind[outcome] += count
        by_hour.setdefault(hour, Counter())[outcome] += count
    before = Recipient.objects.filter(
        run=run, phone=OuterRef("phone"), poured_at__lte=OuterRef("written_at")
    )
    stops = known.filter(Exists(before), outcome=ReplyOutcome.STOPPED)
    return Answers(by_kind, by_hour, stops.values("phone").distinct().count())


def _until(run: Run) -> datetime:
    return (run.finished_at or run.expires_at) + ANSWERS_WITHIN
