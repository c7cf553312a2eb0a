"""What patients write in their own words, through every process: menu, yes, a family's stop."""

from datetime import datetime, timedelta

from healthmsg.clinic import consent
from healthmsg.clinic.models import Answer, Change, ConsentRecord, Patient, PhoneState, Purpose
from tests import factories
from tests.journeys.test_reminders import TOMORROW, book, templates_sent
from tests.running_house import House, Practice
from whatsapp.models import (
    IncidentCause,
    Menu,
    Message,
    NumberIncident,
    RepeatRequest,
    Reply,
    ReplyOutcome,
)
from whatsapp.status import Status

SOON = timedelta(minutes=3)
MY_VISIT, REPEAT = 0, 4
ONLY_THE_CHILD = 3  # after "only appointments", "for all of them", and the mother


def wa_id(patient: Patient) -> str:
    return factories.phone_of(patient).number.lstrip("+")


def says(house: House, patient: Patient, text: str) -> Reply:
    house.sandbox.inbound(wa_id(patient), text=text)
    house.settle()
    return Reply.objects.latest("pk")


def taps(house: House, patient: Patient, row: int) -> Reply:
    house.sandbox.inbound(wa_id(patient), tap=row)
    house.settle()
    return Reply.objects.latest("pk")


def last_said(patient: Patient) -> Message:
    ours = Message.objects.filter(phone=factories.phone_of(patient), lane=0)
    return ours.order_by("pk").reverse()[0]


def test_a_greeting_gets_the_menu_and_its_rows_answer(
    practice: Practice, house: House, noon: datetime
) -> None:
    Menu.objects.create(clinic=practice.clinic, is_on=True)
    patient = practice.patient()
    book(practice, patient, noon + timedelta(days=2))
    house.at(noon + SOON)
    house.settle()

    assert says(house, patient, "¡Hola!").outcome == ReplyOutcome.OFFERED_MENU
    told = taps(house, patient, MY_VISIT)
    visit_said = last_said(patient)
    asked = taps(house, patient, REPEAT)

    assert told.outcome == ReplyOutcome.TOLD
    assert "12 de marzo" in visit_said.body
    assert visit_said.status in {Status.DELIVERED, Status.READ}
    assert asked.outcome == ReplyOutcome.WANTS_REPEAT
    assert RepeatRequest.objects.get().patient == patient
    # Free words are a person's, menu or not.
    medical = says(house, patient, "Desde ayer tengo la rodilla hinchada")
    assert medical.needs_person_at is not None
    assert last_said(patient).pk == Message.objects.filter(lane=0).latest("pk").pk


def test_a_yes_in_words_confirms_the_one_visit_that_was_asked_about(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient()
    visit = book(practice, patient, noon + timedelta(days=2))
    house.at(noon + TOMORROW)
    house.settle()

    reply = says(house, patient, "Sí 👍🏽")

    visit.refresh_from_db()
    assert (reply.outcome, visit.answer) == (ReplyOutcome.CONFIRMED, Answer.CONFIRMED)
    assert last_said(patient).status in {Status.DELIVERED, Status.READ}
    again = says(house, patient, "ok")
    assert again.outcome == ReplyOutcome.FOR_A_PERSON


def test_a_family_stops_for_all_and_takes_it_back_for_the_others(
    practice: Practice, house: House, noon: datetime
) -> None:
    mother = practice.patient()
    phone = factories.phone_of(mother)
    child = factories.make_patient(practice.clinic, phone=phone)
    for n, patient in enumerate((mother, child)):
        book(practice, patient, noon + timedelta(days=2, minutes=30 * n))
    house.at(noon + SOON)
    house.settle()

    assert says(house, mother, "BAJA").outcome == ReplyOutcome.STOPPED
    phone.refresh_from_db()
    assert phone.state == PhoneState.STOPPED
    assert taps(house, mother, ONLY_THE_CHILD).outcome == ReplyOutcome.STOPPED_FOR_ONE
    house.at(noon + TOMORROW)
    house.settle()

    def standing(patient: Patient) -> str:
        return consent.standing(patient, phone, Purpose.APPOINTMENTS, at=house.now)

    assert (standing(mother), standing(child)) == ("GRANTED", "WITHDRAWN")
    reminded = Message.objects.filter(
        phone=phone, template_version__template__name__startswith="appointment_reminder"
    )
    left = reminded.filter(status__in=[Status.DELIVERED, Status.READ])
    assert {message.patient_id for message in left} == {mother.pk}


def test_a_strangers_word_stops_the_number_and_withdraws_nothing(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient()
    book(practice, patient, noon + timedelta(days=2))
    house.at(noon + SOON)
    house.settle()

    reply = says(house, patient, "Número equivocado, no conozco a esa persona")
    thanks = last_said(patient)
    house.at(noon + TOMORROW)
    house.settle()

    phone = factories.phone_of(patient)
    assert (reply.outcome, phone.state) == (ReplyOutcome.WRONG_PERSON, PhoneState.WRONG_PERSON)
    assert thanks.status in {Status.DELIVERED, Status.READ}
    assert templates_sent(house, patient) == ["appointment_confirmation"]
    incident = NumberIncident.objects.get()
    assert incident.cause == IncidentCause.SAID_IN_WORDS
    assert [line["template"] for line in incident.told] == ["appointment_confirmation"]
    assert not ConsentRecord.objects.filter(change=Change.WITHDRAWN).exists()


def test_a_changed_number_stops_the_old_one(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient("changes_number")
    book(practice, patient, noon + timedelta(days=2))
    house.at(noon + SOON)
    house.settle()

    assert NumberIncident.objects.get().cause == IncidentCause.CHANGED_NUMBER
    assert factories.phone_of(patient).state == PhoneState.WRONG_PERSON
    house.at(noon + TOMORROW)
    house.settle()
    assert templates_sent(house, patient) == ["appointment_confirmation"]
