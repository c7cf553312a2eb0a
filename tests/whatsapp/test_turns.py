"""One number at a time, at its own pace, stopped at once."""

import asyncio
import threading
import time
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connections
from redis import Redis as SyncRedis
from redis.asyncio import Redis
from redis.exceptions import TimeoutError as TimeoutOfRedis

from healthmsg.clinic.models import (
    Clinic,
    Patient,
    Purpose,
)
from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import take_a_turn, take_a_turn_in_a_thread
from whatsapp import outbox, pacing, serving, turns
from whatsapp.buttons import Verb
from whatsapp.draft import Button, Draft, FreeText
from whatsapp.models import Conversation, Message, Sender
from whatsapp.pacing import Pace, Slots
from whatsapp.pump import BEHIND_SECONDS, Claimed, Line, Outcome, Pump, Take
from whatsapp.status import Status
from whatsapp.turns import Surroundings

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_pumps_on_one_number_send_each_message_once(
    sunrise_clinic: Clinic, sender: Sender, around: Surroundings, sandbox: SandboxProcess
) -> None:
    patients = [factories.make_patient(sunrise_clinic) for _ in range(60)]
    for patient in patients:
        factories.make_message(sender, patient)

    async def pump_without_lease() -> None:
        redis = Redis.from_url(settings.REDIS_URL)
        lease = serving.Lease(redis, sender)
        try:
            await serving._Service(sender, around, redis, lease).run(None)
        finally:
            await redis.aclose()

    def in_a_thread() -> None:
        try:
            asyncio.run(pump_without_lease())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=in_a_thread) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    callbacks = [entry["callback"] for entry in sandbox.accepted()]
    assert len(callbacks) == len(set(callbacks)) == 60
    assert set(Message.objects.values_list("status", flat=True)) == {Status.ACCEPTED}


class DeafRedis:
    """Takes a cancellation for a time-out of its own, as the client does on a starved host."""

    def __init__(self) -> None:
        self.is_asked = asyncio.Event()
        self.asked = 0

    async def set(self, *_args: object, **_kwargs: object) -> bool:
        return True

    async def eval(self, script: str, *_args: object) -> int:
        if script == serving._RENEW:
            self.asked += 1
            self.is_asked.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                # Once: a test that finds the fault must end as well.
                if self.asked == 1:
                    raise TimeoutOfRedis from None
                raise
        return 1


def test_a_lease_ends_though_the_cancellation_of_its_renewal_is_swallowed(
    sender: Sender,
) -> None:
    async def take_and_give_back() -> int:
        redis = DeafRedis()
        lease = serving.Lease(redis, sender, renew_every_seconds=0.01)  # type: ignore[arg-type]
        assert await lease.take()
        await redis.is_asked.wait()
        async with asyncio.timeout(2):
            await lease.give_back()
        return redis.asked

    assert asyncio.run(take_and_give_back()) == 1


def test_a_number_stopped_in_the_middle_of_a_turn_sends_no_more(
    sunrise_clinic: Clinic, sender: Sender, around: Surroundings, sandbox: SandboxProcess
) -> None:
    for _ in range(200):
        factories.make_message(sender, factories.make_patient(sunrise_clinic))
    turn = threading.Thread(target=take_a_turn_in_a_thread, args=(around,))
    turn.start()
    while sandbox.stats()["accepted"] < 20:
        time.sleep(0.01)

    Sender.objects.update(held_at=factories.NOON, held_reason="looked at")
    turn.join()

    assert Message.objects.filter(status=Status.QUEUED).count() > 100
    assert not Message.objects.filter(status=Status.SENDING).exists()


def test_what_came_in_takes_slots_from_what_goes_out() -> None:
    with SyncRedis.from_url(settings.REDIS_URL) as redis:
        redis.delete("pace:busy")
        pacing.spend(redis, key="busy", rate_per_second=80, messages=15)

    async def draw() -> pacing.Slots:
        outgoing = Redis.from_url(settings.REDIS_URL)
        try:
            return await Pace(outgoing, key="busy", rate_per_second=80)(100)
        finally:
            await outgoing.aclose()

    slots = asyncio.run(draw())

    assert slots.first > 10 / 80
    assert slots.count < 12


