"""What has been kept long enough: counted first, then removed piece by piece; counts stay."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from healthmsg.clinic import proof
from healthmsg.clinic.models import Clinic, ConsentEvidence, LegalHold, Patient, StaffUser
from healthmsg.desk.daily import settling
from healthmsg.desk.privacy.models import Kept, RetentionRule, RetentionRun, RunState
from reminders import retention as visits
from whatsapp.forgetting import REMOVED
from whatsapp.models import LineKind, Message, Reply, ThreadLine

# Rows that one piece looks at at most, by the primary key alone: it locks no more than these.
CHUNK = 2000
# How long a piece may take, in seconds, and how few rows it looks at where the disk is busy: after
# a checkpoint the same rows take eight times as long.
AIM, FEWEST = 0.4, 50
# Ever so long is a hundred years, which the calendar still reaches.
LEAST_DAYS, MOST_DAYS = 30, 36_500
# Source: domain facts, retention: message bodies 6 to 24 months, visits 2 years, proof of
# permission 6 years; what a clinic's law says differs, so each clinic may change them.
USUAL_DAYS = {
    Kept.MESSAGES: 365,
    Kept.REPLIES: 365,
    Kept.NOTES: 365,
    Kept.VISITS: 730,
    Kept.PAST_VISITS: 730,
    Kept.PERMISSIONS: 2190,
}


class Disagrees(Exception):
    """There is not as much of it any more as was checked; look again."""


@dataclass(frozen=True)
class Way:
    """How one kind is found, and what becomes of it."""

    find: Callable[[Clinic, datetime], QuerySet[Any]]
    blank: Callable[[Collection[int], datetime], int]
    # Whether all that is counted of it is counted by now; called again until it is.
    is_counted: Callable[[RetentionRun, datetime, float], bool] = lambda *_args: True
    chunk: int = CHUNK


def days(clinic: Clinic) -> Mapping[Kept, int]:
    """Return for how many days a clinic keeps each kind."""
    rules = RetentionRule.objects.filter(clinic=clinic).values_list("kind", "days")
    return USUAL_DAYS | {Kept(kind): number for kind, number in rules}


def keep_for(clinic: Clinic, kind: Kept, *, days: int) -> None:
    """
    Change for how long a clinic keeps one kind.

    :raises ValueError: less than what patients and WhatsApp may still ask about, or a century
    """
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise ValueError("too short, or too long")
    RetentionRule.objects.update_or_create(clinic=clinic, kind=kind, defaults={"days": days})


def check(clinic: Clinic, kind: Kept, *, before: datetime) -> int:
    """Count what would be removed; changes nothing."""
    return WAYS[kind].find(clinic, before).count()


def there_is(clinic: Clinic, kind: Kept, *, before: datetime) -> bool:
    """Say whether anything would be removed, without counting it."""
    return WAYS[kind].find(clinic, before).exists()


def parted() -> QuerySet[Patient]:
    """Return patients of whom visits may have been removed: they were there before its day."""
    runs = RetentionRun.objects.filter(clinic=OuterRef("clinic"), kind=Kept.PAST_VISITS)
    gone = runs.filter(removed__gt=0, before__gt=OuterRef("created_at"))
    return Patient.objects.filter(Exists(gone))


def begin(
    clinic: Clinic,
    kind: Kept,
    *,
    before: datetime,
    expected: int,
    by: StaffUser | None,
    now: datetime,
) -> RetentionRun:
    """
    Let it be removed, piece by piece, by `go_on`.

    :raises Disagrees: the count is not what was shown, the clinic keeps it longer, or one is going
        on; nothing was changed
    """
    if (
        before > now - timedelta(days=days(clinic)[kind])
        or check(clinic, kind, before=before) != expected
    ):
        raise Disagrees
    try:
        with transaction.atomic():
            return RetentionRun.objects.create(
                clinic=clinic,
                kind=kind,
                before=before,
                expected=expected,
                decided_by=by,
                decided_at=now,
            )
    except IntegrityError as error:
        raise Disagrees from error


def stop(run: RetentionRun, *, by: StaffUser | None, now: datetime) -> bool:
    """Leave the rest as it is; False where nothing was going on."""
    going = RetentionRun.objects.filter(pk=run.pk, state=RunState.GOING)
    return bool(going.update(state=RunState.STOPPED, finished_at=now, stopped_by=by))


def go_on(*, now: datetime, seconds: float, piece: int | None = None) -> int:
    """Bring all that goes on further, for so long, a piece at least; return how much went."""
    ends = time.monotonic() + seconds
    total = 0
    for run in RetentionRun.objects.filter(state=RunState.GOING).select_related("clinic"):
        way = WAYS[Kept(run.kind)]
        if not way.is_counted(run, now, ends):
            continue
        size = piece or way.chunk // 4
        began = time.monotonic()
        while (removed := _some(run.pk, now, size)) is not None:
            total += removed
            looked_at = time.monotonic()
            if looked_at >= ends:
                break
            size = piece or next_size(size, looked_at - began, most=way.chunk)
            began = looked_at
    return total


def next_size(size: int, took: float, *, most: int) -> int:
    """Return how many rows the next piece looks at, where so many took so many seconds."""
    fits = int(size * AIM / max(took, 0.001))
    return max(FEWEST, min(fits, 2 * size, most))


@transaction.atomic
def _some(run_id: int, now: datetime, piece: int) -> int | None:
    """Look at the next rows, and return how many of them went; None where it is not going on."""
    going = RetentionRun.objects.select_for_update(skip_locked=True, of=("self",))
    run = going.select_related("clinic").filter(pk=run_id, state=RunState.GOING).first()
    if run is None:
        return None
    way = WAYS[Kept(run.kind)]
    rows = way.find(run.clinic, run.before)
    last = _last_of(piece, rows.model, run.reached)
    rows = rows.filter(pk__gt=run.reached, pk__lte=last).order_by("pk")
    locked = rows.select_for_update(no_key=True, of=("self",))
    # More than was checked is never removed.
    ids = list(locked.values_list("pk", flat=True)[: run.expected - run.removed])
    removed = way.blank(ids, now)
    run.removed += removed
    run.reached = last
    if run.removed == run.expected or not rows.model._default_manager.filter(pk__gt=last).exists():
        run.state, run.finished_at = RunState.DONE, now
    run.save(update_fields=["removed", "reached", "state", "finished_at"])
    return removed


def _last_of(piece: int, model: type[Model], reached: int) -> int:
    """Return the last key of the next piece; young rows and other clinics' count as well."""
    keys = model._default_manager.filter(pk__gt=reached).order_by("pk").values_list("pk", flat=True)
    found = list(keys[:piece])
    return int(found[-1]) if found else reached


