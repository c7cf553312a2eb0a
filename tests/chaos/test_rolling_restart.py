"""An upgrade as the README tells it: workers of two releases side by side, one after the other."""

import contextlib
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from healthmsg import beat_table
from healthmsg.celery import app as celery
from healthmsg.clinic.models import Answer, Appointment
from reminders import booking
from reminders.booking import Booking
from reminders.models import Reminder, ReminderStatus
from tests import factories
from tests.chaos import release_before
from tests.chaos.release_before import Release, Way
from tests.journeys import runs
from tests.running_house import (
    House,
    Practice,
    celery_worker,
    end,
    make_practice,
    open_house,
    serve,
)
from whatsapp.models import Delivery, Message, Reply
from whatsapp.status import Status

pytestmark = pytest.mark.chaos

INVITED, ASKING, REMINDED = 300, 30, 60
PER_SECOND = 15
DOOR = "granian --interface rsgi --host 127.0.0.1 --log-level warning whatsapp.door:application"
WITHOUT_WHICH_NOTHING_LEAVES_OR_IS_READ = {
    *("whatsapp.send_turn", "whatsapp.digest", "whatsapp.sweep", "campaigns.pour"),
    *("reminders.queue_due_even", "reminders.queue_due_odd", "reminders.replan_withheld"),
}
# What a service manager gives a process that stops, as the Procfile says.
GRACE_SECONDS = 45


class Older:
    """The release before: its worker, its door, and its own way to WhatsApp."""

    def __init__(self, house: House, code: Path, way: Way) -> None:
        self._house, self._code = house, code
        self.way = way
        self.worker: subprocess.Popen[bytes] | None = None

    def open_door(self) -> str:
        log = self._house.clock_file.with_name("older_door.log")
        return f"http://127.0.0.1:{serve(self._start, log, DOOR.split())}/webhooks/whatsapp"

    def work(self) -> None:
        command = [*celery_worker()[:-1], "older@%h"]
        self.worker = self._start("older_worker", command, SANDBOX_URL=self.way.url)

    def stop(self) -> None:
        """Stop as in a rolling restart: what it has in hand is brought to an end."""
        assert self.worker is not None
        self.worker.terminate()
        self.worker.wait(GRACE_SECONDS)
        assert not self.complaints(), "it complained"

    def complaints(self) -> list[str]:
        """Return what went wrong in it; the log's own lines leave the word Traceback out."""
        signs = ("Traceback", " ERROR ")
        return [line for line in self.log().splitlines() if any(one in line for one in signs)]

    def log(self) -> str:
        return self._house.clock_file.with_name("older_worker.log").read_text()

    def _start(
        self, name: str, command: list[str], *, code: Path | None = None, **variables: str
    ) -> "subprocess.Popen[bytes]":
        return self._house.start(name, command, code=code or self._code, **variables)


