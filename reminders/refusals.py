"""
Why a visit was not booked, moved or canceled; nothing was changed then.

NotBooked
├── PastTime         the time is over
├── SlotTaken        the clinician sees somebody then; book beside it, by permission
├── BeingChosen      a patient is choosing that time right now; book beside it, or later
├── TwiceAtOneTime   the patient has this kind of visit then already
├── KnownAlready     another visit has this identifier
├── NotAllowed       booking beside another visit needs a permission
├── ElsewhereAtHome  patient, contact, site, kind or clinician do not belong together
└── NotLive          the visit's status does not allow it
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from psycopg import Error as PostgresError

from healthmsg.clinic.models import Appointment, SlotHold, StaffUser, VisitStatus

OVERBOOK = "clinic.overbook"


class NotBooked(Exception):
    """The message says why in the clinic's words, and never names a patient."""


class PastTime(NotBooked):
    def __init__(self) -> None:
        super().__init__(_("This time is over."))


class SlotTaken(NotBooked):
    """`starts_at` is the time asked for, by the site's clocks."""

    def __init__(self, starts_at: datetime) -> None:
        super().__init__(_("The clinician already sees somebody at %s.") % f"{starts_at:%H:%M}")
        self.starts_at = starts_at


class BeingChosen(NotBooked):
    """`until` is when the time is let go, by the site's clocks."""

    def __init__(self, until: datetime) -> None:
        super().__init__(
            _("A patient is choosing this time right now; it is kept until %s.") % f"{until:%H:%M}"
        )


class TwiceAtOneTime(NotBooked):
    def __init__(self, starts_at: datetime) -> None:
        super().__init__(_("This patient already has such a visit at %s.") % f"{starts_at:%H:%M}")
        self.starts_at = starts_at


class KnownAlready(NotBooked):
    def __init__(self) -> None:
        super().__init__(_("Another visit has this identifier."))


class NotAllowed(NotBooked):
    def __init__(self) -> None:
        super().__init__(_("You may not book beside another visit."))


class ElsewhereAtHome(NotBooked):
    def __init__(self) -> None:
        super().__init__(_("These do not belong to one clinic and patient."))


class NotLive(NotBooked):
    def __init__(self, status: str) -> None:
        super().__init__(
            _("This is not possible now; the visit is: %s.") % VisitStatus(status).label
        )


def require_status(visit: Appointment, *allowed: VisitStatus) -> None:
    if visit.status not in allowed:
        raise NotLive(visit.status)


def require_future(starts_at: datetime, now: datetime) -> None:
    if starts_at <= now:
        raise PastTime


def require_permission(visit: Appointment, by: StaffUser | None) -> None:
    if visit.is_overbooked and by is not None and not by.has_perm(OVERBOOK):
        raise NotAllowed


def require_not_being_chosen(visit: Appointment, by: StaffUser | None, now: datetime) -> None:
    """
    Ask after the visit is written; nobody asks for programs, which have no later.

    Both may write at once and not see each other: then the visit stands, and the patient is told
    that the time is gone.
    """
    if by is None or visit.clinician_id is None or visit.is_overbooked:
        return
    kept = SlotHold.objects.filter(
        clinician=visit.clinician_id,
        until__gt=now,
        starts_at__lt=visit.ends_at,
        ends_at__gt=visit.starts_at,
    )
    until = kept.exclude(appointment=visit).values_list("until", flat=True).first()
    if until is not None:
        raise BeingChosen(until.astimezone(visit.site.zone))


@contextmanager
def named(visit: Appointment) -> Iterator[None]:
    """Say in our words what the database forbids, within a savepoint of its own."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        refused = _refused(error, visit.starts_at.astimezone(visit.site.zone))
        if refused is None:
            raise
        # The database's own words repeat the row: they go no further.
        raise refused from None


def _refused(error: IntegrityError, starts_at: datetime) -> NotBooked | None:
    cause = error.__cause__
    constraint = cause.diag.constraint_name if isinstance(cause, PostgresError) else None
    if constraint == "appointment_no_overlap":
        return SlotTaken(starts_at)
    if constraint == "appointment_once_per_time":
        return TwiceAtOneTime(starts_at)
    if constraint == "appointment_identifier_once_per_clinic":
        return KnownAlready()
    return None