def _messages(clinic: Clinic, before: datetime) -> QuerySet[Message]:
    """What still waits, or is on its way, needs its words."""
    held = LegalHold.objects.filter(patient=OuterRef("patient"), ended_at=None)
    also = LegalHold.objects.filter(patient__alsoabout__message=OuterRef("pk"), ended_at=None)
    rows = Message.objects.filter(
        clinic=clinic,
        created_at__lt=before,
        words_removed_at=None,
        send_after=None,
        leased_until=None,
    )
    return rows.exclude(Exists(held)).exclude(Q(is_shared=True) & Exists(also))


def _blank_messages(ids: Collection[int], now: datetime) -> int:
    rows = Message.objects.filter(pk__in=ids)
    return rows.update(**Message.NO_WORDS, words_removed_at=now)


def _replies(clinic: Clinic, before: datetime) -> QuerySet[Reply]:
    """What nobody has handled or read yet is not old, whenever it was written."""
    held = LegalHold.objects.filter(patient__contacts__phone=OuterRef("phone"), ended_at=None)
    rows = Reply.objects.filter(
        clinic=clinic,
        written_at__lt=before,
        words_removed_at=None,
        handled_at__isnull=False,
        needs_person_at=None,
    )
    return rows.exclude(Exists(held))


def _blank_replies(ids: Collection[int], now: datetime) -> int:
    rows = Reply.objects.filter(pk__in=ids)
    return rows.update(**Reply.NO_WORDS, words_removed_at=now)


def _notes(clinic: Clinic, before: datetime) -> QuerySet[ThreadLine]:
    """Whoever takes up a conversation that is still open needs its notes."""
    reached = LegalHold.objects.filter(patient__contacts__phone=OuterRef("thread__phone"))
    rows = ThreadLine.objects.filter(
        thread__clinic=clinic, thread__opened_at=None, kind=LineKind.NOTE, written_at__lt=before
    )
    return rows.exclude(text=REMOVED).exclude(Exists(reached.filter(ended_at=None)))


def _blank_notes(ids: Collection[int], now: datetime) -> int:
    return ThreadLine.objects.filter(pk__in=ids).update(text=REMOVED, words_removed_at=now)


def _days_are_settled(run: RetentionRun, now: datetime, ends: float) -> bool:
    """Trends are counted from visits and messages about them, all of these days at the latest."""
    until = run.before.astimezone(run.clinic.zone).date()
    return settling.settle(run.clinic, until=until, now=now, ends=ends)


def _evidence(clinic: Clinic, before: datetime) -> QuerySet[ConsentEvidence]:
    held = LegalHold.objects.filter(patient=OuterRef("record__patient"), ended_at=None)
    rows = ConsentEvidence.objects.filter(record__clinic=clinic, record__given_at__lt=before)
    return proof.there_are(rows).exclude(Exists(held))


def _blank_evidence(ids: Collection[int], now: datetime) -> int:
    return proof.blank(ConsentEvidence.objects.filter(pk__in=ids), now=now)


WAYS = {
    Kept.MESSAGES: Way(_messages, _blank_messages),
    Kept.REPLIES: Way(_replies, _blank_replies),
    Kept.NOTES: Way(_notes, _blank_notes),
    Kept.VISITS: Way(
        lambda clinic, before: visits.old(clinic, before=before),
        lambda ids, _now: visits.blank(ids),
    ),
    Kept.PAST_VISITS: Way(
        lambda clinic, before: visits.past(clinic, before=before),
        lambda ids, _now: visits.remove(ids),
        _days_are_settled,
        # With ten tables that point to each, they take four times as long as words.
        chunk=1000,
    ),
    Kept.PERMISSIONS: Way(_evidence, _blank_evidence),
}
