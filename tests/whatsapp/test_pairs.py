"""One phone, many messages: it waits as WhatsApp wants it, and everybody else does not."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as searching
from hypothesis import strategies as st
from redis.asyncio import Redis

from healthmsg.clinic.models import Clinic, Patient, Purpose
from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import take_a_turn
from whatsapp import pairs
from whatsapp.models import Attempt, Conversation, Message, Sender
from whatsapp.pairs import BURST, INTERVAL_SECONDS, Pairs
from whatsapp.status import Status
from whatsapp.turns import Surroundings


def with_pairs(play: Callable[[Pairs], Awaitable[None]]) -> None:
    async def run() -> None:
        redis = Redis.from_url(settings.REDIS_URL)
        try:
            await play(Pairs(redis, key=uuid.uuid4().hex))
        finally:
            await redis.aclose()

    asyncio.run(run())


def test_a_burst_goes_and_what_follows_waits_its_turn() -> None:
    async def play(own: Pairs) -> None:
        waits = await own.take([7] * (BURST + 3))

        assert waits[:BURST] == [0.0] * BURST
        assert all(0 < wait <= INTERVAL_SECONDS for wait in waits[BURST:])
        assert await own.take([8, 9]) == [0.0, 0.0]

    with_pairs(play)


def test_waiting_takes_nothing() -> None:
    async def play(own: Pairs) -> None:
        await own.take([7] * BURST)
        first = await own.take([7])
        for _ in range(20):
            await own.take([7])

        assert (await own.take([7]))[0] <= first[0]

    with_pairs(play)


def test_each_refusal_waits_four_times_as_long() -> None:
    async def play(own: Pairs) -> None:
        assert [await own.refused(7) for _ in range(4)] == [1.0, 4.0, 16.0, 64.0]
        (wait,) = await own.take([7])
        assert 63 < wait <= 64
        assert await own.take([8]) == [0.0]

    with_pairs(play)


@searching(max_examples=30, deadline=None)
@given(phones=st.lists(st.integers(min_value=1, max_value=4), max_size=120))
def test_no_phone_ever_gets_more_than_the_burst_at_once(phones: list[int]) -> None:
    async def play(own: Pairs) -> None:
        half = len(phones) // 2
        waits = await own.take(phones[:half]) + await own.take(phones[half:])

        for phone in set(phones):
            gone = sum(p == phone and not w for p, w in zip(phones, waits, strict=True))
            assert gone == min(phones.count(phone), BURST)

    with_pairs(play)


@pytest.mark.django_db(transaction=True)
def test_a_phone_that_is_refused_waits_while_others_flow(
    sender: Sender, sunrise_clinic: Clinic, around: Surroundings, sandbox: SandboxProcess
) -> None:
    busy, other = (factories.make_patient(sunrise_clinic) for _ in range(2))
    sandbox.fault("graph", code=131056, to=factories.phone_of(busy).number)
    refused = factories.make_message(sender, busy)
    take_a_turn(around)
    refused.refresh_from_db()
    assert (refused.status, refused.failures) == (Status.QUEUED, 0)

    second = factories.make_message(sender, busy)
    free = factories.make_message(sender, other)
    take_a_turn(around)

    second.refresh_from_db()
    free.refresh_from_db()
    assert (free.status, second.status) == (Status.ACCEPTED, Status.QUEUED)
    assert second.send_after is not None
    assert second.send_after > factories.NOON
    # It was not posted: there is no try to tell of.
    assert not Attempt.objects.filter(message=second).exists()


@pytest.mark.django_db(transaction=True)
def test_a_long_chat_is_never_refused_by_whatsapp(
    sender: Sender,
    willing_patient: Patient,
    sunrise_clinic: Clinic,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
) -> None:
    phone = factories.phone_of(willing_patient)
    Conversation.objects.create(sender=sender, phone=phone, last_inbound_at=noon)
    for _ in range(60):
        factories.make_message(
            sender,
            willing_patient,
            lane=0,
            purpose=Purpose.REPLY,
            payload={"type": "text", "text": {"body": "Good."}},
            template_version=None,
        )

    take_a_turn(around)

    assert sandbox.refusals() == []
    counts = [Message.objects.filter(status=s).count() for s in (Status.ACCEPTED, Status.QUEUED)]
    assert counts == [pairs.BURST, 60 - pairs.BURST]
