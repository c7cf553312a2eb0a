"""Numbers of Brazil, Mexico and Argentina, which WhatsApp writes otherwise: every process."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from healthmsg.clinic import consent, typed_numbers
from healthmsg.clinic.models import Answer, Phone, PhoneState
from tests import factories
from tests.journeys.test_reminders import TOMORROW, book, templates_sent
from tests.journeys.test_words_of_patients import SOON
from tests.running_house import House, Practice
from whatsapp import answering
from whatsapp.models import Message, Reply, ReplyOutcome, Thread
from whatsapp.status import Status

# As it stands with the clinic, and as WhatsApp calls it.
FORMS = [
    pytest.param("+5531987110001", "553187110001", id="brazil-with-the-nine"),
    pytest.param("+525512340001", "5215512340001", id="mexico-without-the-one"),
    pytest.param("+5215512340001", "525512340001", id="mexico-with-the-one"),
    pytest.param("+5491134560001", "541134560001", id="argentina-with-the-nine"),
    pytest.param("+541134560001", "5491134560001", id="argentina-without-the-nine"),
]


@pytest.mark.parametrize(("number", "wa_id"), FORMS)
def test_who_is_called_otherwise_by_whatsapp_is_one_person_to_us(
    practice: Practice, house: House, noon: datetime, number: str, wa_id: str
) -> None:
    house.sandbox.behave(number, "confirms_from_rewritten_wa_id")
    phone = factories.make_phone(practice.clinic, number=number)
    patient = factories.make_patient(practice.clinic, phone=phone)
    visit = book(practice, patient, noon + timedelta(days=2))
    for moment in (noon + SOON, noon + TOMORROW):
        house.at(moment)
        house.settle()

    # Her tap came from the other form, and every receipt names it.
    visit.refresh_from_db()
    assert visit.answer == Answer.CONFIRMED
    assert {entry["wa_id"] for entry in house.sandbox.accepted()} == {wa_id}
    assert templates_sent(house, patient)[1:] == ["appointment_reminder_tomorrow"]
    house.sandbox.inbound(wa_id, text="¿Puede venir mi hija conmigo?")
    house.settle()
    thread = Thread.objects.select_related("phone", "sender__account", "clinic").get()
    maria = factories.make_person("maria")
    answering.say(thread, "Sí, claro.", by=maria, once="1", now=house.now)
    house.settle()

    assert set(Message.objects.values_list("status", flat=True)) == {Status.READ}
    assert list(Reply.objects.values_list("phone", flat=True).distinct()) == [phone.pk]
    house.sandbox.inbound(wa_id, text="BAJA")
    house.settle()
    known = Phone.objects.get()
    assert (known.number, known.wa_id, known.state) == (number, wa_id, PhoneState.STOPPED)


def test_who_stopped_before_we_knew_them_is_not_written_to_once_registered(
    practice: Practice, house: House, noon: datetime
) -> None:
    house.sandbox.inbound("5215512347000", text="STOP")
    house.settle()

    dialed = "+525512347000"
    key = settings.NUMBERS_KEY
    phone = typed_numbers.take(practice.clinic, dialed, key=key, now=house.now)
    patient = factories.make_patient(
        practice.clinic, phone=phone, consented_at=noon - timedelta(days=400)
    )
    book(practice, patient, noon + timedelta(days=2))
    house.at(noon + TOMORROW)
    house.settle()

    known = Phone.objects.get()
    assert (known.number, known.wa_id) == (dialed, "5215512347000")
    assert consent.has_stopped(known)
    assert Reply.objects.get().outcome == ReplyOutcome.STOPPED
    assert templates_sent(house, patient) == []
