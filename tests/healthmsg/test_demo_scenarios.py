"""Each scenario's judge is able to be wrong: it finds what was not done, and what went amiss."""

from datetime import datetime, timedelta

import pytest
from django.urls import resolve

from healthmsg.clinic import consent
from healthmsg.clinic.models import Answer, Appointment, GivenHow, Phone, Purpose
from healthmsg.desk.cancelled_lists import working
from healthmsg.desk.demo import cards, inviting
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.scenarios import (
    cancel,
    doctor_ill,
    family,
    signs,
    stop,
    waiting,
    wrong_person,
)
from healthmsg.desk.demo.scenarios.by_name import BY_NAME
from reminders import booking, waiting_list, waves
from reminders.booking import Change
from tests import factories
from tests.healthmsg.staged import BEGINS, arrive, open_house, taken, write_due, wrong
from tests.reminders.desk import tap
from tests.sandbox_process import SandboxProcess
from whatsapp import outbox, stops, wrong_numbers
from whatsapp.buttons import Tap, Verb
from whatsapp.draft import Draft, FromTemplate, Subject
from whatsapp.models import Message, Reply
from whatsapp.status import Lane, Reason

pytestmark = pytest.mark.django_db
TEN = BEGINS + timedelta(seconds=15)
LATER = TEN + timedelta(minutes=1)
SMALL = [name for name in BY_NAME if name != "flu-on-2k"]


@pytest.fixture
def home(sandbox: SandboxProcess) -> House:
    return open_house(sandbox)


def message_of(visit: Appointment, template: str) -> Message:
    return Message.objects.get(
        phone=cards.phone_of(visit), template_version__template__name=template
    )


def reply_from(home: House, phone: Phone) -> Reply:
    return factories.make_reply(
        clinic=home.clinic,
        sender=home.sender,
        phone=phone,
        wamid=f"wamid.{Reply.objects.count()}",
        kind="text",
        written_at=LATER,
    )


def invitation_waits(home: House, visit: Appointment) -> None:
    draft = Draft(
        dedupe_key=f"invitation:{visit.pk}",
        clinic=home.clinic,
        phone=cards.phone_of(visit),
        lane=int(Lane.BROADCAST),
        purpose=Purpose.PREVENTION,
        expires_at=TEN + timedelta(days=2),
        subjects=(Subject(visit.patient, visit.contact),),
        language="en",
    )
    outbox.queue(draft, FromTemplate((inviting.TEMPLATE,)), now=TEN)


@pytest.mark.parametrize("name", SMALL)
def test_where_nothing_was_done_the_judge_says_so(home: House, name: str) -> None:
    scenario = BY_NAME[name].stage(home, now=BEGINS)

    assert wrong(scenario, [], now=TEN)


@pytest.mark.parametrize("name", SMALL)
def test_cards_name_pages_and_phones_that_are_there(home: House, name: str) -> None:
    scenario = BY_NAME[name].stage(home, now=BEGINS)

    for card in scenario.cards():
        assert 2 <= len(card.steps) <= 5
        assert resolve(f"/{card.desk_path}").route
        assert Phone.objects.filter(number=f"+{card.phone}").exists()


@pytest.mark.parametrize("name", SMALL)
def test_nothing_is_due_before_the_clock_is_let_go(home: House, name: str) -> None:
    BY_NAME[name].stage(home, now=BEGINS)

    write_due(BEGINS)

    assert not Message.objects.exists()


@pytest.fixture
def cancelled(home: House) -> cancel.Cancel:
    """Both have their reminder and tapped Cancel."""
    scenario = cancel.stage(home, now=BEGINS)
    write_due(TEN)
    arrive(TEN)
    for visit in (scenario.free, scenario.asked):
        tap(message_of(visit, signs.DAY_BEFORE), Verb.CANCEL, now=LATER)
    arrive(LATER)
    return scenario


def test_a_cancellation_is_right_where_both_kinds_were_taken_as_they_say(
    cancelled: cancel.Cancel,
) -> None:
    assert wrong(cancelled, taken(), now=LATER) == []


def test_a_cancellation_that_was_undone_is_found(cancelled: cancel.Cancel) -> None:
    booking.undo_cancel(cancelled.free, now=LATER)

    assert "the consultation is cancelled by the patient" in wrong(cancelled, taken(), now=LATER)


def test_a_wish_that_fell_from_the_list_is_found(cancelled: cancel.Cancel) -> None:
    Appointment.objects.filter(pk=cancelled.asked.pk).update(answer=Answer.NONE)

    assert len(wrong(cancelled, taken(), now=LATER)) == 2


def test_a_reminder_sent_twice_is_found(cancelled: cancel.Cancel) -> None:
    ledger = taken()
    digits = cards.digits_of(cards.phone_of(cancelled.free))
    again = next(one for one in ledger if one.to == digits)

    assert wrong(cancelled, [*ledger, again], now=LATER) == [
        "each phone got one reminder and one answer"
    ]


def ill(home: House) -> doctor_ill.DoctorIll:
    """Everybody has the reminder, the list is cancelled, and one has seen it."""
    scenario = doctor_ill.stage(home, now=BEGINS)
    write_due(TEN)
    arrive(TEN)
    scenario.cancel(now=LATER)
    working.go_on_all(now=LATER, seconds=30)
    arrive(LATER)
    tap(message_of(scenario.sees, doctor_ill.CANCELLED), Verb.SEEN, now=LATER)
    return scenario


def test_a_cancelled_list_is_right_where_one_has_seen_it_and_one_is_called(home: House) -> None:
    scenario = ill(home)

    assert wrong(scenario, taken(), now=LATER) == []


