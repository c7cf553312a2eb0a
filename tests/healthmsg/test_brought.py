"""What other systems say of permissions, against what was said here."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthmsg.clinic import brought, consent
from healthmsg.clinic.brought import Ledger, Said, Weight
from healthmsg.clinic.consent import Evidence
from healthmsg.clinic.models import (
    Change,
    Clinic,
    Contact,
    GivenHow,
    Patient,
    Phone,
    Purpose,
    StaffUser,
)
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CARE = Purpose.APPOINTMENTS
HERE = ("stop", "withdraw", "decline", "grant", "grant again", "keep")
CHANGES = (Change.GRANTED, Change.DECLINED, Change.WITHDRAWN)


def say(what: str, patient: Patient, phone: Phone, at: datetime) -> None:
    """Something is said to us, as people say it here."""
    who, _is_new = StaffUser.objects.get_or_create(username="desk")
    desk = Evidence(GivenHow.AT_DESK, recorded_by=who)
    if what == "stop":
        consent.stop(phone, evidence=desk, at=at)
    elif what == "keep":
        consent.keep(phone, CARE, evidence=desk, at=at)
    else:
        verbs = {
            "withdraw": consent.withdraw,
            "decline": consent.decline,
            "grant": consent.grant,
            "grant again": consent.grant_again,
        }
        verbs[what](patient, phone, [CARE], evidence=desk, at=at)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    heard=st.lists(st.tuples(st.sampled_from(HERE), st.integers(0, 1)), max_size=5),
    lines=st.lists(
        st.tuples(st.sampled_from(CHANGES), st.integers(0, 1), st.integers(-9, 30)),
        min_size=1,
        max_size=4,
    ),
)
def test_no_file_ends_a_stop(
    sunrise_clinic: Clinic,
    noon: datetime,
    heard: list[tuple[str, int]],
    lines: list[tuple[Change, int, int]],
) -> None:
    """Whatever was said here in whatever order, and whatever lines of whatever date come after."""
    phones = [factories.make_phone(sunrise_clinic) for _ in range(2)]
    patient = factories.make_patient(sunrise_clinic, phone=phones[0], consents=())
    Contact.objects.create(patient=patient, name="x", language="es", phone=phones[1])
    for n, (what, which) in enumerate(heard):
        say(what, patient, phones[which], noon + n * DAY)
    later = noon + 40 * DAY
    before = [consent.standing(patient, phone, CARE, at=later) for phone in phones]

    for change, which, days in lines:
        said = Said(patient.pk, phones[which].pk, CARE, change, noon + days * DAY)
        ledger = Ledger([patient.pk], [phone.pk for phone in phones])
        if ledger.weigh(said) == Weight.COUNTS:
            brought.write([said], sunrise_clinic.pk, by=None)

    after = [consent.standing(patient, phone, CARE, at=later) for phone in phones]
    stopped = [was for was in zip(before, after, strict=True) if was[0] == "WITHDRAWN"]
    assert all(now == "WITHDRAWN" for _before, now in stopped)
    # Nor does it open another number of somebody who has stopped.
    if "WITHDRAWN" in before and not any(change == Change.WITHDRAWN for change, *_ in lines):
        assert after.count("GRANTED") <= before.count("GRANTED")


def test_a_line_is_written_once(sunrise_clinic: Clinic, noon: datetime) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())
    phone = factories.phone_of(patient)
    said = Said(patient.pk, phone.pk, CARE, Change.GRANTED, noon)

    weights = []
    for _ in range(2):
        weights.append(weight := Ledger([patient.pk], [phone.pk]).weigh(said))
        if weight == Weight.COUNTS:
            brought.write([said], sunrise_clinic.pk, by=None)

    assert weights == [Weight.COUNTS, Weight.KNOWN]


def test_a_yes_that_has_run_out_is_given_again(sunrise_clinic: Clinic, noon: datetime) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())
    phone = factories.phone_of(patient)
    consent.grant(
        *(patient, phone, [CARE]),
        evidence=Evidence(GivenHow.AT_DESK),
        at=noon - 9 * DAY,
        expires_at=noon - DAY,
    )

    ledger = Ledger([patient.pk], [phone.pk])

    assert ledger.weigh(Said(patient.pk, phone.pk, CARE, Change.GRANTED, noon)) == Weight.COUNTS


def test_a_no_of_the_other_system_follows_its_own_dates(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())
    phone = factories.phone_of(patient)
    brought.write(
        [Said(patient.pk, phone.pk, CARE, Change.DECLINED, noon)], sunrise_clinic.pk, by=None
    )

    ledger = Ledger([patient.pk], [phone.pk])

    yes = Change.GRANTED
    assert ledger.weigh(Said(patient.pk, phone.pk, CARE, yes, noon + DAY)) == Weight.COUNTS
    assert ledger.weigh(Said(patient.pk, phone.pk, CARE, yes, noon - DAY)) == Weight.NO_STANDS
