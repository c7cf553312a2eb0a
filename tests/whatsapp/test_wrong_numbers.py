"""A number that belongs to somebody else gets nothing more, and may be cleared again."""

from datetime import datetime

import pytest

from healthmsg.clinic import consent, number_lines
from healthmsg.clinic.models import Clinic, ConsentRecord, GivenHow, Patient, PhoneState, Purpose
from tests import factories
from whatsapp import offers, wrong_numbers
from whatsapp.models import NumberIncident, Sender
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


def test_a_number_that_stands_in_both_forms_is_somebody_elses_in_both(
    sender: Sender, noon: datetime
) -> None:
    clinic = sender.clinic
    rows = [factories.make_phone(clinic, n) for n in ("+525512345678", "+5215512345678")]
    waiting = [
        factories.make_message(sender, factories.make_patient(clinic, phone=row)) for row in rows
    ]

    assert wrong_numbers.mark(rows[0], now=noon) == 2

    for row in (*rows, *waiting):
        row.refresh_from_db()
    assert {message.reason for message in waiting} == {Reason.WRONG_PERSON}
    assert {row.state for row in rows} == {PhoneState.WRONG_PERSON}
    assert NumberIncident.objects.filter(settled_at=None).count() == 2
    assert wrong_numbers.clear(rows[1], now=noon)
    assert not wrong_numbers.clear(rows[0], now=noon)
    assert not NumberIncident.objects.filter(settled_at=None).exists()


def test_offers_stopped_in_whatsapp_are_stopped_on_both_forms(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    rows = [factories.make_phone(sunrise_clinic, n) for n in ("+5491155550101", "+541155550101")]
    for row in rows:
        factories.make_patient(sunrise_clinic, phone=row)

    written = offers.withdraw(rows[1], now=noon)

    assert [number_lines.withdrawn(row) for row in rows] == [{Purpose.MARKETING: noon}] * 2
    assert len(written) == 4
    assert not offers.withdraw(rows[0], now=noon)
