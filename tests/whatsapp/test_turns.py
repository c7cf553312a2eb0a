"""One number at a time, at its own pace, stopped at once."""

import asyncio
import threading
import time

import pytest
from django.conf import settings
from django.db import connections
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from healthmsg.clinic.models import (
    Clinic,
)
from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import take_a_turn_in_a_thread
from whatsapp import pacing, turns
from whatsapp.models import Message, Sender
from whatsapp.pacing import Pace
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
        pace = Pace(redis, key="test", rate_per_second=80)
        try:
            await turns._pump(sender, around, pace, asyncio.Event())
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
