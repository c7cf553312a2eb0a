"""What each answer of WhatsApp does to a message."""

import asyncio
import contextlib
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from healthmsg.clinic.models import (
    Patient,
)
from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import take_a_turn
from whatsapp import settling
from whatsapp.connection import connect
from whatsapp.models import Attempt, Sender
from whatsapp.pump import Claimed, Outcome
from whatsapp.status import Reason, Status
from whatsapp.turns import Surroundings

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_refused_connection_puts_the_message_back(
    sender: Sender, willing_patient: Patient, around: Surroundings
) -> None:
    message = factories.make_message(sender, willing_patient)

    take_a_turn(replace(around, base_url="http://127.0.0.1:9"))

    message.refresh_from_db()
    assert message.status == Status.QUEUED
    assert message.failures == 0
    assert message.send_after is not None


def test_a_call_that_may_have_worked_is_not_sent_again(
    sender: Sender, willing_patient: Patient, around: Surroundings, sandbox: SandboxProcess
) -> None:
    message = factories.make_message(sender, willing_patient)
    sandbox.fault("reset", times=1)

    take_a_turn(around)
    take_a_turn(around)

    message.refresh_from_db()
    assert message.status == Status.UNCERTAIN
    assert len(sandbox.accepted()) <= 1


def test_a_call_that_may_have_worked_began_just_before_it_broke_off(
    sender: Sender, willing_patient: Patient, around: Surroundings, sandbox: SandboxProcess
) -> None:
    """What came back since then tells of it; what came back earlier does not."""
    factories.make_message(sender, willing_patient)
    sandbox.fault("reset", times=1)
    before = datetime.now(UTC)

    take_a_turn(around)

    # Not later than the call, and not so much earlier that a receiver that has just begun could
    # never be asked about it.
    assert before - timedelta(seconds=2) < Attempt.objects.get().began_at < datetime.now(UTC)


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        pytest.param(131026, Status.FAILED, Reason.NOT_ON_WHATSAPP, id="not-on-whatsapp"),
        pytest.param(130429, Status.QUEUED, "", id="too-fast"),
        pytest.param(131056, Status.QUEUED, "", id="too-many-for-this-phone"),
        pytest.param(131016, Status.QUEUED, "", id="passing-fault"),
        pytest.param(132015, Status.QUEUED, "", id="paused-template"),
        pytest.param(190, Status.QUEUED, "", id="token"),
        pytest.param(987654, Status.FAILED, Reason.UNKNOWN_CODE, id="unknown-code"),
    ],
)
def test_each_kind_of_code_has_its_fate(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    code: int,
    status: Status,
    reason: str,
) -> None:
    message = factories.make_message(sender, willing_patient)
    sandbox.fault("graph", code=code, times=1)

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, message.reason) == (status, reason)
    assert message.error_code == code
    assert Attempt.objects.get(message=message).error_code == code


def test_a_token_that_no_longer_works_stops_the_number(
    sender: Sender, willing_patient: Patient, around: Surroundings, sandbox: SandboxProcess
) -> None:
    factories.make_message(sender, willing_patient)
    sandbox.fault("graph", code=190, times=1)

    take_a_turn(around)

    sender.refresh_from_db()
    assert sender.held_at is not None
    assert sender.held_reason


def test_a_fault_that_lasts_ends_in_a_failure_not_in_a_loop(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
) -> None:
    message = factories.make_message(sender, willing_patient)
    sandbox.fault("graph", code=131000, times=50)

    for minutes in range(0, 40, 2):
        later = noon + timedelta(minutes=minutes)
        take_a_turn(replace(around, now=partial(datetime.fromtimestamp, later.timestamp(), UTC)))

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.FAILED, Reason.TRIED_OFTEN)
    assert message.failed_at is not None
    assert message.attempt == 4


@pytest.mark.parametrize(("code", "seconds"), [(131056, (4,)), (131000, (60, 180))])
def test_a_pause_grows_with_answers_alike_and_not_with_a_line_that_was_down(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
    code: int,
    seconds: tuple[int, ...],
) -> None:
    message = factories.make_message(sender, willing_patient)

    def turn(now: datetime, base_url: str = around.base_url) -> timedelta:
        clock = partial(datetime.fromtimestamp, now.timestamp(), UTC)
        take_a_turn(replace(around, now=clock, base_url=base_url))
        message.refresh_from_db()
        assert message.send_after is not None
        return message.send_after - now

    for minute in range(8):
        turn(noon + timedelta(minutes=minute), base_url="http://127.0.0.1:9")
    now = noon + timedelta(hours=1)
    sandbox.fault("graph", code=code, times=50)
    waited = []
    for _ in seconds:
        waited.append(turn(now))
        now += waited[-1]

    assert waited == [timedelta(seconds=one) for one in seconds]


def test_a_settle_that_comes_after_the_lease_changes_nothing(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
) -> None:
    message = factories.make_message(
        sender, willing_patient, status=Status.SENDING, attempt=2, send_after=None
    )
    late = Outcome(
        Claimed(
            id=message.pk,
            attempt=1,
            callback=str(message.callback),
            phone_id=message.phone_id,
            number="+541155550000",
            payload="{}",
            stop_posting_at=0.0,
        ),
        wamid="wamid.late",
    )

    async def settle() -> None:
        async with await connect() as connection:
            await settling.settle(connection, [late], now=noon)

    asyncio.run(settle())

    message.refresh_from_db()
    assert (message.status, message.wamid) == (Status.SENDING, "")


@pytest.mark.parametrize("status", [Status.QUEUED, Status.WITHHELD])
def test_an_answer_that_comes_after_the_message_was_put_back_keeps_it_from_leaving_twice(
    sender: Sender, willing_patient: Patient, noon: datetime, status: Status
) -> None:
    waits = {"send_after": noon} if status == Status.QUEUED else {"reason": Reason.TOO_LATE}
    message = factories.make_message(
        sender, willing_patient, status=status, attempt=1, **{"send_after": None} | waits
    )
    claimed = Claimed(
        id=message.pk,
        attempt=1,
        callback=str(message.callback),
        phone_id=message.phone_id,
        number="+541155550000",
        payload="{}",
        stop_posting_at=0.0,
    )

    async def settle() -> None:
        async with await connect() as connection:
            await settling.settle(connection, [Outcome(claimed, wamid="wamid.late")], now=noon)

    asyncio.run(settle())

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.ACCEPTED, "")
    assert message.send_after is None
    assert message.wamid == "wamid.late"


def test_a_connection_that_never_came_about_puts_the_message_back(
    sender: Sender, willing_patient: Patient, around: Surroundings
) -> None:
    message = factories.make_message(sender, willing_patient)
    with socket.socket() as deaf, contextlib.ExitStack() as stack:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        # Linux lets one more in than asked for, and then leaves callers waiting.
        for _ in range(2):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())

        take_a_turn(replace(around, base_url=f"http://127.0.0.1:{deaf.getsockname()[1]}"))

    message.refresh_from_db()
    assert (message.status, message.failures) == (Status.QUEUED, 0)
