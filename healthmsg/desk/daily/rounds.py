"""Which days are to be counted now: today each minute, the last weeks again, older ones once."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Min

from healthmsg.clinic.models import Appointment, Clinic
from healthmsg.desk.daily import counting
from healthmsg.desk.daily.models import CountedDay
from whatsapp.models import Message

DAY = timedelta(days=1)
# (days ago, at most; how long its count stays good). Receipts, answers and who came are mostly
# known within a week; beyond the last line a day is counted again by the command only.
_GOOD_FOR = (
    (1, timedelta(minutes=1)),
    (7, timedelta(hours=1)),
    (35, timedelta(days=1)),
)
FURTHEST = timedelta(days=400)
# Of one tick; an installation that brings years along is counted within hours.
MOST = 20


def go_on(*, now: datetime) -> int:
    """Count what is due, the newest days first; returns how many days that was."""
    due = [one for clinic in Clinic.objects.order_by("pk") for one in _due(clinic, now)]
    due.sort(key=lambda one: one[1], reverse=True)
    for clinic, day in due[:MOST]:
        counting.count(clinic, day, now=now)
    return len(due[:MOST])


def _due(clinic: Clinic, now: datetime) -> Iterator[tuple[Clinic, date]]:
    today = now.astimezone(clinic.zone).date()
    first = max(earliest(clinic, today), today - FURTHEST)
    known = dict(
        CountedDay.objects.filter(clinic=clinic, day__gte=first).values_list("day", "counted_at")
    )
    for days_ago in range((today - first).days + 1):
        day = today - days_ago * DAY
        if _is_due(days_ago, known.get(day), now):
            yield clinic, day


def _is_due(days_ago: int, counted_at: datetime | None, now: datetime) -> bool:
    if counted_at is None:
        return True
    good_for = next((length for days, length in _GOOD_FOR if days_ago <= days), None)
    return good_for is not None and now - counted_at >= good_for


def earliest(clinic: Clinic, today: date) -> date:
    """Return the first day of which there may be something to count."""
    earliest = Appointment.objects.filter(clinic=clinic).aggregate(at=Min("starts_at"))["at"]
    # Of all clinics: one look at an index, where the first of a small clinic's is searched for.
    first_message = Message.objects.aggregate(at=Min("created_at"))["at"]
    moments: list[datetime] = [one for one in (earliest, first_message) if one is not None]
    if not moments:
        return today
    return min(min(moments).astimezone(clinic.zone).date(), today)
