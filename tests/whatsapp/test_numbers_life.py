"""Numbers change hands: everything to them stops, nobody has withdrawn, and a person checks."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Change,
    ConsentRecord,
    Contact,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
)
from tests import factories
from tests.whatsapp.hearing import answers_to, hear, tap, write
from whatsapp import consequences, new_numbers, verdicts, wrong_numbers
from whatsapp.buttons import Verb
from whatsapp.events import NumberChanged, Origin
from whatsapp.models import (
    IncidentCause,
    IncidentEnd,
    Message,
    NumberIncident,
    ReplyOutcome,
    Sender,
)
from whatsapp.new_numbers import NewNumber
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def told(sender: Sender, willing_patient: Patient, noon: datetime) -> Message:
    return factories.make_message(
        sender, willing_patient, status=Status.READ, send_after=None, accepted_at=noon, body="Hola"
    )


@pytest.fixture
def phone(told: Message) -> Phone:
    return told.phone


def incident() -> NumberIncident:
    return NumberIncident.objects.get()


def nobody_withdrew(patient: Patient, phone: Phone, noon: datetime) -> bool:
    lines = ConsentRecord.objects.filter(phone=phone, change=Change.WITHDRAWN)
    standing = consent.standing(patient, phone, Purpose.APPOINTMENTS, at=noon + HOUR)
    return standing == "GRANTED" and not lines.exists()


def state_of(phone: Phone) -> str:
    return Phone.objects.get(pk=phone.pk).state


def test_a_tap_on_wrong_person_stops_the_number(
    sender: Sender, told: Message, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    waiting = factories.make_message(sender, willing_patient)

    reply = tap(told, Verb.WRONG_PERSON, now=noon)

    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == (Status.WITHHELD, Reason.WRONG_PERSON)
    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.WRONG_PERSON, None)
    assert state_of(phone) == PhoneState.WRONG_PERSON
    assert nobody_withdrew(willing_patient, phone, noon)
    assert (incident().cause, incident().reply) == (IncidentCause.SAID_BY_BUTTON, reply)
    [thanks] = answers_to(phone)
    assert willing_patient.given_name not in thanks.body


def test_the_incident_lists_what_had_gone_there_without_a_word(
    told: Message, phone: Phone, noon: datetime
) -> None:
    tap(told, Verb.WRONG_PERSON, now=noon)

    assert incident().told_in_all == 1
    assert incident().told == [
        {
            "message": told.pk,
            "at": noon.isoformat(),
            "kind": "APPOINTMENTS",
            "template": "please_contact_us",
            "status": "READ",
        }
    ]


def test_a_strangers_words_stop_it_and_are_read_by_a_person(
    sender: Sender, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    reply = write(sender, phone, "Número equivocado", now=noon)
    later = write(sender, phone, "Número equivocado!!", now=noon + HOUR)

    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.WRONG_PERSON, noon)
    assert later.outcome == ReplyOutcome.FOR_A_PERSON
    assert incident().cause == IncidentCause.SAID_IN_WORDS
    assert nobody_withdrew(willing_patient, phone, noon)


def test_a_stop_of_a_stranger_tells_no_visit_and_names_nobody(
    sender: Sender, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    factories.make_visit(willing_patient, starts_at=noon + DAY)
    wrong_numbers.mark(phone, now=noon)

    write(sender, phone, "STOP", now=noon + HOUR)

    [said] = answers_to(phone)
    assert "marzo" not in said.body
    assert willing_patient.given_name not in said.body
    assert said.payload["type"] == "text"


def test_a_phone_set_up_anew_is_a_task(
    told: Message, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    consequences.follow(told, 137000, now=noon)

    assert state_of(phone) == PhoneState.WRONG_PERSON
    assert incident().cause == IncidentCause.SET_UP_ANEW
    assert nobody_withdrew(willing_patient, phone, noon)


def test_one_that_we_have_blocked_is_none(told: Message, phone: Phone, noon: datetime) -> None:
    consequences.follow(told, 130403, now=noon)

    assert not NumberIncident.objects.exists()


def test_a_number_not_reached_on_several_days_is_a_task_until_it_writes(
    sender: Sender, told: Message, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    consequences.miss(told, 131026, now=noon)
    assert state_of(phone) == PhoneState.FAILING
    assert incident().cause == IncidentCause.NOT_REACHED
    assert nobody_withdrew(willing_patient, phone, noon)

    write(sender, phone, "hola, ¿siguen ahí?", now=noon + HOUR)

    assert state_of(phone) == PhoneState.REACHED
    assert incident().settled_as == IncidentEnd.WORKS_AGAIN


def changed(old: str, new: str, **system: str) -> NumberChanged:
    content = {"messages": [{"system": {"wa_id": new, **system}}]}
    origin = Origin(
        factories.WABA_ID, "messages", content, phone_number_id=factories.PHONE_NUMBER_ID
    )
    return NumberChanged(origin, old, new)


def test_a_changed_number_moves_nothing_and_stops_the_old_one(
    phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    event = changed(phone.number.lstrip("+"), "5491155550199")

    verdicts.follow(event, now=noon)
    verdicts.follow(event, now=noon)

    assert state_of(phone) == PhoneState.WRONG_PERSON
    assert (incident().cause, incident().new_number) == (
        IncidentCause.CHANGED_NUMBER,
        "5491155550199",
    )
    assert nobody_withdrew(willing_patient, phone, noon)
    assert not Phone.objects.filter(number="+5491155550199").exists()


def test_a_new_user_id_is_learnt_and_stops_nothing(phone: Phone, noon: datetime) -> None:
    Phone.objects.filter(pk=phone.pk).update(user_id="AR.1")

    verdicts.follow(changed("", "", user_id="AR.2", previous_user_id="AR.1"), now=noon)

    phone.refresh_from_db()
    assert (phone.user_id, phone.state) == ("AR.2", PhoneState.NEW)
    assert not NumberIncident.objects.exists()


def test_who_hides_the_number_is_known_by_the_user_id_and_answered(
    sender: Sender, told: Message, phone: Phone, noon: datetime
) -> None:
    Phone.objects.filter(pk=phone.pk).update(user_id="AR.1")

    reply = hear(
        sender, phone, now=noon, from_number="", from_user_id="AR.1", text="número equivocado"
    )

    assert (reply.phone, reply.outcome) == (phone, ReplyOutcome.WRONG_PERSON)


def test_it_is_theirs_after_all(phone: Phone, noon: datetime) -> None:
    person = StaffUser.objects.create(username="somebody")
    wrong_numbers.mark(phone, now=noon)

    assert wrong_numbers.clear(phone, now=noon + HOUR, by=person)

    assert state_of(phone) == PhoneState.NEW
    row = incident()
    assert (row.settled_as, row.settled_by, row.settled_at) == ("IS_RIGHT", person, noon + HOUR)
    wrong_numbers.mark(phone, now=noon + DAY)
    assert NumberIncident.objects.count() == 2


def enter(row: NumberIncident, number: str, noon: datetime, *purposes: Purpose) -> Phone:
    person, _ = StaffUser.objects.get_or_create(username="somebody")
    contacts = tuple(Contact.objects.filter(phone=row.phone))
    evidence = consent.Evidence(GivenHow.BY_PHONE, recorded_by=person)
    told = NewNumber(number, contacts, purposes, evidence)
    return new_numbers.enter(row, told, key="a key", now=noon + HOUR)


def test_a_new_number_takes_over_what_was_allowed(
    phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    wrong_numbers.mark(phone, now=noon)
    assert new_numbers.had_allowed(phone, at=noon) == (Purpose.APPOINTMENTS,)

    new = enter(incident(), "+5491155550199", noon, Purpose.APPOINTMENTS)

    at = noon + 2 * HOUR
    assert [c.phone for c in willing_patient.contacts.all()] == [new]
    assert consent.standing(willing_patient, new, Purpose.APPOINTMENTS, at=at) == "GRANTED"
    assert consent.standing(willing_patient, new, Purpose.MARKETING, at=at) == ""
    assert (state_of(phone), state_of(new)) == (PhoneState.WRONG_PERSON, PhoneState.NEW)
    assert incident().settled_as == IncidentEnd.NEW_NUMBER


def test_a_new_number_takes_over_what_was_stopped(
    phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    consent.stop(phone, evidence=consent.Evidence(GivenHow.BY_MESSAGE), at=noon)
    wrong_numbers.mark(phone, now=noon)

    new = enter(incident(), "+5491155550199", noon, Purpose.APPOINTMENTS)

    at = noon + 2 * HOUR
    assert consent.standing(willing_patient, new, Purpose.APPOINTMENTS, at=at) == "WITHDRAWN"
    assert state_of(new) == PhoneState.STOPPED


def test_a_second_contact_on_the_new_number_makes_no_two(
    phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    new = factories.make_phone(phone.clinic, "+5491155550199")
    Contact.objects.create(patient=willing_patient, name="Eva", language="es", phone=new)
    wrong_numbers.mark(phone, now=noon)

    enter(incident(), "+5491155550199", noon, Purpose.APPOINTMENTS)

    assert sorted(str(c.phone_id) for c in willing_patient.contacts.all()) == sorted(
        [str(new.pk), "None"]
    )
