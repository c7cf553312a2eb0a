"""What patients answered to a run: how many wanted what, at which hour, and who said stop."""

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
_COUNTED_APART = (
    ReplyOutcome.FOREIGN,
    # What they answer to that counts.
    ReplyOutcome.ASKED_WHICH,
    ReplyOutcome.STOPPED,
    ReplyOutcome.INTERESTED,
    ReplyOutcome.ALREADY_DONE,
    ReplyOutcome.NOT_THIS,
)


@dataclass(frozen=True)
class Answers:
    """
    Counts of patients, whoever of a household answered for them; of each the last tap counts.

    What was written in other words, and `stopped`, are counts of phones: words are one number's.
    """

    by_kind: Counter[str]
    by_hour: Mapping[int, Counter[str]]  # of the clinic's day, 0 to 23; by kind
    stopped: int

    @property
    def answered(self) -> int:
        return self.by_kind.total()


def of(run: Run) -> Answers:
    """Count the answers to a run's messages."""
    zone = run.campaign.clinic.zone
    taps = Recipient.objects.filter(run=run).exclude(answer="")
    tapped = taps.annotate(hour=ExtractHour("answered_at", tzinfo=zone))
    known = Reply.objects.filter(
        clinic=run.campaign.clinic_id,
        written_at__gte=run.started_at,
        written_at__lt=_until(run),
    )
    words = known.filter(answers__stream=run.stream_id).exclude(outcome__in=_COUNTED_APART)
    written = words.annotate(hour=ExtractHour("written_at", tzinfo=zone))
    by_kind, by_hour = Counter[str](), dict[int, Counter[str]]()
    rows = (
        *tapped.values_list("answer", "hour").annotate(n=Count("pk")),
        *written.values_list("outcome", "hour").annotate(n=Count("phone", distinct=True)),
    )
    for kind, hour, count in rows:
        by_kind[kind] += count
        by_hour.setdefault(hour, Counter())[kind] += count
    before = Recipient.objects.filter(
        run=run, phone=OuterRef("phone"), poured_at__lte=OuterRef("written_at")
    )
    stops = known.filter(Exists(before), outcome=ReplyOutcome.STOPPED)
    return Answers(by_kind, by_hour, stops.values("phone").distinct().count())


def _until(run: Run) -> datetime:
    return (run.finished_at or run.expires_at) + ANSWERS_WITHIN
