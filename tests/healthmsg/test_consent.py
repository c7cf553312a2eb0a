from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Change,
    Clinic,
    ConsentRecord,
    GivenHow,
    Patient,
    PhoneState,
    Purpose,
)
from tests import factories

TOLD = consent.Evidence(GivenHow.AT_DESK)
WROTE = consent.Evidence(GivenHow.BY_MESSAGE)


def test_no_line_means_no(sunrise_clinic: Clinic, noon: datetime) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())

    phone = factories.phone_of(patient)

    assert consent.standing(patient, phone, Purpose.APPOINTMENTS, at=noon) == ""


def test_a_permission_is_for_one_purpose_and_one_number(
    sunrise_clinic: Clinic, willing_patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    other = factories.make_phone(sunrise_clinic)

    assert consent.standing(willing_patient, phone, Purpose.APPOINTMENTS, at=noon) == "GRANTED"
    assert consent.standing(willing_patient, phone, Purpose.MARKETING, at=noon) == ""
    assert consent.standing(willing_patient, other, Purpose.APPOINTMENTS, at=noon) == ""


def test_declined_differs_from_never_asked(sunrise_clinic: Clinic, noon: datetime) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())
    phone = factories.phone_of(patient)

    consent.decline(patient, phone, [Purpose.MARKETING], evidence=TOLD, at=noon)

    assert consent.standing(patient, phone, Purpose.MARKETING, at=noon) == Change.DECLINED
    assert consent.standing(patient, phone, Purpose.APPOINTMENTS, at=noon) == ""


def test_a_permission_runs_out_by_itself(sunrise_clinic: Clinic, noon: datetime) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())
    phone = factories.phone_of(patient)

    consent.grant(
        patient,
        phone,
        [Purpose.FEEDBACK],
        evidence=TOLD,
        at=noon,
        expires_at=noon + timedelta(days=1),
    )

    assert consent.standing(patient, phone, Purpose.FEEDBACK, at=noon) == "GRANTED"
    late = noon + timedelta(days=1)
    assert consent.standing(patient, phone, Purpose.FEEDBACK, at=late) == "EXPIRED"


def test_a_stop_holds_for_a_patient_registered_on_that_number_tomorrow(
    sunrise_clinic: Clinic, willing_patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)

    consent.stop(phone, evidence=WROTE, at=noon)
    newcomer = factories.make_patient(
        sunrise_clinic, phone=phone, consented_at=noon + timedelta(days=1)
    )

    tomorrow = noon + timedelta(days=1)
    for patient in (willing_patient, newcomer):
        for purpose in consent.LEDGER_PURPOSES:
            assert consent.standing(patient, phone, purpose, at=tomorrow) == Change.WITHDRAWN
    phone.refresh_from_db()
    assert phone.state == PhoneState.STOPPED


def test_keep_after_a_stop_brings_back_appointments_only(
    willing_patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    consent.stop(phone, evidence=WROTE, at=noon)

    later = noon + timedelta(minutes=1)
    consent.keep(phone, Purpose.APPOINTMENTS, evidence=WROTE, at=later)

    assert consent.standing(willing_patient, phone, Purpose.APPOINTMENTS, at=later) == "GRANTED"
    assert consent.standing(willing_patient, phone, Purpose.INFORMATION, at=later) == "WITHDRAWN"


def test_an_old_permission_brought_in_later_does_not_undo_a_stop(
    willing_patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    consent.withdraw(willing_patient, phone, [Purpose.APPOINTMENTS], evidence=WROTE, at=noon)

    consent.grant(
        willing_patient,
        phone,
        [Purpose.APPOINTMENTS],
        evidence=consent.Evidence(GivenHow.IMPORTED),
        at=noon - timedelta(days=400),
    )

    assert consent.standing(willing_patient, phone, Purpose.APPOINTMENTS, at=noon) == "WITHDRAWN"


def test_a_line_entered_by_mistake_no_longer_counts(sunrise_clinic: Clinic, noon: datetime) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())
    phone = factories.phone_of(patient)
    (line,) = consent.grant(patient, phone, [Purpose.MARKETING], evidence=TOLD, at=noon)

    consent.correct(line, evidence=TOLD, at=noon)

    assert consent.standing(patient, phone, Purpose.MARKETING, at=noon) == ""


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda lines: lines.update(change=Change.WITHDRAWN), id="update"),
        pytest.param(lambda lines: lines._raw_delete("default"), id="delete"),
    ],
)
def test_the_database_refuses_to_change_the_ledger(
    willing_patient: Patient, change: Callable[[QuerySet[ConsentRecord]], object]
) -> None:
    lines = ConsentRecord.objects.filter(patient=willing_patient)

    with pytest.raises(DatabaseError):
        refused_change(lambda: change(lines))

    assert lines.get().change == Change.GRANTED


@transaction.atomic
def refused_change(change: Callable[[], object]) -> None:
    """In a savepoint of its own, so that the test can go on."""
    change()
