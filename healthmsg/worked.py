"""What workers leave behind of their tasks: a sign of life, and what each found and when."""

import logging
import time
from collections.abc import Callable
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.db import Error

from healthmsg.beat_table import ROUTES

logger = logging.getLogger(__name__)

# Tasks that tick every second need not write every second.
EVERY_SECONDS = 5.0
# Which process of the Procfile works a queue.
PART_OF = {"sender": "sender", "inbox": "inbox", "default": "worker", "housekeeping": "worker"}

_began: dict[str, float] = {}
_live_at: dict[str, float] = {}
_noted_at: dict[str, float] = {}
_found: dict[str, int] = {}


def connect() -> None:
    """Listen to the tasks of this process."""
    task_prerun.connect(_begin)
    task_postrun.connect(_end)


def be_due() -> None:
    """Let the next task write, however lately one has."""
    _live_at.clear()
    _noted_at.clear()


def forget() -> None:
    """Forget everything that is not written down yet, as a process that has just begun."""
    be_due()
    _began.clear()
    _found.clear()


def _begin(task_id: str, task: Any, **_kwargs: Any) -> None:
    _began[task_id] = time.monotonic()
    _say_live(task.name)


def _end(task_id: str, task: Any, retval: Any, state: str, **_kwargs: Any) -> None:
    """A turn of sending lasts long: its sign of life is given before and after."""
    seconds = time.monotonic() - _began.pop(task_id, time.monotonic())
    _say_live(task.name)
    if isinstance(retval, int):
        _found[task.name] = _found.get(task.name, 0) + retval
    broke_with = type(retval).__name__ if state == "FAILURE" else ""
    if task.name in ROUTES and (broke_with or _is_due(_noted_at, task.name)):
        _write_down(task.name, seconds, broke_with)


def _say_live(task_name: str) -> None:
    part = PART_OF.get(ROUTES.get(task_name, {}).get("queue", ""), "")
    if part and _is_due(_live_at, part):
        from whatsapp import watching  # noqa: PLC0415 - apps must be ready first

        _without_fail(lambda: watching.live(part))


def _write_down(name: str, seconds: float, broke_with: str) -> None:
    from whatsapp import watching  # noqa: PLC0415 - apps must be ready first

    found = _found.pop(name, 0)
    _without_fail(lambda: watching.note(name, found=found, seconds=seconds, broke_with=broke_with))


def _is_due(last: dict[str, float], name: str) -> bool:
    now = time.monotonic()
    if now - last.get(name, -EVERY_SECONDS) < EVERY_SECONDS:
        return False
    last[name] = now
    return True


def _without_fail(write: Callable[[], None]) -> None:
    """A task must not end because nobody could be told of it."""
    try:
        write()
    except Error as error:
        logger.warning("no sign of life was kept", extra={"because": type(error).__name__})
