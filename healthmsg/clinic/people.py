"""What happens to patients: a death, a pause, a farewell, and the undo of each."""

from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from healthmsg.clinic.models import Patient, PatientState
from healthmsg.clinic.signals import stop_written

# The zone that is furthest ahead is 14 hours before UTC.
_FURTHEST_AHEAD = timedelta(hours=14)
_LASTING = (PatientState.DECEASED, PatientState.GONE)


def decease(patient: Patient, *, reason: str = "", now: datetime) -> bool:
    """Write down a death; False where it was known. Undone by `revive`."""
    living = _row(patient).exclude(state=PatientState.DECEASED)
    return _enter(patient, living, PatientState.DECEASED, reason=reason, now=now)


def revive(patient: Patient, *, now: datetime) -> bool:
    """Take back a death that was written down by mistake."""
    deceased = _row(patient).filter(state=PatientState.DECEASED)
    return _enter(patient, deceased, PatientState.ACTIVE, now=now)


def pause(patient: Patient, *, until: date | None, reason: str = "", now: datetime) -> bool:
    """
    Write nothing to the patient for a while; False where they have died or are no longer ours.

    :param until: the first day on which messages go again; None: until somebody resumes
    """
    ours = _row(patient).filter(state__in=[PatientState.ACTIVE, PatientState.PAUSED])
    return _enter(patient, ours, PatientState.PAUSED, reason=reason, until=until, now=now)


def resume(patient: Patient, *, now: datetime) -> bool:
    """End a pause; False where there was none."""
    paused = _row(patient).filter(state=PatientState.PAUSED)
    return _enter(patient, paused, PatientState.ACTIVE, now=now)


def let_go(patient: Patient, *, reason: str = "", now: datetime) -> bool:
    """The patient is no longer ours; False where they were not. Undone by `take_back`."""
    ours = _row(patient).filter(state__in=[PatientState.ACTIVE, PatientState.PAUSED])
    return _enter(patient, ours, PatientState.GONE, reason=reason, now=now)


def take_back(patient: Patient, *, now: datetime) -> bool:
    """The patient is ours again; False where they never ceased to be."""
    gone = _row(patient).filter(state=PatientState.GONE)
    return _enter(patient, gone, PatientState.ACTIVE, now=now)


def with_ended_pause(*, now: datetime) -> list[Patient]:
    """Return paused patients whose day has come by their clinic's calendar, oldest pause first."""
    nearly = Patient.objects.filter(
        state=PatientState.PAUSED, paused_until__lte=(now + _FURTHEST_AHEAD).date()
    )
    return [
        patient
        for patient in nearly.select_related("clinic").order_by("paused_until", "pk")
        if patient.is_active_on(now.astimezone(patient.clinic.zone).date())
    ]


def _row(patient: Patient) -> QuerySet[Patient]:
    return Patient.objects.filter(pk=patient.pk)


def _enter(
    patient: Patient,
    allowed: QuerySet[Patient],
    state: PatientState,
    *,
    now: datetime,
    reason: str = "",
    until: date | None = None,
) -> bool:
    changed = allowed.update(
        state=state, state_reason=reason, state_changed_at=now, paused_until=until
    )
    if state in _LASTING:
        stop_written.send(sender=Patient)
    patient.refresh_from_db(fields=["state", "state_reason", "state_changed_at", "paused_until"])
    return changed == 1
