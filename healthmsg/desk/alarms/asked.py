"""Looks at what only people settle and nobody has: prescriptions, stops, numbers, old data."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count

from healthmsg.desk.alarms.kinds import Found, Kind, Severity
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.privacy import overdue
from healthmsg.desk.register import entering
from whatsapp.models import NumberIncident, RepeatRequest, StopDoubt

# Campaigns wait meanwhile: a working day is enough for reading one message.
_DECIDED_WITHIN = timedelta(hours=24)
# Patients are to be asked, who come or are called in days.
_CHECKED_WITHIN = timedelta(days=3)
# Before the time to tell the authority ends: a day, so that a night is no excuse, once more when
# only a morning is left, and when it is over.
_LEFT = (timedelta(hours=24), timedelta(hours=6), timedelta())


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


def untold(moment: Moment) -> Iterator[Found]:
    """Incidents whose time to tell the authority ends, or has ended, each an alarm of its own."""
    since = moment.business + _LEFT[0] - entering.WITHIN
    for incident in entering.untold().filter(known_at__lte=since).order_by("known_at", "pk"):
        until = entering.until(incident)
        yield Found(
            Kind.INCIDENT_UNTOLD,
            Severity.WARNING,
            f"incident:{incident.pk}",
            {"until": until.isoformat()},
            incident.clinic_id,
            stage=sum(until - left <= moment.business for left in _LEFT),
        )


def kept_too_long(_moment: Moment) -> Iterator[Found]:
    for clinic_id, kinds in overdue.of_clinics().items():
        facts: dict[str, str | int] = {"kinds": ",".join(kinds)}
        subject = f"clinic:{clinic_id}"
        yield Found(Kind.KEPT_TOO_LONG, Severity.WARNING, subject, facts, clinic_id)


def _by_clinic(rows: Any, kind: Kind) -> Iterator[Found]:
    counted = rows.values_list("clinic").annotate(rows=Count("pk")).order_by("clinic")
    for clinic_id, count in counted:
        facts: dict[str, str | int] = {"count": count}
        yield Found(kind, Severity.WARNING, f"clinic:{clinic_id}", facts, clinic_id)
