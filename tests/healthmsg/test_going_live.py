"""Practice and live: a recorded act, and no process that serves the living from a toy."""

from datetime import datetime

import pytest
from django.conf import LazySettings

from healthmsg.clinic import going_live, patient_keys
from healthmsg.clinic.going_live import LiveWithoutSettings, NotReady
from healthmsg.clinic.models import Clinic, ClinicModeChange, Mode, StaffUser
from tests import factories

pytestmark = pytest.mark.django_db

MISSING = ("DATABASE_URL", "WHATSAPP_BASE_URL")


@pytest.fixture
def alex(sunrise_clinic: Clinic) -> StaffUser:
    return StaffUser.objects.create_user("alex")


def make_live(clinic: Clinic, by: StaffUser, now: datetime, *missing: str) -> None:
    going_live.change_mode(
        clinic, mode=Mode.LIVE, by=by, next_day_messages=12, missing=missing, now=now
    )


def test_a_clinic_begins_in_practice(sunrise_clinic: Clinic) -> None:
    assert sunrise_clinic.mode == Mode.PRACTICE
    assert not sunrise_clinic.is_live


def test_going_live_keeps_who_did_it_and_what_they_saw(
    sunrise_clinic: Clinic, alex: StaffUser, noon: datetime
) -> None:
    make_live(sunrise_clinic, alex, noon)

    sunrise_clinic.refresh_from_db()
    assert sunrise_clinic.is_live
    change = ClinicModeChange.objects.get()
    assert (change.mode, change.changed_by, change.changed_at) == (Mode.LIVE, alex, noon)
    assert change.next_day_messages == 12


def test_without_settings_a_clinic_cannot_go_live(
    sunrise_clinic: Clinic, alex: StaffUser, noon: datetime
) -> None:
    with pytest.raises(NotReady, match="DATABASE_URL, WHATSAPP_BASE_URL"):
        make_live(sunrise_clinic, alex, noon, *MISSING)

    sunrise_clinic.refresh_from_db()
    assert not sunrise_clinic.is_live
    assert not ClinicModeChange.objects.exists()


def test_back_into_practice_needs_no_settings(
    sunrise_clinic: Clinic, alex: StaffUser, noon: datetime
) -> None:
    make_live(sunrise_clinic, alex, noon)

    going_live.change_mode(
        sunrise_clinic,
        mode=Mode.PRACTICE,
        by=alex,
        next_day_messages=0,
        missing=MISSING,
        now=noon,
    )

    sunrise_clinic.refresh_from_db()
    assert not sunrise_clinic.is_live
    assert ClinicModeChange.objects.count() == 2


def test_a_process_that_lacks_settings_serves_practice_alone(sunrise_clinic: Clinic) -> None:
    going_live.refuse_to_start_without(MISSING)

    factories.make_clinic(mode=Mode.LIVE)

    with pytest.raises(LiveWithoutSettings, match="DATABASE_URL, WHATSAPP_BASE_URL is not set"):
        going_live.refuse_to_start_without(MISSING)
    going_live.refuse_to_start_without(())


def test_the_refusal_ends_a_process_that_nobody_watches() -> None:
    """Not an Exception, which a worker's loop would log and outlive."""
    assert issubclass(LiveWithoutSettings, SystemExit)


def test_keys_that_are_asked_for_anew_begin_with_what_stood_in_their_place(
    sunrise_clinic: Clinic, alex: StaffUser, noon: datetime
) -> None:
    make_live(sunrise_clinic, alex, noon)

    with pytest.raises(LiveWithoutSettings, match=r"AUDIT_KEYS .* the value of SECRET_KEY first"):
        going_live.refuse_to_start_without(("AUDIT_KEYS",))


def test_a_live_clinic_is_not_served_with_keys_that_open_nothing(
    sunrise_clinic: Clinic, alex: StaffUser, noon: datetime, settings: LazySettings
) -> None:
    patient = factories.make_patient(sunrise_clinic)
    patient_keys.keys_of([patient.pk], now=noon)
    settings.AUDIT_KEYS = ["another"]
    going_live.refuse_to_start_with_wrong_keys()
    make_live(sunrise_clinic, alex, noon)

    with pytest.raises(LiveWithoutSettings, match="AUDIT_KEYS does not open"):
        going_live.refuse_to_start_with_wrong_keys()
