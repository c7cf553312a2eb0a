"""Who is at work where no person is: tasks and commands tell the database their names."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pghistory
from celery.signals import task_postrun, task_prerun

_here = threading.local()


def connect() -> None:
    """Listen to the tasks of this process."""
    task_prerun.connect(_begin)
    task_postrun.connect(_end)


@contextlib.contextmanager
def as_program(name: str) -> Iterator[None]:
    """Put a program's name to everything that is written inside, such as "command setup"."""
    with pghistory.context(done_by=name):
        yield


def _begin(task_id: str, task: Any, **_signal: Any) -> None:
    # A task that runs inside somebody's request is that person's doing.
    if not task.request.is_eager:
        _here.task_id, _here.work = task_id, as_program(f"task {task.name}")
        _here.work.__enter__()


def _end(task_id: str, **_signal: Any) -> None:
    if getattr(_here, "task_id", None) == task_id:
        _here.work.__exit__(None, None, None)
        del _here.task_id, _here.work