def test_a_list_that_was_not_cancelled_for_somebody_is_found(home: House) -> None:
    scenario = ill(home)
    booking.undo_cancel(scenario.unreached, now=LATER)

    assert wrong(scenario, taken(), now=LATER) == [
        "the clinic has cancelled all three visits",
        "reception's list names whom no message reaches, and nobody else",
    ]


def test_a_family_is_right_where_each_answer_holds_for_one_visit(home: House) -> None:
    scenario = family.stage(home, now=BEGINS)
    write_due(TEN)
    arrive(TEN)
    shared = message_of(scenario.first, signs.SEVERAL)

    tap(shared, Verb.CANCEL, now=LATER, about=scenario.first.pk)
    assert len(wrong(scenario, taken(), now=LATER)) == 1
    tap(shared, Verb.CONFIRM, now=LATER)

    assert wrong(scenario, taken(), now=LATER) == []


def test_a_family_told_twice_is_found(home: House) -> None:
    scenario = family.stage(home, now=BEGINS)
    home.clinic.reminder_rules.update(several_template_name="")
    write_due(TEN)
    arrive(TEN)

    assert "one message told the parent of both visits" in wrong(scenario, taken(), now=LATER)


def stopped(home: House, now: datetime) -> stop.Stop:
    """Both wait for both, then one writes STOP and keeps appointments; the neighbor's arrive."""
    scenario = stop.stage(home, now=BEGINS)
    write_due(TEN)
    for visit in (scenario.visit, scenario.neighbor):
        invitation_waits(home, visit)
    phone = cards.phone_of(scenario.visit)
    stops.stop(reply_from(home, phone), phone, now=now)
    phone.refresh_from_db()
    keep = Tap(Verb.KEEP_APPOINTMENTS, message_of(scenario.visit, signs.DAY_BEFORE).callback)
    stops.keep(reply_from(home, phone), phone, keep, now=now + timedelta(seconds=1))
    return scenario


def test_a_stop_is_right_where_appointments_alone_come_back(home: House) -> None:
    scenario = stopped(home, LATER)
    assert len(wrong(scenario, taken(), now=LATER)) == 2

    write_due(LATER + timedelta(seconds=5))
    arrive(LATER + timedelta(seconds=5))

    assert wrong(scenario, taken(), now=LATER + timedelta(seconds=9)) == []


def test_a_stop_that_was_forgotten_is_found(home: House) -> None:
    scenario = stopped(home, LATER)
    told = consent.Evidence(GivenHow.AT_DESK, recorded_by=home.reception)
    who, phone = scenario.visit.patient, cards.phone_of(scenario.visit)
    consent.grant_again(
        who, phone, [Purpose.PREVENTION], evidence=told, at=LATER + timedelta(seconds=3)
    )

    later = LATER + timedelta(seconds=9)
    assert "appointments are allowed again, and nothing else is" in wrong(
        scenario, taken(), now=later
    )


@pytest.fixture
def offered(home: House) -> waiting.Waiting:
    """One cancelled, both others have the offer of the time."""
    scenario = waiting.stage(home, now=BEGINS)
    write_due(TEN)
    arrive(TEN)
    tap(message_of(scenario.leaving, waiting.DAYS_BEFORE), Verb.CANCEL, now=LATER)
    waves.offer_due(now=LATER)
    arrive(LATER)
    return scenario


def test_a_waiting_list_is_right_where_the_first_tap_has_the_time(
    offered: waiting.Waiting,
) -> None:
    for visit in (offered.quick, offered.slow):
        tap(message_of(visit, waiting_list.TEMPLATE), Verb.TAKE_EARLIER, now=LATER)
    arrive(LATER)

    assert wrong(offered, taken(), now=LATER) == []


def test_a_freed_time_that_went_to_the_slower_one_is_found(offered: waiting.Waiting) -> None:
    for visit in (offered.slow, offered.quick):
        tap(message_of(visit, waiting_list.TEMPLATE), Verb.TAKE_EARLIER, now=LATER)
    arrive(LATER)

    assert wrong(offered, taken(), now=LATER)[0] == "the first tap has the freed time"


def marked(home: House) -> wrong_person.WrongPerson:
    """The stranger got the reminder and said so; reception marked the number."""
    scenario = wrong_person.stage(home, now=BEGINS)
    write_due(TEN)
    arrive(TEN)
    invitation_waits(home, scenario.visit)
    wrong_numbers.mark(cards.phone_of(scenario.visit), now=LATER)
    return scenario


def test_a_wrong_number_is_right_where_nothing_goes_and_the_yes_stands(home: House) -> None:
    scenario = marked(home)
    at = scenario.later.starts_at + timedelta(hours=1)
    moved = booking.move(scenario.later, Change(at), by=home.reception, now=LATER)
    booking.send_now(moved, now=LATER)
    write_due(LATER)
    # As the claim does, which asks in the last second.
    waiting = Message.objects.filter(phone=cards.phone_of(scenario.visit))
    outbox.withdraw(waiting, reason=Reason.WRONG_PERSON, now=LATER)

    assert wrong(scenario, taken(), now=LATER) == []


def test_a_wrong_number_taken_for_a_stop_is_found(home: House) -> None:
    scenario = marked(home)
    consent.stop(
        cards.phone_of(scenario.visit), evidence=consent.Evidence(GivenHow.BY_MESSAGE), at=LATER
    )

    assert "it is no withdrawal of the patient's: the permission stands" in wrong(
        scenario, taken(), now=LATER + timedelta(seconds=1)
    )
