"""What patients answered to a run: how many wanted what, at which hour, and who said stop."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Value
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
    before = Recipient.objects.filter(
        run=run, phone=OuterRef("phone"), poured_at__lte=OuterRef("written_at")
    )
    stops = known.filter(Exists(before), outcome=ReplyOutcome.STOPPED)
    # No hour tells them apart from the others.
    stopped_at = stops.annotate(hour=Value(None, output_field=IntegerField()))
    phones = Count("phone", distinct=True)
    rows = _counted(tapped, "answer", Count("pk")).union(
        _counted(written, "outcome", phones), _counted(stopped_at, "outcome", phones), all=True
    )
    by_kind, by_hour, stopped = Counter[str](), dict[int, Counter[str]](), 0
    for kind, hour, count in rows:
        if hour is None:
            stopped = count
            continue
        by_kind[kind] += count
        by_hour.setdefault(hour, Counter())[kind] += count
    return Answers(by_kind, by_hour, stopped)


def _counted(rows: QuerySet[Any], kind: str, count: Count) -> QuerySet[Any, tuple[Any, ...]]:
    by_hour: QuerySet[Any] = rows.order_by().values(kind, "hour").annotate(n=count)
    return by_hour.values_list(kind, "hour", "n")


def _until(run: Run) -> datetime:
    return (run.finished_at or run.expires_at) + ANSWERS_WITHIN