@pytest.fixture(params=release_before.RELEASES, ids=lambda release: release.commit[:7])
def release(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Release:
    chosen: Release = request.param
    settings.SEAL_MESSAGES = chosen.seals_as_this
    monkeypatch.setenv("SEAL_MESSAGES", "on" if chosen.seals_as_this else "off")
    return chosen


@pytest.fixture
def house(release: Release, transactional_db: None, tmp_path: Path) -> Iterator[House]:
    """The tables of this release, its door, and no worker yet."""
    with open_house(tmp_path, queues="nothing") as house:
        yield house


@pytest.fixture
def older(house: House, release: Release, tmp_path: Path) -> Iterator[Older]:
    directory = tmp_path / "older"
    directory.mkdir()
    code = release_before.bring(release, directory)
    with release_before.way_to(house.sandbox.base_url) as way:
        yield Older(house, code, way)


def test_workers_of_two_releases_share_the_work_and_lose_and_double_nothing(
    house: House, older: Older
) -> None:
    practice = make_practice(house)
    visits = [book(practice) for _ in range(REMINDED)]
    invited = runs.invite(practice, INVITED - ASKING) + runs.invite(practice, ASKING, "asks")
    house.sandbox.settings(webhook_url=older.open_door())
    older.work()
    house.at(factories.NOON + timedelta(minutes=3))
    house.until(lambda: older.way.messages > 0)

    # Alone first, on the tables of this release; then beside its worker; then this one alone.
    house.until(lambda: older.way.messages >= REMINDED)
    with release_before.way_to(house.sandbox.base_url) as way:
        newer = house.start("newer", [*celery_worker()[:-1], "newer@%h"], SANDBOX_URL=way.url)
        while not celery.control.ping([f"newer@{gethostname()}"], timeout=0.5):
            assert newer.poll() is None
        house.at(factories.NOON + timedelta(days=1))
        run = runs.start(runs.campaign_for(practice, invited), house, per_second=PER_SECOND)
        house.until(lambda: way.messages > 40 and older.way.messages > REMINDED + 40, seconds=90)
        house.sandbox.settings(webhook_url=house.door)
        older.stop()
        stopped_at = older.way.messages
        assert way.messages + stopped_at < 2 * REMINDED + INVITED
        house.until(lambda: runs.is_done(run), seconds=90)
        house.settle()
        assert (newer.poll(), older.way.messages) == (None, stopped_at)
        end(newer)

    assert runs.judge(house, run, INVITED).by_status == {Status.READ: INVITED}
    assert {visit.answer for visit in fresh(visits)} == {Answer.CONFIRMED}
    assert_nothing_is_lost_doubled_or_stuck(house)


@pytest.mark.parametrize(
    ("table", "judgement"),
    [
        ("whatsapp_message", "PLANNED"),  # nobody is reminded
        ("whatsapp_reply", "wamid"),  # what patients answer is not taken in
    ],
)
@pytest.mark.parametrize("release", release_before.RELEASES[:1], indirect=True)
def test_the_judges_see_a_table_that_the_older_worker_cannot_write(
    house: House, older: Older, table: str, judgement: str
) -> None:
    """Else the test above would hold whatever a migration did."""
    practice = make_practice(house)
    book(practice)
    house.sandbox.settings(webhook_url=older.open_door())

    with a_column_that_must_be_filled(table):
        older.work()
        house.at(factories.NOON + timedelta(days=1))
        house.until(lambda: bool(older.complaints()))
        with pytest.raises(AssertionError, match="it complained"):
            older.stop()

    with pytest.raises(AssertionError, match=judgement):
        assert_nothing_is_lost_doubled_or_stuck(house)


@contextlib.contextmanager
def a_column_that_must_be_filled(table: str) -> Iterator[None]:
    """Do to a table what no release may: who does not know the column cannot insert."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD COLUMN unheard_of integer NOT NULL")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DROP COLUMN unheard_of")


def test_a_task_that_the_older_worker_does_not_know_is_dropped_and_comes_again(
    house: House, release: Release, older: Older
) -> None:
    """It waits for nobody in a queue; beat asks for it again, or the older would lose it."""
    unknown = beat_table.ROUTES.keys() - release_before.tasks_of(release)
    assert "desk.look_for_old" in unknown
    assert unknown.isdisjoint(WITHOUT_WHICH_NOTHING_LEAVES_OR_IS_READ)
    assert unknown <= {tick["task"] for tick in beat_table.SCHEDULE.values()}
    older.work()
    house.until(lambda: bool(celery.control.ping([f"older@{gethostname()}"], timeout=0.5)))

    celery.send_task("desk.look_for_old")

    house.until(lambda: "unregistered task of type 'desk.look_for_old'" in older.log())
    assert older.worker is not None
    assert older.worker.poll() is None
    older.worker.terminate()
    older.worker.wait(GRACE_SECONDS)
    with celery.connection_for_read() as broker:
        channel: Any = broker.default_channel
        assert channel.queue_declare("housekeeping").message_count == 0
        assert channel.client.hlen("unacked") == 0


def book(practice: Practice) -> Appointment:
    patient = practice.patient("confirms")
    request = Booking(
        patient=patient,
        kind=factories.make_kind(practice.clinic),
        site=factories.make_site(practice.clinic),
        starts_at=factories.NOON + timedelta(days=2),
        contact=patient.contacts.first(),
    )
    return booking.book(request, by=None, now=factories.NOON)


def fresh(visits: list[Appointment]) -> list[Appointment]:
    return list(Appointment.objects.filter(pk__in=[visit.pk for visit in visits]))


def assert_nothing_is_lost_doubled_or_stuck(house: House) -> None:
    left = Counter(entry["callback"].partition(".")[0] for entry in house.sandbox.accepted())
    assert [times for times in left.values() if times > 1] == []
    ours = {str(message.callback): message for message in Message.objects.all()}
    assert set(left) == {key for key, message in ours.items() if message.accepted_at}
    due = Reminder.objects.filter(due_at__lte=house.now)
    assert not due.filter(status=ReminderStatus.PLANNED).exists()
    assert {message.status for message in ours.values()} <= {Status.READ, Status.DELIVERED}
    assert set(house.sandbox.heard()) == set(Reply.objects.values_list("wamid", flat=True))
    assert not Reply.objects.filter(handled_at=None).exists()
    assert not Delivery.objects.exclude(problem="", digest_after=None).exists()
