"""A number that belongs to somebody else gets nothing more, and may be cleared again."""

from datetime import datetime

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import ConsentRecord, GivenHow, Patient, PhoneState, Purpose
from tests import factories
from whatsapp import wrong_numbers
from whatsapp.models import Sender
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db


def test_what_waits_is_taken_back_and_the_patient_has_withdrawn_nothing(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    waiting = factories.make_message(sender, willing_patient)
    elsewhere = factories.make_message(sender, factories.make_patient(sender.clinic))
    phone, lines = waiting.phone, ConsentRecord.objects.count()

    assert wrong_numbers.mark(phone, now=noon) == 1
    assert wrong_numbers.mark(phone, now=noon) == 0

    for row in (waiting, elsewhere, phone):
        row.refresh_from_db()
    assert (waiting.status, waiting.reason) == (Status.WITHHELD, Reason.WRONG_PERSON)
    assert elsewhere.status == Status.QUEUED
    assert phone.state == PhoneState.WRONG_PERSON
    assert ConsentRecord.objects.count() == lines
    assert consent.standing(willing_patient, phone, Purpose.APPOINTMENTS, at=noon) == "GRANTED"


def test_a_checked_number_begins_anew(willing_patient: Patient, noon: datetime) -> None:
    phone = factories.phone_of(willing_patient)
    wrong_numbers.mark(phone, now=noon)

    assert wrong_numbers.clear(phone, now=noon)
    assert not wrong_numbers.clear(phone, now=noon)

    phone.refresh_from_db()
    assert phone.state == PhoneState.NEW


def test_a_checked_number_that_asked_us_to_stop_stays_stopped(
    willing_patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    consent.stop(phone, evidence=consent.Evidence(GivenHow.AT_DESK), at=noon)
    wrong_numbers.mark(phone, now=noon)

    wrong_numbers.clear(phone, now=noon)

    phone.refresh_from_db()
    assert phone.state == PhoneState.STOPPED
