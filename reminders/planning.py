"""Turns a visit into planned reminders, takes them back, and shows them before they exist."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from healthmsg.clinic.models import Appointment, Purpose, VisitStatus
from healthmsg.clinic.sending_hours import SendingHours
from reminders import last_look, timing
from reminders.models import Reminder, ReminderRule, ReminderStatus
from reminders.timing import Anchor, Due, Occasion, WhenLate
from reminders.told import NEWS, Told, last_told, was_spoken_of
from reminders.wording import Speech, Wording
from whatsapp import outbox
from whatsapp.models import Message
from whatsapp.status import Reason, Status


@dataclass(frozen=True)
class Step:
    """One rule applied to a visit."""

    rule: ReminderRule
    due: Due
    reason: Reason | None = None  # None: it will be written when it is due


@dataclass(frozen=True)
class Known:
    """What happened about a visit so far."""

    told: Told | None = None  # what the patient knows from us
    since: datetime | None = None  # when this version was first planned


@dataclass(frozen=True)
class Preview:
    """One message as the patient would read it, or why she would not."""

    rule: ReminderRule
    due_at: datetime
    number: str = ""  # masked
    language: str = ""
    body: str = ""
    buttons: tuple[str, ...] = ()
    reason: Reason | None = None


def preview(
    visit: Appointment,
    *,
    now: datetime,
    planned: Sequence[Reminder] | None = None,
    rules: Sequence[ReminderRule] | None = None,
) -> tuple[Preview, ...]:
    """
    Return what will be said about the visit from now on: "Will she get it?".

    :param visit: may be unsaved, as it would be booked
    :param planned: what `planned_about` returns, where the caller has asked for it already
    :param rules: the same of `rules_for`
    """
    planned = planned_about(visit) if planned is None else planned
    rules = rules_for(visit) if rules is None else rules
    known = _known(visit, planned)
    done = {r.rule_id for r in _as_it_stands(visit, planned) if not _may_be_planned_again(r)}
    steps = plan(visit, [rule for rule in rules if rule.pk not in done], known, now=now)
    return tuple(sorted(_previewed(visit, steps, known.told), key=lambda one: one.due_at))


def plan(
    visit: Appointment, rules: Iterable[ReminderRule], known: Known, *, now: datetime
) -> tuple[Step, ...]:
    """Return what each rule does for the visit as it stands; changes nothing."""
    told = known.told
    anchors = _anchors(visit, told)
    steps = [_step(visit, rule, known, now) for rule in rules if rule.anchor in anchors]
    going = [step.due.due_at for step in steps if not (step.reason or _is_dispensable(step))]
    others = [*going, told.at] if told else going
    return tuple(_unless_said(step, others) for step in steps)


def plan_first(visit: Appointment, *, now: datetime) -> None:
    """
    Plan a visit that was booked in this transaction: of it nothing waits, and nobody knows.

    The same as `replan`, with a quarter of its questions.
    """
    steps = plan(visit, rules_for(visit), Known(), now=now)
    Reminder.objects.bulk_create(_fresh(visit, step, now) for step in steps)


def replan(visit: Appointment, *, now: datetime) -> None:
    """
    Take back what has not left, look at what has, and plan anew.

    The caller holds the lock of the visit's row, and changed it in the same transaction.
    """
    _take_back(visit, reason=_why_taken_back(visit, now), now=now)
    planned = planned_about(visit)
    known = _known(visit, planned)
    if not _is_undone_booking(visit, known.told):
        steps = plan(visit, rules_for(visit), known, now=now)
        _write(visit, steps, _as_it_stands(visit, planned), now)


def rules_for(visit: Appointment) -> list[ReminderRule]:
    """The clinic's rules in use for this kind of visit."""
    rules = ReminderRule.objects.filter(clinic=visit.clinic_id, is_active=True)
    return list(rules.filter(Q(kinds=None) | Q(kinds=visit.kind_id)).distinct().order_by("pk"))


def planned_about(visit: Appointment) -> list[Reminder]:
    """Return everything that was ever planned about it, as it stands and as it stood before."""
    if not visit.pk:
        return []
    rows = Reminder.objects.filter(appointment=visit.pk).select_related("rule", "message")
    return list(rows.defer("message__clear_payload").order_by("pk"))


def _known(visit: Appointment, planned: Sequence[Reminder]) -> Known:
    since = min((row.planned_at for row in _as_it_stands(visit, planned)), default=None)
    return Known(last_told(visit, planned), since)


def _as_it_stands(visit: Appointment, planned: Sequence[Reminder]) -> list[Reminder]:
    return [row for row in planned if row.version == visit.version]


def _anchors(visit: Appointment, told: Told | None) -> set[Anchor]:
    fitting = {a for a, status in last_look.SPOKEN_OF_WHEN.items() if status == visit.status}
    return fitting - set(NEWS) | (fitting & _news(visit, told))


def _news(visit: Appointment, told: Told | None) -> set[Anchor]:
    """A moved message only for somebody who was told the old time; others get a confirmation."""
    if told is None:
        is_known = visit.is_told_elsewhere and visit.version == 1
        return set() if is_known else {Anchor.BOOKED}
    if told.version == visit.version:
        return set()
    if told.starts_at != visit.starts_at:
        return {Anchor.MOVED}
    return {Anchor.BOOKED} if told.site_id != visit.site_id else set()


def _step(visit: Appointment, rule: ReminderRule, known: Known, now: datetime) -> Step:
    anchor = Anchor(rule.anchor)
    occasion = Occasion(
        starts_at=visit.starts_at,
        anchored_at=_anchored_at(visit, anchor, known.since or now),
        zone=visit.site.zone,
        hours=SendingHours.of(visit.clinic),
        stands_since=known.since,
    )
    due = timing.due(rule.when, occasion, now=now)
    reason = last_look.blocker(visit, anchor, at=due.due_at)
    if reason is None and due.is_lost:
        was_past = min(due.due_at, due.useful_until) <= (known.since or now)
        reason = Reason.BOOKED_LATE if was_past else Reason.TOO_LATE
    return Step(rule, due, reason)


