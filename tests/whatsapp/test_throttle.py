"""WhatsApp says "too fast": half the pace at once, back slowly, and no message is worse for it."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.models import Clinic
from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import take_a_turn
from whatsapp import throttle
from whatsapp.connection import connect
from whatsapp.models import Attempt, Message, Sender
from whatsapp.status import Lane, Status
from whatsapp.throttle import Throttle, pace
from whatsapp.turns import Surroundings

numbers = st.floats(min_value=1, max_value=1000)


@given(limit=numbers, slowed_to=numbers, seconds=st.floats(min_value=-9, max_value=10_000))
def test_the_pace_never_passes_the_limit_and_never_falls_by_itself(
    limit: float, slowed_to: float, seconds: float
) -> None:
    earlier, later = pace(limit, slowed_to, seconds), pace(limit, slowed_to, seconds + 1)

    assert min(limit, slowed_to) <= earlier <= later <= limit
    assert pace(limit, slowed_to, throttle.RECOVERY_SECONDS) == limit


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", [130429, 4, throttle.AT_THE_EDGE])
def test_a_refusal_halves_the_pace_and_says_so(sender: Sender, code: int) -> None:
    throttle.slow_down(sender.pk, code)

    sender.refresh_from_db()
    assert sender.slowed_to == pytest.approx(40)
    assert sender.slowed_at is not None
    assert sender.slowed_reason
    assert sender.broadcasts_held_until is None


@pytest.mark.django_db(transaction=True)
def test_refusals_of_one_moment_count_once_whoever_hears_them(sender: Sender) -> None:
    def hear() -> None:
        throttle.slow_down(sender.pk, 130429)
        connections.close_all()

    threads = [threading.Thread(target=hear) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sender.refresh_from_db()
    assert sender.slowed_to == pytest.approx(40)


@pytest.mark.django_db(transaction=True)
def test_a_later_refusal_halves_what_it_had_recovered_to(sender: Sender) -> None:
    half_way_back = datetime.now(UTC) - timedelta(seconds=throttle.RECOVERY_SECONDS / 4)
    Sender.objects.filter(pk=sender.pk).update(slowed_to=40, slowed_at=half_way_back)

    throttle.slow_down(sender.pk, 130429)

    sender.refresh_from_db()
    assert sender.slowed_to == pytest.approx(30, abs=1)


@pytest.mark.django_db(transaction=True)
def test_it_never_comes_to_a_stop(sender: Sender) -> None:
    long_ago = datetime.now(UTC) - timedelta(seconds=5)
    Sender.objects.filter(pk=sender.pk).update(rate_per_second=1, slowed_to=0.1, slowed_at=long_ago)

    throttle.slow_down(sender.pk, 130429)

    sender.refresh_from_db()
    assert sender.slowed_to == throttle.SLOWEST


@pytest.mark.django_db(transaction=True)
def test_too_many_blocks_hold_campaigns_for_hours_and_keep_reminders_slow(sender: Sender) -> None:
    throttle.slow_down(sender.pk, 131048)
    throttle.slow_down(sender.pk, 131048)

    sender.refresh_from_db()
    held = sender.broadcasts_held_until
    assert held is not None
    hours = (held - datetime.now(UTC)) / timedelta(hours=1)
    assert 5.9 < hours <= 6
    assert sender.slowed_to == pytest.approx(8)
    assert sender.slowed_at == held

    async def seen() -> float:
        known = Throttle(80)
        async with await connect() as connection:
            await known.look(connection, sender.pk)
        return known()

    assert asyncio.run(seen()) == pytest.approx(8)


@pytest.mark.django_db(transaction=True)
def test_other_codes_slow_nothing(sender: Sender) -> None:
    throttle.slow_down(sender.pk, 131026)

    sender.refresh_from_db()
    assert sender.slowed_to is None


@pytest.mark.django_db(transaction=True)
def test_a_number_that_is_told_too_high_a_limit_settles_below_the_true_one(
    sender: Sender, sunrise_clinic: Clinic, around: Surroundings, sandbox: SandboxProcess
) -> None:
    Sender.objects.filter(pk=sender.pk).update(rate_per_second=200)
    for _ in range(150):
        factories.make_message(sender, factories.make_patient(sunrise_clinic))

    take_a_turn(around)

    sender.refresh_from_db()
    assert sender.slowed_to is not None
    assert {entry["code"] for entry in sandbox.refusals()} == {130429}
    # Throttling is nobody's failure, and what was refused still waits.
    assert set(Message.objects.values_list("failures", flat=True)) == {0}
    assert set(Message.objects.values_list("status", flat=True)) <= {
        Status.ACCEPTED,
        Status.QUEUED,
    }
    assert set(Attempt.objects.values_list("error_code", flat=True)) == {130429}


@pytest.mark.django_db(transaction=True)
def test_a_bare_429_slows_too(
    sender: Sender,
    willing_patient: object,
    sunrise_clinic: Clinic,
    around: Surroundings,
    sandbox: SandboxProcess,
) -> None:
    sandbox.fault("http429")
    message = factories.make_message(sender, factories.make_patient(sunrise_clinic))

    take_a_turn(around)

    sender.refresh_from_db()
    message.refresh_from_db()
    assert sender.slowed_to == pytest.approx(40)
    assert (message.status, message.failures) == (Status.QUEUED, 0)


@pytest.mark.django_db(transaction=True)
def test_campaigns_wait_while_reminders_go(
    sender: Sender, sunrise_clinic: Clinic, around: Surroundings
) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    Sender.objects.filter(pk=sender.pk).update(broadcasts_held_until=later)
    broadcast, reminder = (
        factories.make_message(sender, factories.make_patient(sunrise_clinic), lane=int(lane))
        for lane in (Lane.BROADCAST, Lane.REMINDER)
    )

    take_a_turn(around)

    broadcast.refresh_from_db()
    reminder.refresh_from_db()
    assert (broadcast.status, reminder.status) == (Status.QUEUED, Status.ACCEPTED)
