"""Looks at what only people settle and nobody has: prescriptions, possible stops, numbers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count

from healthmsg.desk.alarms.kinds import Found, Kind, Severity
from healthmsg.desk.alarms.moment import Moment
from whatsapp.models import NumberIncident, RepeatRequest, StopDoubt

# Campaigns wait meanwhile: a working day is enough for reading one message.
_DECIDED_WITHIN = timedelta(hours=24)
# Patients are to be asked, who come or are called in days.
_CHECKED_WITHIN = timedelta(days=3)


def repeats(moment: Moment) -> Iterator[Found]:
    """Repeat prescriptions past the time their patients were told."""
    rows = RepeatRequest.objects.filter(done_at=None, due_at__lte=moment.business)
    yield from _by_clinic(rows, Kind.REPEATS_LATE)


def doubts(moment: Moment) -> Iterator[Found]:
    rows = StopDoubt.objects.filter(decided_at=None, since__lte=moment.business - _DECIDED_WITHIN)
    yield from _by_clinic(rows, Kind.STOPS_UNDECIDED)


def incidents(moment: Moment) -> Iterator[Found]:
    rows = NumberIncident.objects.filter(settled_at=None, at__lte=moment.business - _CHECKED_WITHIN)
    yield from _by_clinic(rows, Kind.NUMBERS_UNCHECKED)


def _by_clinic(rows: Any, kind: Kind) -> Iterator[Found]:
    counted = rows.values_list("clinic").annotate(rows=Count("pk")).order_by("clinic")
    for clinic_id, count in counted:
        facts: dict[str, str | int] = {"count": count}
        yield Found(kind, Severity.WARNING, f"clinic:{clinic_id}", facts, clinic_id)
