"""One row each of what people did at the desk, for the addresses that name such a row."""

import uuid
from datetime import datetime, timedelta

from django.db.models import Model

from healthmsg.clinic.models import (
    Appointment,
    Change,
    ConsentRecord,
    Patient,
    StaffUser,
    Wording,
)
from healthmsg.desk.models import (
    AffectedVisit,
    CancelledList,
    PatientMerge,
    PermissionCode,
    SuspectedDuplicate,
    UnreachedOutcome,
)
from reminders.models import CallOutcome
from tests import factories
from whatsapp.models import Stream


def acts_of(
    visit: Appointment, wording: Wording, by: StaffUser, now: datetime
) -> tuple[Model, ...]:
    clinic, patient, phone = visit.clinic, visit.patient, factories.phone_of(visit.patient)
    twin, gone = (factories.make_patient(clinic, phone=phone, birth_date=None) for _ in range(2))
    about = {"clinic": clinic, "patient": patient}
    return (
        CallOutcome.objects.create(
            clinic=clinic,
            appointment=visit,
            version=visit.version,
            number=1,
            outcome="NO_ANSWER",
            phone=phone,
            called_at=now,
            called_by=by,
        ),
        PermissionCode.objects.create(
            **about,
            contact=patient.contacts.get(),
            phone=phone,
            purposes=["APPOINTMENTS"],
            wording=wording,
            code="K7M2P9",
            made_by=by,
            made_at=now,
            expires_at=now + timedelta(minutes=15),
        ),
        ConsentRecord.objects.filter(patient=patient, change=Change.GRANTED)[0],
        _list_of(visit, by, now),
        _pair(patient, twin, now),
        PatientMerge.objects.create(
            clinic=clinic, kept=patient, merged=gone, merged_at=now, merged_by=by
        ),
        UnreachedOutcome.objects.create(
            **about,
            batch=uuid.uuid4(),
            how="LETTER",
            happened_on=now.date(),
            written_at=now,
            written_by=by,
        ),
    )


def _list_of(visit: Appointment, by: StaffUser, now: datetime) -> CancelledList:
    """A list that was stopped before it came to its one visit."""
    decided = CancelledList.objects.create(
        clinic=visit.clinic,
        clinician=visit.clinician,
        begins_at=visit.starts_at,
        ends_at=visit.ends_at,
        act="CANCEL",
        stream=Stream.objects.create(clinic=visit.clinic, name="A list"),
        created_by=by,
        created_at=now,
        stopped_at=now,
        stopped_by=by,
    )
    AffectedVisit.objects.create(
        cancelled_list=decided,
        appointment=visit,
        version=visit.version,
        starts_at=visit.starts_at,
    )
    return decided


def _pair(patient: Patient, twin: Patient, now: datetime) -> SuspectedDuplicate:
    return SuspectedDuplicate.objects.create(
        clinic=patient.clinic, one=patient, other=twin, why="NUMBER", found_at=now
    )
