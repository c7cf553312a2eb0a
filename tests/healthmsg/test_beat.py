"""The scheduler's rows follow our table, keep what staff changed, and bear a second beat."""

import threading

import pytest
from django.db import connection
from django_celery_beat.models import PeriodicTask

from healthmsg.beat import OURS, Scheduler
from healthmsg.beat_table import SCHEDULE
from healthmsg.celery import app

# The scheduler closes its connection, so no test's transaction can hold what it writes.
pytestmark = pytest.mark.django_db(transaction=True)


def start_a_beat() -> Scheduler:
    return Scheduler(app=app)


def row(name: str) -> PeriodicTask:
    return PeriodicTask.objects.get(name=name)


def test_the_table_becomes_rows_that_expire() -> None:
    start_a_beat()

    ours = PeriodicTask.objects.filter(description=OURS)
    assert set(ours.values_list("name", flat=True)) == set(SCHEDULE)
    assert set(ours.values_list("expire_seconds", flat=True)) == {15}
    assert set(ours.values_list("enabled", flat=True)) == {True}


def test_an_edit_of_the_staff_survives_a_restart() -> None:
    start_a_beat()
    PeriodicTask.objects.filter(name="sync templates").update(enabled=False, priority=3)

    start_a_beat()

    assert not row("sync templates").enabled
    assert row("sync templates").priority == 3


def test_a_tick_that_left_the_table_is_switched_off() -> None:
    start_a_beat()
    PeriodicTask.objects.filter(name="send").update(name="send as we did last year")

    start_a_beat()

    assert not row("send as we did last year").enabled
    assert row("send").enabled


def test_a_tick_that_the_staff_added_is_left_alone() -> None:
    start_a_beat()
    interval = row("send").interval
    PeriodicTask.objects.create(name="ours", task="whatsapp.sweep", interval=interval)

    start_a_beat()

    assert row("ours").enabled


def test_a_new_tick_of_the_table_comes_in() -> None:
    start_a_beat()
    PeriodicTask.objects.filter(name="digest").delete()

    start_a_beat()

    assert row("digest").enabled


def test_two_beats_that_start_together_make_one_set_of_rows() -> None:
    gate = threading.Barrier(2)
    broken: list[BaseException] = []

    def begin() -> None:
        try:
            gate.wait(5)
            start_a_beat()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            broken.append(error)
        finally:
            connection.close()

    beats = [threading.Thread(target=begin) for _ in range(2)]
    for thread in beats:
        thread.start()
    for thread in beats:
        thread.join(20)

    assert broken == []
    ours = PeriodicTask.objects.filter(description=OURS)
    assert sorted(ours.values_list("name", flat=True)) == sorted(SCHEDULE)
