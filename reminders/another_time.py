"""Another time, chosen by the patient: offered, kept for minutes, looked at again, moved."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from healthmsg.clinic import availability, kept_times
from healthmsg.clinic.availability import Need
from healthmsg.clinic.free_slots import Slot
from healthmsg.clinic.models import Answer, Appointment, Saying
from reminders import booking, choosing, rounds
from reminders.booking import Change
from reminders.models import OfferEnd
from reminders.refusals import NotBooked
from reminders.said import Choice, Said
from whatsapp.buttons import Tap, Verb
from whatsapp.fill_ins import day_in_words
from whatsapp.models import ReplyOutcome

# Nobody is asked to come sooner than this.
NOTICE = timedelta(hours=3)
HORIZON = timedelta(days=60)
KEPT_FOR = timedelta(minutes=10)


VERBS = frozenset(
    {
        *(Verb.SEE_DAYS, Verb.SEE_TIMES, Verb.CHOOSE_TIME, Verb.TAKE_TIME, Verb.PUT_BACK),
        Verb.TALK_TO_US,
    }
)


def answer(visit: Appointment, tap: Tap, *, now: datetime, language: str) -> Said | None:
    """
    Take a tap on one of our lists of times, or under a time kept; None where it is none of them.

    The caller holds the lock of the visit's row.
    """
    if tap.verb == Verb.TALK_TO_US:
        return ask_a_person(visit, now=now)
    if tap.at is None:
        is_another = tap.verb in (Verb.ANOTHER_TIME, Verb.SEE_DAYS)
        return offer(visit, now=now, language=language) if is_another else None
    if tap.verb == Verb.SEE_DAYS:
        return see_days(visit, tap.at, now=now)
    if tap.verb == Verb.SEE_TIMES:
        return see_times(visit, tap.at, now=now, language=language)
    slot = slot_of(visit, tap.at, tap.who)
    do = {Verb.CHOOSE_TIME: choose, Verb.TAKE_TIME: take, Verb.PUT_BACK: put_back}.get(tap.verb)
    return do(visit, slot, now=now, language=language) if do else None


def offer(
    visit: Appointment,
    *,
    now: datetime,
    language: str,
    phrase: str = "",
) -> Said:
    """
    Begin a round: offer free times; where there are none, or it was tried twice, ask a person.

    The caller holds the lock of the visit's row. The visit stands as wanting another time from
    here on: nobody who puts the phone away is forgotten.

    :param phrase: what to say first, instead of the usual
    """
    kept_times.release(visit)
    if visit.kind.another_time == Saying.ASKS_A_PERSON:
        return ask_a_person(visit, now=now)
    found = slots(visit, now=now)
    if not found or not rounds.begin(visit, now=now):
        return ask_a_person(visit, now=now)
    booking.answer(visit, version=visit.version, answer=Answer.WANTS_ANOTHER_TIME, now=now)
    shown = _shown(visit, found, language)
    return replace(shown, phrase=phrase or shown.phrase)


def look(
    visit: Appointment, *, now: datetime, language: str, since: datetime | None = None
) -> Said | None:
    """
    Return what is free as `offer` and `see_times` would show it, changing nothing.

    :param since: shows this moment's day
    """
    until = choosing.end_of_day(since, visit) if since else None
    found = slots(visit, now=now, since=since, until=until)
    if not found or visit.kind.another_time == Saying.ASKS_A_PERSON:
        return None
    return _hours(visit, found) if since else _shown(visit, found, language)


def see_days(visit: Appointment, since: datetime, *, now: datetime) -> Said:
    """Show the days from a moment on: the next part of a list, no new round."""
    found = slots(visit, now=now, since=since)
    if not found:
        return ask_a_person(visit, now=now)
    return _offered("offered_days", visit, choosing.days(visit, found))


def see_times(visit: Appointment, since: datetime, *, now: datetime, language: str) -> Said:
    """Show what is free on a moment's day, from the moment on."""
    found = slots(visit, now=now, since=since, until=choosing.end_of_day(since, visit))
    if not found:
        return offer(visit, now=now, language=language, phrase="offered_others")
    return _hours(visit, found)


