"""Kills and outages in the middle of sending: nothing lost, nothing doubled, nothing stuck."""

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from tests import factories
from tests.running_house import House, Practice, celery_worker, make_practice, open_house
from whatsapp.models import Delivery, LineBeat, Message, Reply
from whatsapp.status import Reason, Status

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

MESSAGES = 240
OUTAGE_SECONDS = 30
# Past it, what nobody can know is said to be unknown, and the visit is on the call list.
USEFUL_FOR = timedelta(seconds=210)
ELSE = "inbox,default,housekeeping"


@pytest.fixture
def stormy(transactional_db: None, tmp_path: Path) -> Iterator[House]:
    """A house on real time whose sender is the test's to kill."""
    with open_house(tmp_path, stands=False, queues=ELSE) as house:
        house.sandbox.settings(latency=0.2)
        yield house


@pytest.fixture
def open_all_day(stormy: House) -> Practice:
    return make_practice(stormy, sending_opens=clock_time(0), sending_closes=clock_time(23, 59, 59))


def fill(practice: Practice, count: int = MESSAGES) -> None:
    now = datetime.now(UTC)
    for _ in range(count):
        patient = practice.patient(consented_at=now - timedelta(days=1))
        factories.make_message(
            practice.sender,
            patient,
            send_after=now,
            created_at=now,
            expires_at=now + USEFUL_FOR,
        )


def accepted(house: House) -> int:
    return int(house.sandbox.stats()["accepted"])


def wait_for(house: House, count: int, *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while accepted(house) < count:
        assert time.monotonic() < deadline, house.describe()
        house.tick()
        time.sleep(0.1)


def everything_is_final() -> bool:
    with contextlib.suppress(Exception):
        waiting = [Status.QUEUED, Status.SENDING, Status.UNCERTAIN, Status.ACCEPTED, Status.SENT]
        return not (
            Message.objects.filter(status__in=waiting, reason="").exists()
            or Delivery.objects.filter(digest_after__isnull=False).exists()
            or Reply.objects.filter(handled_at=None).exists()
        )
    connection.close()
    return False


def judge(house: House, *, seconds: float, at_most_unknown: int = 0) -> None:
    """Wait for the calm, then hold the rows against the ledger."""
    deadline = time.monotonic() + seconds
    while not everything_is_final():
        assert time.monotonic() < deadline, house.describe()
        with contextlib.suppress(Exception):
            house.tick()
        time.sleep(0.5)
    uuids = Counter(entry["callback"].split(".")[0] for entry in house.sandbox.accepted())
    assert {uuid for uuid, n in uuids.items() if n > 1} == set()
    told = Message.objects.filter(status__in=[Status.DELIVERED, Status.READ])
    assert {str(callback) for callback in told.values_list("callback", flat=True)} == set(uuids)
    # A call cut off by the storm, with a receiver that had a gap since: never sent twice, never
    # silent either.
    explained = Message.objects.filter(reason__in=[Reason.UNKNOWN_OUTCOME, Reason.TOO_LATE])
    print(f"told {told.count()}, said to be unknown or too late {explained.count()}")
    assert told.count() + explained.count() == MESSAGES
    assert explained.count() <= at_most_unknown
    assert not Message.objects.filter(doubled_at__isnull=False).exists()


def test_a_sender_killed_again_and_again_loses_and_doubles_nothing(
    stormy: House, open_all_day: Practice
) -> None:
    fill(open_all_day)

    for kills, sent in enumerate((40, 90, 140)):
        process = stormy.start(f"sender{kills}", celery_worker("sender"))
        wait_for(stormy, sent)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    stormy.start("last_sender", celery_worker("sender"))

    # A killed call's lease, the wait for its receipt, and the next round: the line has talked all
    # the while, so silence is an answer.
    judge(stormy, seconds=360)
    assert LineBeat.objects.filter(name="door").exists()


def test_a_killed_worker_and_receiver_of_receipts_lose_nothing(
    stormy: House, open_all_day: Practice
) -> None:
    fill(open_all_day)
    stormy.start("sender", celery_worker("sender"))
    wait_for(stormy, 60)

    assert stormy.worker is not None
    os.kill(stormy.worker.pid, signal.SIGKILL)
    stormy.worker.wait()
    time.sleep(3)
    stormy.start("worker2", celery_worker(ELSE))

    judge(stormy, seconds=360)


def test_two_senders_and_two_workers_do_no_harm(stormy: House, open_all_day: Practice) -> None:
    fill(open_all_day)
    stormy.start("worker2", celery_worker(ELSE))
    for name in ("sender", "sender2"):
        stormy.start(name, celery_worker("sender"))

    judge(stormy, seconds=120)


def test_redis_gone_for_half_a_minute_and_back_empty(stormy: House, open_all_day: Practice) -> None:
    fill(open_all_day)
    stormy.start("sender", celery_worker("sender"))
    wait_for(stormy, 60)
    with Redis.from_url(settings.REDIS_URL) as redis:
        pid = int(redis.info("server")["process_id"])
        redis.flushall()

    with keeper_frozen():
        os.kill(pid, signal.SIGKILL)
        time.sleep(OUTAGE_SECONDS)

    judge(stormy, seconds=360)


def test_postgresql_gone_for_half_a_minute(stormy: House, open_all_day: Practice) -> None:
    fill(open_all_day)
    stormy.start("sender", celery_worker("sender"))
    wait_for(stormy, 60)
    data = settings.EMBEDDED.directory / "postgres"
    pid = int(next(data.rglob("postmaster.pid")).read_text().split()[0])

    with keeper_frozen():
        # SIGINT: connections are cut at once. The tests' server has no fsync to survive more.
        os.kill(pid, signal.SIGINT)
        time.sleep(OUTAGE_SECONDS)
    connection.close()
    wait_for_postgresql()

    # The receiver had a gap, so silence about what was in the air then is no answer.
    judge(stormy, seconds=360, at_most_unknown=40)


@contextlib.contextmanager
def keeper_frozen() -> Iterator[None]:
    """Keep the embedded servers' keeper from starting a fallen server again meanwhile."""
    keeper = int((settings.EMBEDDED.directory / "keeper.lock").read_text().split()[-1])
    os.kill(keeper, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(keeper, signal.SIGCONT)


def wait_for_postgresql() -> None:
    for _ in range(200):
        with (
            contextlib.suppress(Exception),
            psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}),
        ):
            return
        time.sleep(0.2)
    raise AssertionError("PostgreSQL did not come back")
