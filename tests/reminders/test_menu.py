"""The menu's rows about visits: who may hear what, and how a visit is changed."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Contact,
    Discretion,
    Patient,
    Phone,
    PhoneState,
)
from tests import factories
from tests.reminders.desk import Desk
from tests.whatsapp.hearing import answers_to, choices, tap, write
from whatsapp.buttons import Verb
from whatsapp.models import Menu, Message, ReplyOutcome

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def phone(desk: Desk, willing_patient: Patient) -> Phone:
    Menu.objects.create(clinic=desk.clinic, is_on=True)
    return factories.phone_of(willing_patient)


def menu_of(desk: Desk, phone: Phone, noon: datetime) -> Message:
    write(desk.sender, phone, "hola", now=noon)
    return answers_to(phone)[-1]


def test_my_next_visit_tells_day_and_site_and_no_kind(
    desk: Desk, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)
    offered = menu_of(desk, phone, noon)

    reply = tap(offered, Verb.MY_VISIT, now=noon + MINUTE)

    said = answers_to(phone)[-1].body
    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.TOLD, None)
    assert "17 de marzo" in said
    assert visit.site.name in said
    assert visit.kind.name not in said
    assert willing_patient.given_name not in said
    assert desk.clinic.phone in said


def test_of_several_patients_each_is_named_and_of_no_other_number(
    desk: Desk, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    child = factories.make_patient(desk.clinic, phone=phone)
    stranger = factories.make_patient(desk.clinic)
    for n, patient in enumerate((willing_patient, child, stranger)):
        desk.book(patient, noon + (7 + n) * DAY, now=noon)

    tap(menu_of(desk, phone, noon), Verb.MY_VISIT, now=noon + MINUTE)

    said = answers_to(phone)[-1].body
    assert willing_patient.given_name in said
    assert child.given_name in said
    assert stranger.given_name not in said
    assert "19 de marzo" not in said


def test_what_no_reminder_would_say_is_not_said(
    desk: Desk, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    desk.book(willing_patient, noon + 7 * DAY, now=noon)
    Contact.objects.update(may_be_told=Discretion.CONTACT_US)

    tap(menu_of(desk, phone, noon), Verb.MY_VISIT, now=noon + MINUTE)

    assert "17 de marzo" not in answers_to(phone)[-1].body


def test_a_strangers_phone_hears_of_no_visit(
    desk: Desk, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    desk.book(willing_patient, noon + 7 * DAY, now=noon)
    offered = menu_of(desk, phone, noon)
    Phone.objects.update(state=PhoneState.WRONG_PERSON)
    before = len(answers_to(phone))

    reply = tap(offered, Verb.MY_VISIT, now=noon + MINUTE)

    assert reply.outcome == ReplyOutcome.FOR_A_PERSON
    assert all("marzo" not in m.body for m in answers_to(phone)[before:])


def test_change_my_visit_leads_to_its_buttons(
    desk: Desk, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)

    tap(menu_of(desk, phone, noon), Verb.CHANGE_VISIT, now=noon + MINUTE)
    shown = answers_to(phone)[-1]
    assert [one.verb for _title, one in choices(shown)] == [
        Verb.CONFIRM,
        Verb.ANOTHER_TIME,
        Verb.CANCEL,
    ]
    reply = tap(shown, Verb.ANOTHER_TIME, now=noon + 2 * MINUTE)

    visit.refresh_from_db()
    assert reply.outcome == ReplyOutcome.WANTS_ANOTHER_TIME
    assert visit.answer == Answer.WANTS_ANOTHER_TIME


def test_of_several_visits_it_asks_which(
    desk: Desk, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    first, second = (desk.book(willing_patient, noon + n * DAY, now=noon) for n in (7, 8))

    asked = tap(menu_of(desk, phone, noon), Verb.CHANGE_VISIT, now=noon + MINUTE)
    listed = answers_to(phone)[-1]
    assert asked.outcome == ReplyOutcome.ASKED_WHICH
    assert [one.about for _title, one in choices(listed)] == [first.pk, second.pk]
    write(desk.sender, phone, "2", now=noon + 2 * MINUTE)

    shown = answers_to(phone)[-1]
    assert shown.appointment_id == second.pk
    assert Appointment.objects.filter(answer=Answer.NONE).count() == 2


def test_without_a_visit_it_says_so(desk: Desk, phone: Phone, noon: datetime) -> None:
    for verb in (Verb.MY_VISIT, Verb.CHANGE_VISIT):
        tap(menu_of(desk, phone, noon), verb, now=noon + MINUTE)

        assert desk.clinic.phone in answers_to(phone)[-1].body
