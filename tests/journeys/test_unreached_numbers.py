"""Numbers that WhatsApp does not reach, day after day, through every process."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import Change, ConsentRecord, Patient, PhoneState, Purpose
from reminders import call_list
from tests import factories
from tests.journeys.test_reminders import TOMORROW, book, templates_sent
from tests.journeys.test_words_of_patients import SOON, says, wa_id
from tests.running_house import House, Practice
from whatsapp.models import IncidentCause, IncidentEnd, Message, NumberIncident
from whatsapp.status import Reason, Status

DAY = timedelta(days=1)
NOT_ON_WHATSAPP = 131026
NOTHING_LEAVES = (Status.WITHHELD, Reason.NOT_ON_WHATSAPP)


def failed_so_far() -> int:
    found = Message.objects.filter(status=Status.FAILED, reason=Reason.NOT_ON_WHATSAPP)
    return found.count()


def may_be_reminded(patient: Patient, house: House) -> bool:
    phone = factories.phone_of(patient)
    return consent.standing(patient, phone, Purpose.APPOINTMENTS, at=house.now) == "GRANTED"


@pytest.fixture(params=[[], [NOT_ON_WHATSAPP]], ids=["told-afterwards", "told-at-once"])
def told(request: pytest.FixtureRequest, house: House) -> Iterator[None]:
    """WhatsApp says so by a notice, or refuses the message itself: it does both."""
    house.sandbox.settings(sync_codes=request.param)
    yield
    house.sandbox.settings(sync_codes=[])


@pytest.mark.usefixtures("told")
def test_a_number_not_reached_on_several_days_gets_nothing_more_and_is_checked(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient("not_on_whatsapp")
    phone = factories.phone_of(patient)
    book(practice, patient, noon + 2 * DAY)
    book(practice, patient, noon + 9 * DAY)
    house.at(noon + SOON)
    house.settle()

    # Twice on one day is one day: such a number may be reached tomorrow.
    phone.refresh_from_db()
    assert (failed_so_far(), phone.state, phone.failed_days) == (2, PhoneState.NEW, 1)
    assert not NumberIncident.objects.exists()
    house.at(noon + TOMORROW)
    house.settle()

    phone.refresh_from_db()
    assert (failed_so_far(), phone.state) == (3, PhoneState.FAILING)
    incident = NumberIncident.objects.get()
    assert (incident.cause, incident.settled_at) == (IncidentCause.NOT_REACHED, None)
    posted = house.sandbox.stats()["accepted"]
    third = book(practice, patient, house.now + 2 * DAY)
    house.at(noon + 2 * DAY)
    house.settle()

    assert (failed_so_far(), house.sandbox.stats()["accepted"]) == (3, posted)
    withheld = Message.objects.filter(reminders__appointment=third)
    assert {(one.status, one.reason) for one in withheld} == {NOTHING_LEAVES}
    to_call = call_list.to_call(practice.clinic, now=house.now, within=3 * DAY)
    assert third.pk in {row.appointment.pk for row in to_call}
    # Nobody has withdrawn anything: the number is at fault.
    assert not ConsentRecord.objects.filter(change=Change.WITHDRAWN).exists()
    assert may_be_reminded(patient, house)
    assert NumberIncident.objects.get().settled_at is None


def test_who_was_not_reached_and_writes_is_reminded_again(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient("not_on_whatsapp")
    book(practice, patient, noon + 2 * DAY)
    book(practice, patient, noon + 9 * DAY)
    for moment in (noon + SOON, noon + TOMORROW):
        house.at(moment)
        house.settle()
    assert factories.phone_of(patient).state == PhoneState.FAILING

    house.sandbox.behave(wa_id(patient), "reads")
    says(house, patient, "Hola, ¿me pueden escribir acá?")
    house.at(noon + 8 * DAY)
    house.settle()

    assert NumberIncident.objects.get().settled_as == IncidentEnd.WORKS_AGAIN
    assert factories.phone_of(patient).state == PhoneState.REACHED
    reminder = "appointment_reminder_tomorrow"
    arrived = Message.objects.filter(status__in=[Status.DELIVERED, Status.READ], lane=1)
    assert templates_sent(house, patient)[-1] == reminder
    assert reminder in set(arrived.values_list("template_version__template__name", flat=True))
