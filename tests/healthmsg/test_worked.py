"""Every task of a worker leaves a sign of life and what it found."""

import pytest
from celery import signals

from healthmsg import worked
from healthmsg.beat_table import ROUTES
from healthmsg.celery import app
from whatsapp.models import Heartbeat, Sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    app.loader.import_default_modules()
    worked.forget()


def work(name: str, retval: object, state: str = "SUCCESS") -> None:
    """Say what a worker says before and after a task."""
    task = app.tasks[name]
    signals.task_prerun.send(sender=task, task_id="1", task=task)
    signals.task_postrun.send(sender=task, task_id="1", task=task, retval=retval, state=state)


def test_a_task_shows_that_its_process_works() -> None:
    work("reminders.queue_due_odd", 3)

    assert Heartbeat.objects.get().part == "worker"
    sweep = Sweep.objects.get()
    assert (sweep.name, sweep.found) == ("reminders.queue_due_odd", 3)


def test_tasks_that_tick_often_write_seldom_and_lose_no_count() -> None:
    for _ in range(4):
        work("whatsapp.digest", 5)
    assert Sweep.objects.get().found_in_all == 5

    worked.be_due()
    work("whatsapp.digest", 5)

    assert Sweep.objects.get().found_in_all == 25


def test_a_task_that_broke_says_so_at_once() -> None:
    work("whatsapp.digest", None)
    work("whatsapp.digest", ValueError("words"), "FAILURE")

    assert Sweep.objects.get().broke_with == "ValueError"


def test_foreign_tasks_leave_nothing() -> None:
    work("celery.backend_cleanup", None)

    assert not Heartbeat.objects.exists()
    assert not Sweep.objects.exists()


def test_every_queue_belongs_to_a_process() -> None:
    assert {route["queue"] for route in ROUTES.values()} == set(worked.PART_OF)