def test_one_broken_number_does_not_end_the_turn_of_the_others(
    sunrise_clinic: Clinic,
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = factories.make_message(sender, willing_patient)
    broken = factories.make_sender(sunrise_clinic, phone_number_id="100000000000009")
    factories.make_message(broken, factories.make_patient(sunrise_clinic))
    broken = Sender.objects.select_related("clinic").get(pk=broken.pk)
    broken.clinic.time_zone = "Nowhere/Land"  # the database refuses it; some other fault may come

    asyncio.run(turns.take([broken, sender], around))

    message.refresh_from_db()
    assert message.status == Status.ACCEPTED
    assert "a number's turn broke" in caplog.text


def test_a_settle_that_breaks_off_is_tried_once_more(
    sender: Sender, willing_patient: Patient, around: Surroundings
) -> None:
    takes = [Take([claimed_one(1)], may_be_more=True), Take([], may_be_more=False)]
    written: list[Outcome] = []
    calls = 0

    async def claim(_wanted: int) -> Take:
        return takes.pop(0)

    async def settle(batch: list[Outcome]) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ConnectionError
        written.extend(batch)

    async def run() -> None:
        pump = Pump(
            Line(f"{around.base_url}/v25.0/{sender.phone_number_id}/messages", "sandbox-token"),
            claim=claim,
            settle=settle,
            draw=pacing.unpaced,
        )
        await pump.run(until=time.monotonic() + 5, stopped=lambda: False)

    with pytest.raises(ConnectionError):
        asyncio.run(run())

    assert len(written) == 1


def test_the_next_turns_slots_begin_after_what_this_one_has_claimed(
    sender: Sender, around: Surroundings
) -> None:
    async def hand_over_and_draw() -> Slots:
        redis = Redis.from_url(settings.REDIS_URL)
        try:
            await redis.delete(f"pace:{sender.phone_number_id}")
            service = serving._Service(sender, around, redis, serving.Lease(redis, sender))
            service._pump = SimpleNamespace(clears_in=0.4)  # type: ignore[assignment]
            await service._hand_over(False)
            return await Pace(redis, key=sender.phone_number_id, rate_per_second=80)(1)
        finally:
            await redis.aclose()

    assert asyncio.run(hand_over_and_draw()).first > 0.35


def test_a_pump_that_falls_behind_claims_no_more_than_leaves_soon(
    sender: Sender, around: Surroundings
) -> None:
    """What lies claimed would keep an answer waiting that comes now."""
    interval = 0.02
    drawn = Slots(5, first=0.0, interval=interval, wait=0.0)
    claimed: list[int] = []
    settled: list[Outcome] = []
    ahead: list[int] = []
    handed_over: list[float] = []

    async def draw(wanted: int) -> Slots:
        return drawn

    async def claim(wanted: int) -> Take:
        ahead.append(len(claimed) - len(settled))
        ids = range(len(claimed), len(claimed) + wanted)
        claimed.extend(ids)
        return Take([claimed_one(n) for n in ids], may_be_more=True)

    async def settle(batch: list[Outcome]) -> None:
        settled.extend(batch)

    async def run() -> None:
        line = Line(f"{around.base_url}/v25.0/{sender.phone_number_id}/messages", "sandbox-token")

        async def fed(_is_work_left: bool) -> None:
            handed_over.append(pump.clears_in)

        pump = Pump(line, claim=claim, settle=settle, draw=draw, fed=fed)
        await pump.run(until=time.monotonic() + 1.5, stopped=lambda: False)

    asyncio.run(run())

    # Besides those, some are on their way, and some are not written down yet.
    on_their_way = 0.5 / interval
    assert len(ahead) > 5
    assert max(ahead) <= BEHIND_SECONDS / interval + drawn.count + on_their_way
    # Another turn begins once all of it has left.
    assert len(handed_over) == 1
    assert handed_over[0] <= interval


def claimed_one(number: int) -> Claimed:
    return Claimed(
        id=number,
        attempt=1,
        callback=str(number),
        phone_id=number,
        number=f"+5411555{number:05}",
        payload="{}",
        stop_posting_at=time.monotonic() + 5,
    )


def test_a_question_with_four_answers_is_taken_as_a_list(
    sunrise_clinic: Clinic,
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
) -> None:
    phone = factories.phone_of(willing_patient)
    Conversation.objects.create(sender=sender, phone=phone, last_inbound_at=noon)
    choices = tuple(Button(Verb.CANCEL, f"12:{n}0 {'Ana' * 9}", about=n) for n in range(4))
    draft = Draft(
        dedupe_key="which",
        clinic=sunrise_clinic,
        phone=phone,
        lane=0,
        purpose=Purpose.REPLY,
        expires_at=noon + timedelta(hours=1),
    )
    message = outbox.queue(draft, FreeText("Which one?", choices, "Choose"), now=noon)

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, sandbox.refusals()) == (Status.ACCEPTED, [])
