"""Whatever a file says of permissions, and whatever date it gives, what was said here stands."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.consent import Evidence
from healthmsg.clinic.models import (
    Clinic,
    ConsentRecord,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
)
from tests.imports.ana import ANA, HEADINGS
from tests.imports.bringing import brought, found

pytestmark = pytest.mark.django_db


def standing(number: str, purpose: Purpose, at: datetime) -> str:
    phone = Phone.objects.get(number=number)
    return consent.standing(Patient.objects.get(), phone, purpose, at=at)


class TestStops:
    """Whatever the file says, and whatever date it gives."""

    @pytest.fixture
    def ana(self, sunrise_clinic: Clinic, noon: datetime) -> Patient:
        brought(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon)
        return Patient.objects.get()

    @pytest.mark.parametrize("day", ["2026-01-01", "2026-03-10", "2026-03-12"])
    def test_the_stop_of_a_number_stands(
        self, sunrise_clinic: Clinic, ana: Patient, noon: datetime, day: str
    ) -> None:
        consent.stop(Phone.objects.get(), evidence=Evidence(GivenHow.BY_MESSAGE), at=noon)
        later = noon + timedelta(days=2)

        row = (*ANA[:8], "all", day, "")
        source = brought(sunrise_clinic, "PATIENTS", HEADINGS, row, now=later)

        assert found(source) == {(2, "permission", "STOP_STANDS")}
        assert {standing("+5491155550101", p, later) for p in consent.LEDGER_PURPOSES} == {
            "WITHDRAWN"
        }
        assert Phone.objects.get().state == PhoneState.STOPPED

    def test_what_the_patient_alone_took_back_stands(
        self, sunrise_clinic: Clinic, ana: Patient, noon: datetime
    ) -> None:
        consent.withdraw(
            *(ana, Phone.objects.get(), [Purpose.APPOINTMENTS]),
            evidence=Evidence(GivenHow.AT_DESK),
            at=noon,
        )
        later = noon + timedelta(days=2)

        brought(sunrise_clinic, "PATIENTS", HEADINGS, (*ANA[:9], "2026-03-12", ""), now=later)

        assert standing("+5491155550101", Purpose.APPOINTMENTS, later) == "WITHDRAWN"

    def test_another_number_is_no_way_around_it(
        self, sunrise_clinic: Clinic, ana: Patient, noon: datetime
    ) -> None:
        consent.stop(Phone.objects.get(), evidence=Evidence(GivenHow.BY_MESSAGE), at=noon)
        later = noon + timedelta(days=2)

        row = (*ANA[:5], "011 15-5555-0199", "es", "yes", "", "2026-03-12", "")
        source = brought(sunrise_clinic, "PATIENTS", HEADINGS, row, now=later)

        assert (2, "permission", "STOP_STANDS") in found(source)
        assert standing("+5491155550199", Purpose.APPOINTMENTS, later) == ""

    def test_a_no_that_was_told_to_us_stands(
        self, sunrise_clinic: Clinic, ana: Patient, noon: datetime
    ) -> None:
        consent.decline(
            *(ana, Phone.objects.get(), [Purpose.MARKETING]),
            evidence=Evidence(GivenHow.AT_DESK),
            at=noon,
        )
        later = noon + timedelta(days=2)

        row = (*ANA[:8], "marketing", "2026-03-12", "")
        source = brought(sunrise_clinic, "PATIENTS", HEADINGS, row, now=later)

        assert found(source) == {(2, "permission", "NO_STANDS")}
        assert standing("+5491155550101", Purpose.MARKETING, later) == "DECLINED"

    def test_a_line_marked_as_a_mistake_does_not_come_back(
        self, sunrise_clinic: Clinic, ana: Patient, noon: datetime
    ) -> None:
        consent.correct(ConsentRecord.objects.get(), evidence=Evidence(GivenHow.AT_DESK), at=noon)

        source = brought(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon)

        assert found(source) == {(2, "permission", "MARKED_MISTAKE")}
        assert standing("+5491155550101", Purpose.APPOINTMENTS, noon) == ""

    def test_a_file_may_take_back_what_was_allowed_before(
        self, sunrise_clinic: Clinic, ana: Patient, noon: datetime
    ) -> None:
        row = (*ANA[:7], "stop", "", "2026-03-01", "")

        brought(sunrise_clinic, "PATIENTS", HEADINGS, row, now=noon)

        assert standing("+5491155550101", Purpose.APPOINTMENTS, noon) == "WITHDRAWN"

    def test_a_yes_told_to_us_after_the_files_no_stands(
        self, sunrise_clinic: Clinic, ana: Patient, noon: datetime
    ) -> None:
        consent.grant(
            *(ana, Phone.objects.get(), [Purpose.APPOINTMENTS]),
            evidence=Evidence(GivenHow.AT_DESK),
            at=noon,
        )

        row = (*ANA[:7], "no", "appointments", "2026-03-01", "")
        source = brought(sunrise_clinic, "PATIENTS", HEADINGS, row, now=noon)

        assert found(source) == {(2, "permission", "YES_SINCE")}
        assert standing("+5491155550101", Purpose.APPOINTMENTS, noon) == "GRANTED"
