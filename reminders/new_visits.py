"""Lets patients book a new visit: days, times, one kept for minutes, looked at again, booked."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from healthmsg.clinic import availability, kept_times
from healthmsg.clinic.free_slots import Slot
from healthmsg.clinic.models import (
    Appointment,
    Clinician,
    Contact,
    Patient,
    PhoneState,
    Site,
    VisitStatus,
)
from healthmsg.clinic.sending_hours import wall_clock
from reminders import booking
from reminders.another_time import HORIZON, KEPT_FOR, NOTICE
from reminders.booking import Booking
from reminders.refusals import NotBooked
from reminders.timing import local_day
from reminders.wishes import Asked, Wish, leave_to_a_person, wish_of
from whatsapp import household
from whatsapp.buttons import Tap, Verb
from whatsapp.draft import Button, Subject
from whatsapp.fill_ins import day_in_words, moment_in_words, short_day_in_words, time_in_words
from whatsapp.models import Reply, ReplyOutcome
from whatsapp.rendering import MOST_ROWS
from whatsapp.signals import reply_received

VERBS = frozenset({Verb.NEW_VISIT, Verb.NEW_DAYS, Verb.NEW_TIMES, Verb.NEW_CHOOSE, Verb.NEW_TAKE})


@receiver(reply_received)
def answer(*, reply: Reply, tap: Tap | None, now: datetime, **_kwargs: Any) -> ReplyOutcome | None:
    """Lead to a visit, one question at a time; None where the tap is none of ours."""
    phone = reply.phone
    if tap is None or tap.verb not in VERBS or phone is None:
        return None
    if phone.state == PhoneState.WRONG_PERSON:
        return None
    asked = Asked(reply, phone, tap, now)
    wish = wish_of(asked)
    return _go_on(asked, wish) if isinstance(wish, Wish) else wish


def _go_on(asked: Asked, wish: Wish) -> ReplyOutcome:
    # Of a couple with two phones the second one waits here, and then finds the visit.
    Patient.objects.select_for_update(no_key=True).get(pk=wish.patient.pk)
    if known := _known(asked, wish):
        return _tell(asked, known)
    verb, at = asked.tap.verb, asked.tap.at
    if at is None or verb in {Verb.NEW_VISIT, Verb.NEW_DAYS}:
        return _show_days(asked, wish, since=at)
    if verb == Verb.NEW_TIMES:
        return _show_times(asked, wish, at)
    slot = Slot(at, at + wish.kind.length, asked.tap.who)
    return (_keep if verb == Verb.NEW_CHOOSE else _book)(asked, wish, slot)


def _known(asked: Asked, wish: Wish) -> Appointment | None:
    """Return what is booked of the kind already: nobody taps the same visit together twice."""
    ahead = Appointment.objects.filter(
        patient=wish.patient,
        kind=wish.kind,
        status=VisitStatus.BOOKED,
        starts_at__gt=asked.now,
    )
    return ahead.select_related("site__clinic", "contact").order_by("starts_at").first()


def _tell(asked: Asked, visit: Appointment) -> ReplyOutcome:
    if not household.visits_ahead(asked.phone, now=asked.now).filter(pk=visit.pk).exists():
        # It was told to another number alone.
        return leave_to_a_person(asked)
    change = Button(Verb.CHANGE_VISIT, asked.title("row_change_visit"), about=visit.pk)
    asked.say("new_known", change, asked.talk, **_when(asked, visit.starts_at, visit.site))
    return ReplyOutcome.TOLD


def _show_days(
    asked: Asked, wish: Wish, *, since: datetime | None = None, phrase: str = "new_days"
) -> ReplyOutcome:
    kept_times.release(wish.patient)
    first: dict[date, Slot] = {}
    for slot in _slots(wish, asked.now, since=since):
        first.setdefault(local_day(slot.starts_at, wish.site.zone), slot)
    if not first:
        return leave_to_a_person(asked)
    days = [
        (slot, short_day_in_words(slot.starts_at, **asked.at(wish.site))) for slot in first.values()
    ]
    later = Verb.NEW_DAYS, asked.title("button_later_days")
    asked.say(phrase, *_rows(wish, Verb.NEW_TIMES, days, later, (asked.talk,)))
    return ReplyOutcome.OFFERED


def _show_times(asked: Asked, wish: Wish, since: datetime) -> ReplyOutcome:
    tomorrow = since.astimezone(wish.site.zone) + timedelta(days=1)
    midnight = wall_clock(tomorrow, datetime.min.time())
    found = _slots(wish, asked.now, since=since, until=midnight)
    if not found:
        return _show_days(asked, wish, phrase="new_others")
    clocks = asked.at(wish.site)
    times = [(slot, time_in_words(slot.starts_at, **clocks)) for slot in found]
    later = Verb.NEW_TIMES, asked.title("button_later_times")
    out = (wish.button(Verb.NEW_DAYS, asked.title("button_other_days")), asked.talk)
    rows = _rows(wish, Verb.NEW_CHOOSE, times, later, out)
    asked.say("new_times", *rows, day=day_in_words(found[0].starts_at, **clocks))
    return ReplyOutcome.OFFERED


def _keep(asked: Asked, wish: Wish, slot: Slot) -> ReplyOutcome:
    """Keep the time for some minutes, and ask whether it is to be booked."""
    if not _may_have(asked, wish, slot):
        return _show_days(asked, wish, phrase="new_others")
    asked.say(
        "new_time_kept",
        wish.button(Verb.NEW_TAKE, asked.title("button_book"), slot),
        wish.button(Verb.NEW_DAYS, asked.title("button_another_time")),
        minutes=str(KEPT_FOR // timedelta(minutes=1)),
        **_when(asked, slot.starts_at, wish.site),
    )
    return ReplyOutcome.OFFERED


def _book(asked: Asked, wish: Wish, slot: Slot) -> ReplyOutcome:
    """Book it, also after the minutes are over where it is still free."""
    contact = Contact.objects.filter(patient=wish.patient, phone=asked.phone).first()
    visit = _booked(asked, wish, slot, contact)
    kept_times.release(wish.patient)
    if visit is None:
        return _show_days(asked, wish, phrase="new_others")
    asked.say(
        "new_booked",
        Button(Verb.ANOTHER_TIME, asked.title("button_another_time")),
        Button(Verb.CANCEL, asked.title("button_cancel")),
        subjects=(Subject(wish.patient, contact, visit),),
        **_when(asked, visit.starts_at, wish.site),
    )
    return ReplyOutcome.BOOKED


def _booked(asked: Asked, wish: Wish, slot: Slot, contact: Contact | None) -> Appointment | None:
    if not _may_have(asked, wish, slot):
        return None
    who = slot.clinician_id
    clinician = Clinician.objects.get(pk=who) if who else None
    request = Booking(
        wish.patient,
        wish.kind,
        wish.site,
        slot.starts_at,
        contact,
        clinician,
        # Our answer tells it.
        is_told_elsewhere=True,
    )
    try:
        with transaction.atomic():
            return booking.book(request, by=None, now=asked.now)
    except NotBooked:
        return None


def _may_have(asked: Asked, wish: Wish, slot: Slot) -> bool:
    now = asked.now
    if not now + NOTICE <= slot.starts_at <= now + HORIZON:
        return False
    return kept_times.keep(wish.patient, slot, wish.need, until=now + KEPT_FOR, now=now)


def _slots(
    wish: Wish, now: datetime, *, since: datetime | None = None, until: datetime | None = None
) -> list[Slot]:
    return availability.slots(
        wish.need,
        after=max(since or now, now + NOTICE),
        before=min(until or now + HORIZON, now + HORIZON),
        now=now,
    )


def _rows(
    wish: Wish,
    verb: Verb,
    shown: Sequence[tuple[Slot, str]],
    later: tuple[Verb, str],
    out: tuple[Button, ...],
) -> tuple[Button, ...]:
    """Return a row for each, one for what comes later, and the ways out: ten at most."""
    rows = [wish.button(verb, title, slot) for slot, title in shown]
    room = MOST_ROWS - len(out)
    if len(rows) > room:
        next_one = shown[room - 1][0]
        rows = [*rows[: room - 1], wish.button(*later, next_one)]
    return (*rows, *out)


def _when(asked: Asked, moment: datetime, site: Site) -> dict[str, str]:
    return {"when": moment_in_words(moment, **asked.at(site)), "site_name": site.name}
