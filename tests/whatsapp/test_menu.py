"""When the menu is offered, and what its rows lead to where no visit is asked about."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthmsg.clinic.models import Patient, Phone, PhoneState, StaffUser
from tests import factories
from tests.whatsapp.hearing import answers_to, choices, tap, write
from whatsapp import answering, repeats, threads
from whatsapp.buttons import Verb
from whatsapp.models import Menu, MenuRow, RepeatRequest, Reply, ReplyOutcome, Sender, Thread

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def phone(willing_patient: Patient) -> Phone:
    return factories.phone_of(willing_patient)


@pytest.fixture
def menu(sender: Sender) -> Menu:
    return Menu.objects.create(clinic=sender.clinic, is_on=True)


def test_a_greeting_gets_the_rows_the_clinic_chose(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime
) -> None:
    Menu.objects.update(rows=[MenuRow.TALK, MenuRow.ADDRESS])

    reply = write(sender, phone, "Buenos días", now=noon)

    [offered] = answers_to(phone)
    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.OFFERED_MENU, None)
    assert [one.verb for _title, one in choices(offered)] == [Verb.TALK, Verb.ADDRESS]
    assert offered.language == "es"


def test_other_words_are_read_by_a_person_all_the_same(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime
) -> None:
    reply = write(sender, phone, "Quería preguntar por mi estudio", now=noon)

    [offered] = answers_to(phone)
    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.FOR_A_PERSON, noon)
    assert len(choices(offered)) == len(MenuRow)
    assert offered.payload["interactive"]["type"] == "list"


def test_without_a_menu_it_is_as_before(sender: Sender, phone: Phone, noon: datetime) -> None:
    Menu.objects.create(clinic=sender.clinic)  # off, as a clinic begins

    reply = write(sender, phone, "hola", now=noon)

    assert reply.needs_person_at == noon
    assert answers_to(phone)[0].payload["type"] == "text"


def test_it_is_offered_once_in_some_hours(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime
) -> None:
    for hours in (0, 1, 11):
        write(sender, phone, "hola", now=noon + hours * HOUR)
    # The later greetings wait for a person: somebody who reads them closes the talk.
    read_all(now=noon - HOUR)
    assert len([m for m in answers_to(phone) if m.payload["type"] == "interactive"]) == 1

    write(sender, phone, "hola", now=noon + 13 * HOUR)

    assert len([m for m in answers_to(phone) if m.payload["type"] == "interactive"]) == 2


@pytest.mark.parametrize("text", ["Muchas gracias!", "ok", "👍", "🙏"])
def test_thanks_and_a_yes_to_nothing_ask_for_no_list(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime, text: str
) -> None:
    write(sender, phone, text, now=noon)

    assert all(m.payload["type"] == "text" for m in answers_to(phone))


@pytest.mark.parametrize("text", ["Me duele el pecho", "help! I am bleeding"])
def test_after_words_that_need_haste_no_list_goes(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime, text: str
) -> None:
    hasty = write(sender, phone, text, now=noon)
    read_all(now=noon - 12 * HOUR)
    write(sender, phone, "hola", now=noon + HOUR)

    assert hasty.outcome == ReplyOutcome.FOR_A_PERSON
    [said] = answers_to(phone)
    assert said.payload["type"] == "text"
    assert sender.clinic.emergency_number in said.body


def test_while_people_talk_no_machine_interrupts(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime
) -> None:
    first = write(sender, phone, "Tengo una pregunta", now=noon - 24 * HOUR)
    write(sender, phone, "¿Hola?", now=noon)
    assert len(answers_to(phone)) == 2  # the menu, and that it is not read at once
    read_all(now=noon)

    write(sender, phone, "gracias, otra cosa", now=noon + HOUR)

    assert first.needs_person_at is not None
    assert len(answers_to(phone)) == 2


def test_whoever_was_answered_by_a_person_gets_no_list_for_a_while(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime
) -> None:
    write(sender, phone, "Tengo una pregunta", now=noon - 2 * HOUR)
    thread = Thread.objects.get()
    person = StaffUser.objects.create(username="who answers")
    answering.say(thread, "Con gusto, dígame.", by=person, once="1", now=noon - HOUR)
    read_all(now=noon - 24 * HOUR)
    before = len(answers_to(phone))

    write(sender, phone, "otra cosa", now=noon + HOUR)

    assert all(m.payload["type"] == "text" for m in answers_to(phone)[before:])


def read_all(*, now: datetime) -> None:
    person = StaffUser.objects.get_or_create(username="somebody")[0]
    threads.read(Reply.objects.all(), by=person, now=now)


@pytest.mark.parametrize("state", [PhoneState.STOPPED, PhoneState.WRONG_PERSON])
def test_who_stopped_or_is_somebody_else_gets_no_menu(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime, state: PhoneState
) -> None:
    Phone.objects.update(state=state)

    write(sender, phone, "hola", now=noon)

    assert all(m.payload["type"] == "text" for m in answers_to(phone))


def test_address_and_hours_of_each_site(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime
) -> None:
    hours = {str(day): [["08:00", "12:00"], ["14:00", "18:00"]] for day in range(5)}
    factories.make_site(
        sender.clinic, name="Centro", opening_hours=hours | {"5": [["9:00", "13:00"]]}
    )
    factories.make_site(sender.clinic, name="Norte", address="Calle 2")
    write(sender, phone, "hola", now=noon)

    reply = tap(answers_to(phone)[-1], Verb.ADDRESS, now=noon + MINUTE)

    said = answers_to(phone)[-1].body
    assert reply.outcome == ReplyOutcome.TOLD
    assert "Centro, Av. Siempreviva 1\nlun–vie: 8:00–12:00, 14:00–18:00\nsáb: 9:00–13:00" in said
    assert "Norte, Calle 2" in said


def test_talk_to_us_leaves_it_to_a_person(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime
) -> None:
    write(sender, phone, "hola", now=noon)

    reply = tap(answers_to(phone)[-1], Verb.TALK, now=noon + MINUTE)

    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.FOR_A_PERSON, noon + MINUTE)
    assert len(answers_to(phone)) == 2


def test_a_repeat_prescription_is_a_task_with_a_deadline(
    sender: Sender, phone: Phone, menu: Menu, willing_patient: Patient, noon: datetime
) -> None:
    Menu.objects.update(repeat_hours=30)
    write(sender, phone, "hola", now=noon)

    reply = tap(answers_to(phone)[-1], Verb.REPEAT, now=noon + MINUTE)

    request = RepeatRequest.objects.get()
    assert reply.outcome == ReplyOutcome.WANTS_REPEAT
    assert (request.patient, request.phone, request.reply) == (willing_patient, phone, reply)
    assert request.due_at == noon + MINUTE + timedelta(hours=30)
    assert "11 de marzo" in answers_to(phone)[-1].body

    again = tap(answers_to(phone)[0], Verb.REPEAT, now=noon + 2 * MINUTE)

    assert again.outcome == ReplyOutcome.WANTS_REPEAT
    assert RepeatRequest.objects.count() == 1


def test_of_a_family_it_asks_for_whom(
    sender: Sender, phone: Phone, menu: Menu, willing_patient: Patient, noon: datetime
) -> None:
    child = factories.make_patient(sender.clinic, phone=phone)
    write(sender, phone, "hola", now=noon)

    asked = tap(answers_to(phone)[-1], Verb.REPEAT, now=noon + MINUTE)
    listed = answers_to(phone)[-1]
    assert asked.outcome == ReplyOutcome.ASKED_WHICH
    assert [title for title, _tap in choices(listed)] == [
        willing_patient.given_name,
        child.given_name,
    ]
    tap(answers_to(phone)[0], Verb.REPEAT, now=noon + 2 * MINUTE, about=child.pk)

    assert RepeatRequest.objects.get().patient == child


def test_nobody_orders_for_somebody_on_another_number(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime
) -> None:
    stranger = factories.make_patient(sender.clinic)
    write(sender, phone, "hola", now=noon)

    reply = tap(answers_to(phone)[-1], Verb.REPEAT, now=noon + MINUTE, about=stranger.pk)

    assert reply.outcome == ReplyOutcome.OUT_OF_DATE
    assert not RepeatRequest.objects.exists()


def test_it_is_taken_once_and_answered_once_in_a_persons_words(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime
) -> None:
    person = StaffUser.objects.create(username="somebody")
    write(sender, phone, "hola", now=noon)
    tap(answers_to(phone)[-1], Verb.REPEAT, now=noon + MINUTE)
    request = RepeatRequest.objects.get()

    assert repeats.take(request, by=person, now=noon + HOUR)
    assert not repeats.take(request, by=person, now=noon + HOUR)
    done, sent = repeats.finish(request, by=person, words="Está lista.", now=noon + HOUR)
    twice, nothing = repeats.finish(request, by=person, words="Está lista.", now=noon + HOUR)

    assert (done, twice, nothing) == (True, False, None)
    assert sent is not None
    assert (sent.body, sent.phone, sent.sender) == ("Está lista.", phone, sender)
    request.refresh_from_db()
    assert (request.taken_by, request.done_by, request.done_at) == (person, person, noon + HOUR)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_is_taken_and_none_is_lost(
    sender: Sender, phone: Phone, menu: Menu, noon: datetime, text: str
) -> None:
    reply = write(sender, phone, text, now=noon)

    assert (reply.handled_at, reply.failures) == (noon, 0)
    answered = {ReplyOutcome.STOPPED, ReplyOutcome.OFFERED_MENU}
    assert reply.outcome in answered or reply.needs_person_at is not None
