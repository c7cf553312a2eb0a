"""The old system's stop list, and the vaccinations it knows of."""

from datetime import date, datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.consent import Evidence
from healthmsg.clinic.models import (
    Clinic,
    ConsentRecord,
    DoseSource,
    GivenHow,
    Immunisation,
    Phone,
    PhoneState,
    Purpose,
    Vaccine,
)
from tests import factories
from tests.imports.bringing import brought, found

pytestmark = pytest.mark.django_db
HEADINGS = ("phone", "stopped on")
NUMBER = "+5491155550101"


def standings(patient: object, phone: Phone, at: datetime) -> set[str]:
    return {consent.standing(patient, phone, p, at=at) for p in consent.LEDGER_PURPOSES}  # type: ignore[arg-type]


def test_a_number_stops_for_everything_and_everybody_on_it(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    phone = factories.make_phone(sunrise_clinic, NUMBER)
    family = [factories.make_patient(sunrise_clinic, phone=phone) for _ in range(2)]

    source = brought(sunrise_clinic, "STOPS", HEADINGS, (NUMBER, "2024-05-01"), now=noon)

    phone.refresh_from_db()
    assert source.applied_counts == {"NEW": 1}
    assert phone.state == PhoneState.STOPPED
    assert [standings(patient, phone, noon) for patient in family] == [{"WITHDRAWN"}] * 2
    assert consent.has_stopped(phone)


def test_a_number_nobody_has_yet_is_remembered(sunrise_clinic: Clinic, noon: datetime) -> None:
    brought(sunrise_clinic, "STOPS", HEADINGS, (NUMBER, ""), now=noon)

    tomorrow = noon + timedelta(days=1)
    patient = factories.make_patient(
        sunrise_clinic, phone=Phone.objects.get(number=NUMBER), consented_at=tomorrow
    )

    assert standings(patient, Phone.objects.get(), tomorrow) == {"WITHDRAWN"}


def test_the_list_again_writes_no_line(sunrise_clinic: Clinic, noon: datetime) -> None:
    brought(sunrise_clinic, "STOPS", HEADINGS, (NUMBER, "2024-05-01"), now=noon)
    before = ConsentRecord.objects.count()

    source = brought(sunrise_clinic, "STOPS", HEADINGS, (NUMBER, "2025-05-01"), now=noon)

    assert source.counts == {"UNCHANGED": 1}
    assert ConsentRecord.objects.count() == before


def test_a_yes_that_reception_heard_since_stands(sunrise_clinic: Clinic, noon: datetime) -> None:
    patient = factories.make_patient(
        sunrise_clinic, phone=factories.make_phone(sunrise_clinic, NUMBER)
    )
    phone = Phone.objects.get()
    consent.stop(phone, evidence=Evidence(GivenHow.BY_PHONE), at=noon - timedelta(days=9))
    consent.grant_again(
        *(patient, phone, consent.LEDGER_PURPOSES),
        evidence=Evidence(GivenHow.AT_DESK, recorded_by=factories.make_person("desk")),
        at=noon - timedelta(days=3),
    )

    source = brought(sunrise_clinic, "STOPS", HEADINGS, (NUMBER, "2026-01-01"), now=noon)

    assert found(source) == {(2, "phone", "YES_SINCE")}
    assert standings(patient, phone, noon) == {"GRANTED"}
    # One that is newer than the yes counts.
    brought(sunrise_clinic, "STOPS", HEADINGS, (NUMBER, "2026-03-09"), now=noon)
    assert standings(patient, phone, noon) == {"WITHDRAWN"}


def test_the_reach_of_patients_follows(sunrise_clinic: Clinic, noon: datetime) -> None:
    patient = factories.make_patient(
        sunrise_clinic, phone=factories.make_phone(sunrise_clinic, NUMBER)
    )

    brought(sunrise_clinic, "STOPS", HEADINGS, (NUMBER, "2026-01-01"), now=noon)

    patient.refresh_from_db()
    assert patient.reach.phone_state == PhoneState.STOPPED
    assert patient.reach.standings[Purpose.APPOINTMENTS] == "WITHDRAWN"


DOSES = ("patient", "vaccine", "given on")


@pytest.fixture
def flu(sunrise_clinic: Clinic) -> Vaccine:
    return Vaccine.objects.create(clinic=sunrise_clinic, code="flu", name="Influenza")


def test_doses_come_by_code_or_name(sunrise_clinic: Clinic, flu: Vaccine, noon: datetime) -> None:
    patient = factories.make_patient(sunrise_clinic, external_id="007")

    source = brought(
        *(sunrise_clinic, "DOSES", DOSES),
        *(("007", "FLU", "2024-10-01"), ("007", "influenza", "2025-10-01")),
        *(("007", "tetanus", "2025-10-01"), ("7", "flu", "2025-10-02"), ("8", "flu", "2025-10-01")),
        now=noon,
    )

    given = Immunisation.objects.order_by("given_on")
    assert [dose.given_on for dose in given] == [date(2024, 10, 1), date(2025, 10, 1)]
    assert {(d.patient_id, d.source, d.recorded_by) for d in given} == {
        (patient.pk, DoseSource.IMPORTED, source.approved_by)
    }
    assert found(source) == {
        (4, "vaccine", "UNKNOWN_VACCINE"),
        (5, "patient", "LOST_ZEROS"),
        (6, "patient", "UNKNOWN_PATIENT"),
    }


def test_doses_again_are_the_same_doses(
    sunrise_clinic: Clinic, flu: Vaccine, noon: datetime
) -> None:
    factories.make_patient(sunrise_clinic, external_id="7")
    rows = (DOSES, ("7", "flu", "2024-10-01"))
    brought(sunrise_clinic, "DOSES", *rows, now=noon)

    source = brought(sunrise_clinic, "DOSES", *rows, now=noon)

    assert source.counts == {"UNCHANGED": 1}
    assert Immunisation.objects.count() == 1


def test_a_dose_marked_as_a_mistake_does_not_come_back(
    sunrise_clinic: Clinic, flu: Vaccine, noon: datetime
) -> None:
    factories.make_patient(sunrise_clinic, external_id="7")
    rows = (DOSES, ("7", "flu", "2024-10-01"))
    brought(sunrise_clinic, "DOSES", *rows, now=noon)
    Immunisation.objects.update(entered_in_error_at=noon)

    source = brought(sunrise_clinic, "DOSES", *rows, now=noon)

    assert found(source) == {(2, "given_on", "MARKED_MISTAKE")}
    assert Immunisation.objects.count() == 1
