"""Who has to be told that a visit is as it was, and why they cannot be by message."""

from collections.abc import Sequence
from copy import copy
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Value

from healthmsg.clinic.models import Answer, Appointment, PhoneState, VisitStatus
from healthmsg.desk.cancelled_lists.models import AffectedVisit, CancelledList, VisitEnd
from reminders import last_look, planning, told
from reminders.models import ReminderRule
from reminders.planning import Known
from reminders.told import Told
from reminders.wording import Speech, Wording
from whatsapp import outbox
from whatsapp.status import LEFT_US, Reason


def who_know(rows: Sequence[AffectedVisit]) -> set[int]:
    """
    Return the visits, by the keys of the list's lines, of whose change somebody knows, or may.

    Of what was handed over nobody was told: time and place stayed.
    """
    rows = [row for row in rows if row.ended != VisitEnd.HANDED_OVER]
    if not rows:
        return set()
    # Of a list it is one or the other: nothing is asked of none.
    off = told.told_off([row.appointment_id for row in rows if row.ended == VisitEnd.CANCELLED])
    known = told.told_of([row.appointment_id for row in rows if row.ended == VisitEnd.MOVED])
    heard = told.heard_since({row.appointment.pk: row.done_at for row in rows if row.done_at})
    return {
        row.pk
        for row in rows
        if row.appointment_id in heard | off
        or (row.message is not None and row.message.status in LEFT_US)
        or _was_told(row, known.get(row.appointment_id))
    }


def obstacles(
    rows: Sequence[AffectedVisit], begun: CancelledList, *, now: datetime
) -> dict[int, Reason]:
    """Return why these cannot be told by message, by the keys of the list's lines."""
    wording, rules = Wording(), _Rules(begun)
    reasons: dict[int, Reason] = {}
    speeches: dict[int, Speech] = {}
    for row in rows:
        speech = _speech(row, begun, rules, now)
        if isinstance(speech, Reason):
            reasons[row.pk] = speech
        else:
            speeches[row.pk] = speech
    phones = [speech.phone.pk for speech in speeches.values()]
    wording.catalogs.look_up({begun.clinic_id: phones})
    pairs = [wording.single(speech) for speech in speeches.values()]
    looks = zip(speeches, outbox.previews(pairs, wording.catalogs), strict=True)
    return reasons | {key: one.reason for key, one in looks if one.reason}


def _was_told(row: AffectedVisit, known: Told | None) -> bool:
    """True where the new time was told; of a cancellation its own message says it."""
    is_moved = row.ended == VisitEnd.MOVED
    return is_moved and known is not None and known.version == row.appointment.version


class _Rules:
    """The clinic's rules that tell of a visit, read once."""

    def __init__(self, begun: CancelledList) -> None:
        rules = ReminderRule.objects.filter(
            clinic=begun.clinic_id, is_active=True, anchor__in=told.NEWS
        )
        # NULL among them: of every kind.
        kinds = ArrayAgg("kinds", default=Value([]))
        self._rules = [
            (rule, set(rule.of_kinds) - {None})
            for rule in rules.annotate(of_kinds=kinds).order_by("pk")
        ]

    def of(self, visit: Appointment) -> list[ReminderRule]:
        return [rule for rule, kinds in self._rules if not kinds or visit.kind_id in kinds]


def _speech(
    row: AffectedVisit, begun: CancelledList, rules: _Rules, now: datetime
) -> Speech | Reason:
    """Return what would be said about a visit that is as it was, or why nothing is."""
    after, was = _as_it_was(row, begun), row.appointment
    known = None
    if row.ended == VisitEnd.MOVED and row.done_at:
        known = Told(was.version, was.starts_at, was.site_id, row.done_at)
    steps = planning.plan(after, rules.of(after), Known(known), now=now)
    step = next((one for one in steps if one.reason is None), None)
    if step is None:
        reasons = [one.reason for one in steps if one.reason]
        return reasons[0] if reasons else Reason.TEMPLATE_MISSING
    phone = after.contact.phone if after.contact else None
    if phone is None:
        return Reason.NO_NUMBER
    if phone.state == PhoneState.WRONG_PERSON:
        return Reason.WRONG_PERSON
    if refused := last_look.not_granted(getattr(row, "permission", None) or ""):
        return refused
    old = known.starts_at if known else None
    return Speech(after, step.rule, step.due.useful_until, old_starts_at=old)


def _as_it_was(row: AffectedVisit, begun: CancelledList) -> Appointment:
    visit = row.appointment
    after = copy(visit)
    after.clinic = visit.patient.clinic = begun.clinic
    after.status, after.version, after.answer = VisitStatus.BOOKED, visit.version + 1, Answer.NONE
    after.starts_at, after.ends_at = (
        row.starts_at,
        row.starts_at + (visit.ends_at - visit.starts_at),
    )
    return after
