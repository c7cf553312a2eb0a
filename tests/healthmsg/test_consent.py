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
    StaffUser,
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


def test_keep_overrides_nobodys_no_and_asks_for_nobody(
    sunrise_clinic: Clinic, willing_patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    declined, never_asked = (
        factories.make_patient(sunrise_clinic, phone=phone, consents=()) for _ in range(2)
    )
    consent.decline(
        declined, phone, [Purpose.APPOINTMENTS], evidence=TOLD, at=noon - timedelta(days=1)
    )
    for minute in (0, 1):  # a second stop hides nobody's yes
        consent.stop(phone, evidence=WROTE, at=noon + timedelta(minutes=minute))

    later = noon + timedelta(minutes=2)
    consent.keep(phone, Purpose.APPOINTMENTS, evidence=WROTE, at=later)

    stands = [
        consent.standing(patient, phone, Purpose.APPOINTMENTS, at=later)
        for patient in (willing_patient, declined, never_asked)
    ]
    assert stands == ["GRANTED", "WITHDRAWN", "WITHDRAWN"]


def test_a_yes_that_has_run_out_is_not_kept(sunrise_clinic: Clinic, noon: datetime) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())
    phone = factories.phone_of(patient)
    consent.grant(
        patient,
        phone,
        [Purpose.APPOINTMENTS],
        evidence=TOLD,
        at=noon - timedelta(days=9),
        expires_at=noon - timedelta(days=1),
    )
    consent.stop(phone, evidence=WROTE, at=noon)

    later = noon + timedelta(minutes=1)
    consent.keep(phone, Purpose.APPOINTMENTS, evidence=WROTE, at=later)

    assert consent.standing(patient, phone, Purpose.APPOINTMENTS, at=later) == "WITHDRAWN"


def test_a_fresh_yes_that_somebody_heard_ends_the_numbers_stop_for_that_purpose(
    sunrise_clinic: Clinic, willing_patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    sibling = factories.make_patient(sunrise_clinic, phone=phone)
    consent.stop(phone, evidence=WROTE, at=noon)
    later = noon + timedelta(days=1)

    consent.grant_again(
        willing_patient, phone, [Purpose.PREVENTION], evidence=heard("desk"), at=later
    )

    stands = {
        p: consent.standing(willing_patient, phone, p, at=later) for p in consent.LEDGER_PURPOSES
    }
    assert stands.pop(Purpose.PREVENTION) == "GRANTED"
    assert set(stands.values()) == {"WITHDRAWN"}
    assert consent.standing(sibling, phone, Purpose.PREVENTION, at=later) == "WITHDRAWN"
    assert not consent.has_stopped(phone)
    phone.refresh_from_db()
    assert phone.state != PhoneState.STOPPED


@pytest.mark.parametrize("how", [GivenHow.IMPORTED, GivenHow.BY_RULE, GivenHow.META_PREFERENCE])
def test_no_program_and_no_import_ends_the_stop_of_a_number(
    willing_patient: Patient, noon: datetime, how: GivenHow
) -> None:
    phone = factories.phone_of(willing_patient)
    consent.stop(phone, evidence=WROTE, at=noon)
    later = noon + timedelta(days=1)
    purposes = [Purpose.APPOINTMENTS]

    for evidence in (consent.Evidence(how, recorded_by=person("desk")), TOLD):
        with pytest.raises(ValueError, match="somebody heard"):
            consent.grant_again(willing_patient, phone, purposes, evidence=evidence, at=later)
    with pytest.raises(DatabaseError):
        refused_change(
            lambda: ConsentRecord.objects.create(
                clinic=phone.clinic,
                phone=phone,
                purpose=Purpose.APPOINTMENTS,
                change=Change.GRANTED,
                given_how=how,
                given_at=later,
            )
        )
    consent.grant(willing_patient, phone, purposes, evidence=consent.Evidence(how), at=later)

    assert consent.standing(willing_patient, phone, Purpose.APPOINTMENTS, at=later) == "WITHDRAWN"


def test_a_stop_of_the_wrong_number_is_taken_back_whole(
    sunrise_clinic: Clinic, willing_patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    sibling = factories.make_patient(sunrise_clinic, phone=phone)
    consent.stop(phone, evidence=heard("desk"), at=noon)
    line = ConsentRecord.objects.get(phone=phone, patient=None, purpose=Purpose.MARKETING)

    later = noon + timedelta(minutes=1)
    consent.correct(line, evidence=heard("head"), at=later)

    for patient in (willing_patient, sibling):
        assert consent.standing(patient, phone, Purpose.APPOINTMENTS, at=later) == "GRANTED"
        assert consent.standing(patient, phone, Purpose.MARKETING, at=later) == ""
    phone.refresh_from_db()
    assert phone.state == PhoneState.NEW


def test_a_yes_that_ended_a_stop_by_mistake_ends_it_no_longer(
    willing_patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    consent.stop(phone, evidence=WROTE, at=noon)
    later = noon + timedelta(minutes=1)
    (line,) = consent.grant_again(
        willing_patient, phone, [Purpose.APPOINTMENTS], evidence=heard("desk"), at=later
    )

    consent.correct(line, evidence=heard("head"), at=later)

    assert consent.standing(willing_patient, phone, Purpose.APPOINTMENTS, at=later) == "WITHDRAWN"
    assert consent.has_stopped(phone)
    phone.refresh_from_db()
    assert phone.state == PhoneState.STOPPED


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


def person(name: str) -> StaffUser:
    return StaffUser.objects.get_or_create(username=name)[0]


def heard(by: str) -> consent.Evidence:
    return consent.Evidence(GivenHow.AT_DESK, recorded_by=person(by))


@transaction.atomic
def refused_change(change: Callable[[], object]) -> None:
    """In a savepoint of its own, so that the test can go on."""
    change()


def test_several_purposes_asked_at_once_stand_as_each_asked_alone(
    willing_patient: Patient, noon: datetime
) -> None:
    phone, later = factories.phone_of(willing_patient), noon + timedelta(minutes=1)
    consent.decline(willing_patient, phone, [Purpose.MARKETING], evidence=TOLD, at=later)
    asked = [(purpose, at) for purpose in consent.LEDGER_PURPOSES for at in (noon, later)]

    found = consent.standings(willing_patient, phone, asked)
    assert found == [consent.standing(willing_patient, phone, p, at=at) for p, at in asked]
    assert {"GRANTED", "DECLINED", ""} == set(found)
