"""A flood from one number is stored, answered once, and delays nobody else."""

import pytest

from healthmsg.clinic.models import Clinic, Patient, Phone, PhoneState
from tests import factories
from tests.whatsapp.test_inbox import NOON, answers_to, deliver, digest, written
from whatsapp import inbox, replies
from whatsapp.flood import MOST_A_MINUTE
from whatsapp.models import Reply, Sender, Thread

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(willing_patient: Patient) -> Phone:
    return factories.phone_of(willing_patient)


def flood(phone: Phone, count: int, text: str = "Hola") -> None:
    deliver(*(written(phone, text, wamid=f"wamid.{text}.{n}") for n in range(count)))
    digest()


def test_somebodys_thousand_messages_delay_nobody_elses(
    sender: Sender, phone: Phone, sunrise_clinic: Clinic
) -> None:
    other = factories.phone_of(factories.make_patient(sunrise_clinic))
    flood(phone, 1000)
    deliver(written(other, "¿Puedo ir antes?"))
    digest()

    inbox.handle_replies(now=NOON)

    assert Reply.objects.count() == 1001
    assert Reply.objects.get(phone=other).handled_at is not None
    put_off = Reply.objects.filter(is_flood=True)
    assert put_off.count() == 1000 - MOST_A_MINUTE
    assert put_off.exclude(handled_at=None).count() == replies.PORTION_OF_A_FLOOD


def test_a_flood_gets_one_answer_and_is_one_conversation(sender: Sender, phone: Phone) -> None:
    flood(phone, MOST_A_MINUTE + 3 * replies.PORTION_OF_A_FLOOD)

    for _turn in range(4):
        inbox.handle_replies(now=NOON)

    assert not Reply.objects.filter(handled_at=None).exists()
    assert len(answers_to(phone)) == 1
    assert Thread.objects.get().replies.count() == Reply.objects.count()


def test_what_somebody_writes_after_a_flood_stays_behind_it(sender: Sender, phone: Phone) -> None:
    flood(phone, MOST_A_MINUTE + 1)
    flood(phone, 1, "after")

    assert "after" in {reply.text for reply in Reply.objects.filter(is_flood=True)}


def test_a_stop_in_a_flood_is_heard_at_once(sender: Sender, phone: Phone) -> None:
    flood(phone, MOST_A_MINUTE + 100)
    flood(phone, 40, "STOP")

    inbox.handle_replies(now=NOON)

    phone.refresh_from_db()
    assert phone.state == PhoneState.STOPPED
    heard = [reply.text for reply in Reply.objects.filter(is_flood=False)]
    assert heard.count("STOP") == 1


def test_ten_lines_of_somebody_upset_are_no_flood(sender: Sender, phone: Phone) -> None:
    flood(phone, 10)

    assert not Reply.objects.filter(is_flood=True).exists()


def test_a_flood_draws_no_slots_twice(sender: Sender, phone: Phone) -> None:
    flood(phone, MOST_A_MINUTE + 5)

    assert inbox.heard() == [(sender, MOST_A_MINUTE)]
