"""The rows of a list of times: days first where they are many, at most ten."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from healthmsg.clinic.free_slots import Slot
from healthmsg.clinic.models import Appointment
from healthmsg.clinic.sending_hours import wall_clock
from reminders.said import Choice, Words
from reminders.timing import local_day
from whatsapp.buttons import Verb
from whatsapp.fill_ins import moment_in_words, short_day_in_words, time_in_words
from whatsapp.rendering import LONGEST_BUTTON, LONGEST_ROW, MOST_BUTTONS, MOST_ROWS

_DAY = timedelta(days=1)


def times(visit: Appointment, slots: Sequence[Slot], language: str) -> tuple[Choice, ...] | None:
    """Return a row for each time with its day; None where they are too many, or too long."""
    rows = (*(_time(visit, slot, _with_day(visit, slot)) for slot in slots), *_ways_out(visit))
    longest = LONGEST_BUTTON if len(rows) <= MOST_BUTTONS else LONGEST_ROW
    said = (row.title(language) for row in rows if callable(row.title))
    if len(rows) > MOST_ROWS or any(len(title) > longest for title in said):
        return None
    return rows


def days(visit: Appointment, slots: Iterable[Slot]) -> tuple[Choice, ...]:
    """Return a row for each day that has free times, and one for what comes later."""
    zone = visit.site.zone
    first: dict[date, Slot] = {}
    for slot in slots:
        first.setdefault(local_day(slot.starts_at, zone), slot)
    rows = [
        Choice(Verb.SEE_TIMES, _short_day(visit, slot), visit.pk, slot.starts_at)
        for slot in first.values()
    ]
    return _cut(rows, _ways_out(visit), Verb.SEE_DAYS, "button_later_days")


def times_of_day(visit: Appointment, slots: Iterable[Slot]) -> tuple[Choice, ...]:
    """Return a row for each time of one day, and one for what comes later."""
    rows = [_time(visit, slot, _hour(visit, slot)) for slot in slots]
    out = (
        Choice(Verb.SEE_DAYS, "button_other_days", visit.pk),
        Choice(Verb.TALK_TO_US, "button_talk_to_us", visit.pk),
    )
    return _cut(rows, out, Verb.SEE_TIMES, "button_later_times")


def end_of_day(moment: datetime, visit: Appointment) -> datetime:
    """Return the midnight that ends the moment's day, by the site's clocks."""
    tomorrow = moment.astimezone(visit.site.zone) + _DAY
    return wall_clock(tomorrow, datetime.min.time())


def _cut(
    rows: Sequence[Choice], out: tuple[Choice, ...], later: Verb, phrase: str
) -> tuple[Choice, ...]:
    room = MOST_ROWS - len(out)
    if len(rows) <= room:
        return (*rows, *out)
    shown, next_one = rows[: room - 1], rows[room - 1]
    return (*shown, Choice(later, phrase, next_one.about, next_one.at), *out)


def _ways_out(visit: Appointment) -> tuple[Choice, ...]:
    talk = Choice(Verb.TALK_TO_US, "button_talk_to_us", visit.pk)
    if not visit.kind.offers_freed:
        return (talk,)
    return (Choice(Verb.WANT_EARLIER, "button_earlier", visit.pk), talk)


def _time(visit: Appointment, slot: Slot, title: Words) -> Choice:
    return Choice(Verb.CHOOSE_TIME, title, visit.pk, slot.starts_at, slot.clinician_id)


def _hour(visit: Appointment, slot: Slot) -> Words:
    return lambda language: time_in_words(slot.starts_at, zone=visit.site.zone, language=language)


def _short_day(visit: Appointment, slot: Slot) -> Words:
    zone = visit.site.zone
    return lambda language: short_day_in_words(slot.starts_at, zone=zone, language=language)


def _with_day(visit: Appointment, slot: Slot) -> Words:
    day, hour = _short_day(visit, slot), _hour(visit, slot)
    return lambda language: f"{day(language)}, {hour(language)}"


def whole(visit: Appointment, moment: datetime) -> Words:
    """Return a moment's day and time, said by the visit's site's clocks."""
    zone = visit.site.zone
    return lambda language: moment_in_words(moment, zone=zone, language=language)
