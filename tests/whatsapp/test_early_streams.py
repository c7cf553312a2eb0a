"""What a cancelled list says may leave from six in the morning on, and nothing beside it."""

import asyncio
from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import Clinic, GivenHow, Patient
from tests import factories
from whatsapp import leasing, serving, turns
from whatsapp.claiming import Claims, Terms
from whatsapp.connection import connect
from whatsapp.models import Message, Sender, Stream
from whatsapp.serving import ANSWERS_AND_EARLY, ANSWERS_ONLY, EVERYTHING
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db(transaction=True)
# Seven in the morning in Buenos Aires; the clinic writes from eight on.
SEVEN = factories.NOON - timedelta(hours=5)


def claimed(sender: Sender, now: datetime) -> set[int]:
    async def run() -> set[int]:
        terms = Terms(
            sender_id=sender.pk,
            uses_sandbox=True,
            lanes=lambda moment: serving.open_lanes(sender, moment),
            now=lambda: now,
        )
        async with await connect() as connection:
            await connection.execute(leasing.STEADY)
            return {one.id for one in (await Claims(connection, terms)(50)).claimed}

    return asyncio.run(run())


@pytest.fixture
def early(sunrise_clinic: Clinic) -> Stream:
    return Stream.objects.create(clinic=sunrise_clinic, name="List", opens_early=True)


def queued(sender: Sender, patient: Patient, stream: Stream | None) -> Message:
    return factories.make_message(
        sender, patient, stream=stream, send_after=SEVEN, expires_at=factories.NOON
    )


@pytest.mark.parametrize(
    ("hours", "lanes"),
    [
        (-1.1, ANSWERS_ONLY),
        (-1, ANSWERS_AND_EARLY),
        (0.9, ANSWERS_AND_EARLY),
        (1, EVERYTHING),
        (13, ANSWERS_ONLY),
    ],
    ids=["before six", "six", "before eight", "eight", "evening"],
)
def test_it_opens_at_six_and_closes_with_the_clinic(
    sender: Sender, hours: float, lanes: tuple[int, ...]
) -> None:
    assert serving.open_lanes(sender, SEVEN + timedelta(hours=hours)) == lanes


def test_before_the_clinics_hours_only_a_list_leaves(
    sender: Sender, sunrise_clinic: Clinic, early: Stream
) -> None:
    patients = [factories.make_patient(sunrise_clinic) for _ in "123"]
    usual = Stream.objects.create(clinic=sunrise_clinic, name="usual")
    queued(sender, patients[0], None)
    queued(sender, patients[1], usual)
    assert turns.due_senders(now=SEVEN, uses_sandbox=True) == []
    assert claimed(sender, SEVEN) == set()

    urgent = queued(sender, patients[2], early)

    assert turns.due_senders(now=SEVEN, uses_sandbox=True) == [sender]
    assert claimed(sender, SEVEN - timedelta(hours=2)) == set()
    assert claimed(sender, SEVEN) == {urgent.pk}


def test_a_list_that_was_stopped_waits(
    sender: Sender, willing_patient: Patient, early: Stream
) -> None:
    queued(sender, willing_patient, early)
    Stream.objects.update(held_at=SEVEN)

    assert claimed(sender, SEVEN) == set()
    assert claimed(sender, SEVEN + timedelta(hours=2)) == set()


def test_it_never_leaves_to_who_asked_us_to_stop(
    sender: Sender, willing_patient: Patient, early: Stream
) -> None:
    message = queued(sender, willing_patient, early)
    consent.stop(
        factories.phone_of(willing_patient),
        evidence=consent.Evidence(GivenHow.AT_DESK),
        at=SEVEN - timedelta(hours=1),
    )

    assert claimed(sender, SEVEN) == set()
    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.ASKED_US_TO_STOP)
