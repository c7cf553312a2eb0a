"""Every task has a queue, every queue somebody who works it, every tick a reason."""

import re
from collections import Counter

import pytest

from healthmsg.beat_table import ROUTES, SCHEDULE
from healthmsg.celery import app
from healthmsg.desk.demo.running import HURRIED
from healthmsg.desk.demo.scenarios.playing import HURRIED_TOO
from tests.house.source import ROOT

_PROCESS = re.compile(r"^([a-z]+):\s*(.+)$", re.MULTILINE)


def our_tasks() -> set[str]:
    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith("celery.")}


def processes() -> dict[str, str]:
    return dict(_PROCESS.findall((ROOT / "Procfile").read_text()))


def queues_worked() -> Counter[str]:
    worked = [re.search(r"-Q (\S+)", command) for command in processes().values()]
    return Counter(queue for found in worked if found for queue in found[1].split(","))


def test_every_task_has_a_queue_and_every_route_a_task() -> None:
    assert our_tasks() == set(ROUTES)


def test_every_queue_is_worked_by_one_process_of_the_procfile() -> None:
    wanted = {route["queue"] for route in ROUTES.values()}

    assert queues_worked() == Counter(wanted)


def test_the_procfile_has_every_process() -> None:
    assert set(processes()) == {"web", "door", "sender", "inbox", "worker", "beat", "sandbox"}


def test_the_task_is_named_after_its_app() -> None:
    for name in our_tasks():
        app_label = app.tasks[name].run.__module__.removeprefix("healthmsg.").split(".")[0]
        assert name.split(".")[0] == app_label


@pytest.mark.parametrize("name", SCHEDULE)
def test_a_tick_calls_a_task_and_expires(name: str) -> None:
    tick = SCHEDULE[name]

    assert tick["task"] in our_tasks()
    # `expires` would be dropped silently, and ticks would pile up behind a stopped worker.
    assert set(tick["options"]) == {"expire_seconds"}
    assert 5 <= tick["options"]["expire_seconds"] <= 60


@pytest.mark.parametrize("name", SCHEDULE)
def test_a_tick_says_what_waits_if_it_stops(name: str) -> None:
    lines = (ROOT / "healthmsg" / "beat_table.py").read_text().splitlines()
    (place,) = (n for n, line in enumerate(lines) if line.startswith(f'    "{name}": '))

    assert re.match(r"    # \S.*\.$", lines[place - 1])


def test_what_the_demo_hurries_is_in_the_table() -> None:
    assert {*HURRIED, *HURRIED_TOO} <= set(SCHEDULE)
