"""STOP stops all at once; who meant one of a family only says so afterwards."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent, proof
from healthmsg.clinic.models import (
    ConsentRecord,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
)
from tests import factories
from tests.whatsapp.hearing import answers_to, choices, tap, write
from whatsapp import offers, stop_doubts
from whatsapp.buttons import Verb
from whatsapp.models import ReplyOutcome, Sender, StopDoubt
from whatsapp.status import Status

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
BOTH = (Purpose.APPOINTMENTS, Purpose.PREVENTION)


@pytest.fixture
def mother(sender: Sender) -> Patient:
    return factories.make_patient(sender.clinic, consents=BOTH)


@pytest.fixture
def phone(mother: Patient) -> Phone:
    return factories.phone_of(mother)


@pytest.fixture
def child(sender: Sender, mother: Patient, phone: Phone) -> Patient:
    return factories.make_patient(sender.clinic, phone=phone, consents=BOTH)


def standing(patient: Patient, phone: Phone, at: datetime) -> list[str]:
    return [consent.standing(patient, phone, purpose, at=at) for purpose in BOTH]


def test_stop_stops_all_at_once_and_then_asks_for_whom(
    sender: Sender, phone: Phone, mother: Patient, child: Patient, noon: datetime
) -> None:
    reply = write(sender, phone, "BAJA", now=noon)

    assert reply.outcome == ReplyOutcome.STOPPED
    assert standing(mother, phone, noon) == standing(child, phone, noon) == ["WITHDRAWN"] * 2
    [asking] = answers_to(phone)
    assert [(one.verb, one.about) for _title, one in choices(asking)] == [
        (Verb.KEEP_APPOINTMENTS, None),
        (Verb.STOP_ALL, None),
        (Verb.STOP_ONE, mother.pk),
        (Verb.STOP_ONE, child.pk),
    ]


def test_only_for_one_brings_the_others_back_as_they_were(
    sender: Sender, phone: Phone, mother: Patient, child: Patient, noon: datetime
) -> None:
    never_asked = factories.make_patient(sender.clinic, phone=phone, consents=())
    write(sender, phone, "BAJA", now=noon)
    [asking] = answers_to(phone)

    reply = tap(asking, Verb.STOP_ONE, now=noon + MINUTE, about=child.pk)

    at = noon + 2 * MINUTE
    assert reply.outcome == ReplyOutcome.STOPPED_FOR_ONE
    assert standing(child, phone, at) == ["WITHDRAWN", "WITHDRAWN"]
    assert standing(mother, phone, at) == ["GRANTED", "GRANTED"]
    assert consent.standing(mother, phone, Purpose.MARKETING, at=at) == "WITHDRAWN"
    assert set(standing(never_asked, phone, at)) == {"WITHDRAWN"}
    assert Phone.objects.get(pk=phone.pk).state != PhoneState.STOPPED
    newest = ConsentRecord.objects.latest("pk")
    assert (newest.given_how, newest.given_by) == (GivenHow.BY_MESSAGE, "contact")
    assert f"#{reply.pk}" in proof.read([newest])[newest.pk]


def test_twice_is_once_and_nobody_else_may_be_named(
    sender: Sender, phone: Phone, mother: Patient, child: Patient, noon: datetime
) -> None:
    stranger = factories.make_patient(sender.clinic)
    write(sender, phone, "BAJA", now=noon)
    [asking] = answers_to(phone)

    foreign = tap(asking, Verb.STOP_ONE, now=noon + MINUTE, about=stranger.pk)
    tap(asking, Verb.STOP_ONE, now=noon + 2 * MINUTE, about=child.pk)
    again = tap(asking, Verb.STOP_ONE, now=noon + 3 * MINUTE, about=mother.pk)

    assert foreign.outcome == again.outcome == ReplyOutcome.OUT_OF_DATE
    assert standing(mother, phone, noon + 4 * MINUTE) == ["GRANTED", "GRANTED"]


def test_what_was_stopped_in_whatsapp_before_stays_stopped(
    sender: Sender, phone: Phone, mother: Patient, child: Patient, noon: datetime
) -> None:
    offers.withdraw(phone, now=noon - MINUTE, also=(Purpose.PREVENTION,))
    write(sender, phone, "BAJA", now=noon)
    [asking] = answers_to(phone)

    tap(asking, Verb.STOP_ONE, now=noon + MINUTE, about=child.pk)

    assert standing(mother, phone, noon + 2 * MINUTE) == ["GRANTED", "WITHDRAWN"]


def test_one_patient_alone_is_asked_nothing_more(
    sender: Sender, phone: Phone, mother: Patient, noon: datetime
) -> None:
    write(sender, phone, "BAJA", now=noon)

    [said] = answers_to(phone)
    assert [one.verb for _title, one in choices(said)] == [Verb.KEEP_APPOINTMENTS, Verb.STOP_ALL]


def doubt(sender: Sender, phone: Phone, noon: datetime) -> StopDoubt:
    write(sender, phone, "please stop these offers", now=noon)
    write(sender, phone, "I said stop them, will you", now=noon + MINUTE)
    return StopDoubt.objects.get(decided_at=None)


def test_who_reads_it_stops_everything_or_lets_campaigns_go_on(
    sender: Sender, phone: Phone, mother: Patient, noon: datetime
) -> None:
    person = StaffUser.objects.create(username="somebody")
    waiting = factories.make_message(sender, mother, lane=2, purpose=Purpose.PREVENTION)
    first = doubt(sender, phone, noon)
    assert stop_doubts.decide(first, was_stop=False, by=person, now=noon + 2 * MINUTE)
    assert not stop_doubts.decide(first, was_stop=True, by=person, now=noon + 2 * MINUTE)
    assert standing(mother, phone, noon + 3 * MINUTE) == ["GRANTED", "GRANTED"]

    second = doubt(sender, phone, noon + 10 * MINUTE)
    assert stop_doubts.decide(second, was_stop=True, by=person, now=noon + 12 * MINUTE)

    waiting.refresh_from_db()
    assert waiting.status == Status.WITHHELD
    assert standing(mother, phone, noon + 13 * MINUTE) == ["WITHDRAWN", "WITHDRAWN"]
    assert ConsentRecord.objects.latest("pk").recorded_by == person


def test_a_plain_stop_leaves_nothing_to_decide(
    sender: Sender, phone: Phone, mother: Patient, noon: datetime
) -> None:
    doubt(sender, phone, noon)

    write(sender, phone, "STOP", now=noon + 5 * MINUTE)

    assert StopDoubt.objects.get().was_stop is True
