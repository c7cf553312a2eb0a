"""Counts days for good, before a rule of retention removes the visits they were counted from."""

import time
from datetime import date, datetime

from healthmsg.clinic.models import Clinic
from healthmsg.desk.daily import counting, rounds
from healthmsg.desk.daily.models import CountedDay


def settle(clinic: Clinic, *, until: date, now: datetime, ends: float) -> bool:
    """
    Settle every day up to one, the oldest first; each in a transaction of its own.

    :param ends: by the monotonic clock; one day at least is settled
    :returns: False where days are left for another time
    """
    first = rounds.earliest(clinic, until)
    days = CountedDay.objects.filter(clinic=clinic, day__range=(first, until))
    settled = set(days.exclude(settled_at=None).values_list("day", flat=True))
    for number in range((until - first).days + 1):
        day = first + number * rounds.DAY
        if day in settled:
            continue
        counting.count(clinic, day, now=now, settle=True)
        if time.monotonic() >= ends:
            return False
    return True
