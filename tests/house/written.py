"""What somebody's request writes into the database, table by table."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

# Not: FOR UPDATE, FOR NO KEY UPDATE, DO UPDATE.
_WRITES = re.compile(
    r"(?:\bINSERT\s+INTO|\bDELETE\s+FROM|\bCOPY|(?<!FOR )(?<!KEY )(?<!DO )\bUPDATE)"
    r'\s+(?:ONLY\s+)?"?(\w+)"?',
    re.IGNORECASE,
)
# That somebody looked is written down by looking.
LOOKS = {"clinic_auditnote"}


@contextmanager
def tables() -> Iterator[set[str]]:
    """Collect the tables that got, lost or changed a row, but those that tell of looks."""
    found: set[str] = set()

    def note(
        execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        done = execute(sql, params, many, context)
        if context["cursor"].rowcount:
            found.update(set(_WRITES.findall(str(sql))) - LOOKS)
        return done

    with connection.execute_wrapper(note):
        yield found
