"""Changes of a patient's state together with what they mean for planned messages."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from healthmsg.clinic import consent, people
from healthmsg.clinic.models import Appointment, Patient, Phone
from reminders import booking, planning
from reminders.models import Reminder, ReminderStatus


def decease(patient: Patient, *, reason: str = "", now: datetime) -> bool:
    """Write down a death, and take back every message; False where it was known."""
    return _change(patient, lambda: people.decease(patient, reason=reason, now=now), now=now)


def revive(patient: Patient, *, now: datetime) -> bool:
    """Take back a death written down by mistake, and plan again."""
    return _change(patient, lambda: people.revive(patient, now=now), now=now)


def pause(patient: Patient, *, until: date | None, reason: str = "", now: datetime) -> bool:
    """Write nothing until that day; reminders due later stay planned."""
    return _change(
        patient, lambda: people.pause(patient, until=until, reason=reason, now=now), now=now
    )


def resume(patient: Patient, *, now: datetime) -> bool:
    """End a pause, and plan what still makes sense."""
    return _change(patient, lambda: people.resume(patient, now=now), now=now)


def let_go(patient: Patient, *, reason: str = "", now: datetime) -> bool:
    """The patient is no longer ours: take back every message."""
    return _change(patient, lambda: people.let_go(patient, reason=reason, now=now), now=now)


def take_back(patient: Patient, *, now: datetime) -> bool:
    """The patient is ours again: plan what still makes sense."""
    return _change(patient, lambda: people.take_back(patient, now=now), now=now)


def end_pauses(*, now: datetime) -> int:
    """Resume patients whose day has come; return how many."""
    return sum(resume(patient, now=now) for patient in people.with_ended_pause(now=now))


def replan_future(patient: Patient, *, now: datetime) -> None:
    """Plan anew every visit ahead, after a change of the patient or of a contact."""
    _replan([patient], now)


def replan_number(phone: Phone, *, now: datetime) -> None:
    """Plan anew every visit ahead of everybody on a number that may be written to again."""
    _replan(consent.patients_on(phone), now)


@transaction.atomic
def _change(patient: Patient, change: Callable[[], bool], *, now: datetime) -> bool:
    # Visits are locked before anything else, as everywhere; their rows name the patient, so they
    # are read again once the patient has changed.
    _locked_visits([patient], now)
    if not change():
        return False
    replan_future(patient, now=now)
    return True


@transaction.atomic
def _replan(patients: Sequence[Patient], now: datetime) -> None:
    for visit in _locked_visits(patients, now):
        planning.replan(visit, now=now)


def _locked_visits(patients: Sequence[Patient], now: datetime) -> list[Appointment]:
    """Visits ahead, and past ones of which something is still to be said."""
    unsaid = Reminder.objects.filter(
        appointment__patient__in=patients, status=ReminderStatus.PLANNED
    )
    mine = booking.visits_with_parts().filter(patient__in=patients)
    concerned = mine.filter(Q(starts_at__gt=now) | Q(pk__in=unsaid.values("appointment_id")))
    return list(concerned.order_by("pk").select_for_update(of=("self",), no_key=True))
