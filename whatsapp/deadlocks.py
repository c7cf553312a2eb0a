"""Does again what the database gave up because two writers waited for each other."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError
from psycopg.errors import DeadlockDetected

TRIES = 5
T = TypeVar("T")


def again(verb: Callable[[], T]) -> T:
    """Call `verb`, which opens its own transaction, until it is through or was given up often."""
    for _ in range(TRIES - 1):
        try:
            return verb()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    return verb()