def _anchored_at(visit: Appointment, anchor: Anchor, since: datetime) -> datetime:
    if anchor == Anchor.STARTS:
        return visit.starts_at
    if anchor in NEWS:
        return visit.booked_at if visit.version == 1 else since
    return visit.status_changed_at


def _is_dispensable(step: Step) -> bool:
    return step.due.is_late and step.rule.when_late == WhenLate.UNLESS_TOLD


def _unless_said(step: Step, others: Sequence[datetime]) -> Step:
    if step.reason is None and _is_dispensable(step) and timing.is_said_anyway(step.due, others):
        return Step(step.rule, step.due, Reason.SAID_ANYWAY)
    return step


def _previewed(visit: Appointment, steps: Sequence[Step], told: Told | None) -> Iterator[Preview]:
    phone = visit.contact.phone if visit.contact else None
    if visit.contact is None or phone is None:
        yield from (Preview(step.rule, step.due.due_at, reason=step.reason) for step in steps)
        return
    wording = Wording()
    wording.catalogs.look_up({visit.clinic_id: [phone.pk]})
    pairs = [wording.single(_speech(visit, step, told)) for step in steps]
    previews = outbox.previews(pairs, wording.catalogs)
    asked = [(Purpose(step.rule.purpose), step.due.due_at) for step in steps]
    refusals = last_look.permissions(visit.patient, phone, asked)
    practice = last_look.of_practice(visit, phone)
    for step, rendered, refused in zip(steps, previews, refusals, strict=True):
        yield Preview(
            rule=step.rule,
            due_at=step.due.due_at,
            number=phone.masked,
            language=rendered.language or visit.contact.language,
            body=rendered.body,
            buttons=rendered.buttons,
            reason=step.reason or refused or rendered.reason or practice,
        )


def _speech(visit: Appointment, step: Step, told: Told | None) -> Speech:
    old = told.starts_at if told and step.rule.anchor == Anchor.MOVED else None
    return Speech(visit, step.rule, step.due.useful_until, old_starts_at=old)


def _take_back(visit: Appointment, *, reason: Reason, now: datetime) -> None:
    mine = Reminder.objects.filter(appointment=visit)
    mine.filter(status=ReminderStatus.PLANNED).update(
        status=ReminderStatus.WITHDRAWN, reason=reason, changed_at=now
    )
    # Messages second: what a tick had planned and locked before us is queued by now, and only a
    # statement that begins afterwards sees it.
    queued = mine.filter(status=ReminderStatus.QUEUED)
    messages = Message.objects.filter(pk__in=queued.values("message_id"))
    taken = outbox.withdraw(messages, reason=reason, now=now)
    queued.filter(message__in=taken).update(
        status=ReminderStatus.WITHDRAWN, reason=reason, changed_at=now
    )


def _why_taken_back(visit: Appointment, now: datetime) -> Reason:
    return (
        last_look.of_patient(visit.patient, at=now)
        or last_look.of_visit(visit, Anchor.STARTS)
        or Reason.VISIT_CHANGED
    )


def _is_undone_booking(visit: Appointment, told: Told | None) -> bool:
    """True where the clinic cancels before its first word about the visit has left."""
    if visit.status != VisitStatus.CANCELLED_BY_CLINIC or told is not None:
        return False
    if visit.is_told_elsewhere or was_spoken_of(visit):
        return False
    news = Reminder.objects.filter(appointment=visit, rule__anchor__in=NEWS)
    return news.filter(version=visit.version, status=ReminderStatus.WITHDRAWN).exists()


def _write(
    visit: Appointment, steps: Sequence[Step], planned: Iterable[Reminder], now: datetime
) -> None:
    """Keep the plan: what was taken back or skipped is planned again, what has left stays."""
    known = {row.rule_id: row for row in planned}
    Reminder.objects.bulk_create(
        [_fresh(visit, step, now) for step in steps if step.rule.pk not in known],
        ignore_conflicts=True,
    )
    for step in steps:
        row = known.get(step.rule.pk)
        if row is not None and _may_be_planned_again(row):
            _plan_again(row, step, now)


def _may_be_planned_again(row: Reminder) -> bool:
    """True where nothing of it has left, or ever will; what staff took back stays taken back."""
    if row.message is not None:
        is_withheld = row.message.status == Status.WITHHELD
        return is_withheld and row.message.reason != Reason.CANCELLED_BY_STAFF
    return row.status != ReminderStatus.QUEUED


def _fresh(visit: Appointment, step: Step, now: datetime) -> Reminder:
    return Reminder(
        appointment=visit,
        version=visit.version,
        rule=step.rule,
        starts_at=visit.starts_at,
        site=visit.site,
        due_at=step.due.due_at,
        useful_until=step.due.useful_until,
        status=ReminderStatus.SKIPPED if step.reason else ReminderStatus.PLANNED,
        reason=step.reason or "",
        planned_at=now,
        changed_at=now,
    )


def _plan_again(row: Reminder, step: Step, now: datetime) -> None:
    if step.reason is None:
        row.edition += 1 if row.message_id else 0
        row.status, row.reason = ReminderStatus.PLANNED, ""
        row.message, row.is_shared = None, False
        row.due_at, row.useful_until = step.due.due_at, step.due.useful_until
    elif row.status == ReminderStatus.QUEUED:
        return  # its message keeps the older reason
    else:
        row.reason = step.reason
    row.changed_at = now
    row.save()