def choose(visit: Appointment, slot: Slot, *, now: datetime, language: str) -> Said:
    """Keep the time for some minutes, and ask whether the visit is to be moved there."""
    if not _may_be_kept(visit, slot, now):
        return offer(visit, now=now, language=language, phrase="offered_others")
    choices = (
        Choice(Verb.TAKE_TIME, "button_take_time", visit.pk, slot.starts_at, slot.clinician_id),
        Choice(Verb.SEE_DAYS, "button_another_time", visit.pk),
    )
    said = {
        "new_when": choosing.whole(visit, slot.starts_at),
        "minutes": lambda _code: str(KEPT_FOR // timedelta(minutes=1)),
    }
    return Said(ReplyOutcome.OFFERED, "time_kept", (visit,), choices, said)


def take(visit: Appointment, slot: Slot, *, now: datetime, language: str) -> Said:
    """Move the visit there, also after the minutes are over where it is still free."""
    old = visit.starts_at
    moved = move_to(visit, slot, Need.of(visit), now=now, within_hours=True)
    if moved is None:
        return offer(visit, now=now, language=language, phrase="offered_others")
    rounds.end(moved, visit.version, OfferEnd.MOVED, now=now)
    return has_moved(moved, old)


def has_moved(visit: Appointment, old: datetime, *, may_undo: bool = True) -> Said:
    """
    Return what is said once a visit has moved away from `old`.

    :param may_undo: False where it went to another clinician or site
    """
    undo = Choice(Verb.PUT_BACK, "button_undo", visit.pk, old, visit.clinician_id)
    another = Choice(Verb.ANOTHER_TIME, "button_another_time", visit.pk)
    choices = (undo, another) if may_undo else (another,)
    said = {"old_when": choosing.whole(visit, old)}
    return Said(ReplyOutcome.MOVED, "time_moved", (visit,), choices, said, tells_the_time=True)


def put_back(visit: Appointment, slot: Slot, *, now: datetime, language: str) -> Said:
    """Move the visit back to where it was, while nobody else has the time."""
    moved = move_to(visit, slot, Need.of(visit), now=now, within_hours=False)
    if moved is None:
        return Said(ReplyOutcome.SLOT_GONE, "old_time_gone", (visit,))
    return Said(ReplyOutcome.UNDONE, "time_put_back", (moved,), tells_the_time=True)


def ask_a_person(visit: Appointment, *, now: datetime) -> Said:
    """Leave it to reception, on whose list the visit stands; a second time nothing changes."""
    kept_times.release(visit)
    was_offered = rounds.end(visit, visit.version, OfferEnd.PERSON, now=now)
    is_new = booking.answer(visit, version=visit.version, answer=Answer.WANTS_ANOTHER_TIME, now=now)
    if not (is_new or was_offered):
        return Said(ReplyOutcome.OUT_OF_DATE, "already_answered", (visit,))
    return Said(ReplyOutcome.WANTS_ANOTHER_TIME, "another_time_noted", (visit,))


def is_offered(visit: Appointment, *, now: datetime) -> bool:
    """Say whether there is anything to choose."""
    return visit.kind.another_time == Saying.AT_ONCE and bool(slots(visit, now=now))


def slots(
    visit: Appointment,
    *,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Slot]:
    """Return what a visit could be moved to, earliest first, beside where it is now."""
    found = availability.slots(
        Need.of(visit),
        after=max(since or now, now + NOTICE),
        before=min(until or now + HORIZON, now + HORIZON),
        now=now,
    )
    return [slot for slot in found if slot.starts_at != visit.starts_at]


def slot_of(visit: Appointment, starts_at: datetime, who: int | None) -> Slot:
    return Slot(starts_at, starts_at + (visit.ends_at - visit.starts_at), who)


def _shown(visit: Appointment, found: Sequence[Slot], language: str) -> Said:
    rows = choosing.times(visit, found, language)
    if rows is not None:
        return _offered("offered_slots", visit, rows)
    return _offered("offered_days", visit, choosing.days(visit, found))


def _hours(visit: Appointment, found: Sequence[Slot]) -> Said:
    begins, zone = found[0].starts_at, visit.site.zone
    said = {"day": lambda code: day_in_words(begins, zone=zone, language=code)}
    rows = choosing.times_of_day(visit, found)
    return Said(ReplyOutcome.OFFERED, "offered_times", (visit,), rows, said)


def _offered(phrase: str, visit: Appointment, rows: tuple[Choice, ...]) -> Said:
    return Said(ReplyOutcome.OFFERED, phrase, (visit,), rows)


def _may_be_kept(visit: Appointment, slot: Slot, now: datetime) -> bool:
    if not now + NOTICE <= slot.starts_at <= now + HORIZON:
        return False
    need = Need.of(visit)
    return kept_times.keep(visit, slot, need, until=now + KEPT_FOR, now=now)


def move_to(
    visit: Appointment, slot: Slot, need: Need, *, now: datetime, within_hours: bool
) -> Appointment | None:
    """
    Keep the time, move the visit there and let go of it, or return None.

    All in one transaction: of two patients whose minutes are over the second waits for the first
    at the kept time, and then finds the visit there.
    """
    until = now + KEPT_FOR
    if not kept_times.keep(visit, slot, need, until=until, now=now, within_hours=within_hours):
        return None
    change = Change(slot.starts_at, slot.ends_at, need.clinician, need.site)
    try:
        moved = booking.move(visit, change, by=None, now=now)
    except NotBooked:
        moved = None
    kept_times.release(visit)
    return moved
