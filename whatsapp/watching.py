"""Signs of life and rounds of sweepers, written where everybody sees them."""

import logging
import socket
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import connection

logger = logging.getLogger(__name__)

# The database's real clock: all hosts share it, and no demo hurries it.
_LIVE = """
INSERT INTO whatsapp_heartbeat (part, host, seen_at) VALUES (%s, %s, statement_timestamp())
ON CONFLICT (part, host) DO UPDATE SET seen_at = excluded.seen_at
"""
_NOTE = """
INSERT INTO whatsapp_sweep AS sweep
       (name, ran_at, seconds, found, found_in_all, found_at, broke_with, broke_at,
        broke_since)
SELECT %(name)s, statement_timestamp(), %(seconds)s, %(found)s, %(found)s,
       CASE WHEN %(found)s > 0 THEN statement_timestamp() END, %(broke_with)s,
       CASE WHEN %(broke_with)s <> '' THEN statement_timestamp() END,
       CASE WHEN %(broke_with)s <> '' THEN statement_timestamp() END
ON CONFLICT (name) DO UPDATE
   SET ran_at = excluded.ran_at, seconds = excluded.seconds, found = excluded.found,
       found_in_all = sweep.found_in_all + excluded.found,
       found_at = coalesce(excluded.found_at, sweep.found_at), broke_with = excluded.broke_with,
       broke_at = coalesce(excluded.broke_at, sweep.broke_at),
       broke_since = CASE WHEN excluded.broke_with <> ''
                     THEN coalesce(sweep.broke_since, excluded.broke_since) END
"""


def real_now() -> datetime:
    """Return the database's clock: all processes share it, and no demo hurries it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def live(part: str) -> None:
    """Say that a part works on this host."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVE, [part, socket.gethostname()[:64]])


def note(name: str, *, found: int, seconds: float, broke_with: str = "") -> None:
    """Write down one look of a sweeper; the newest counts, what was found adds up."""
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE, {"name": name, "found": found, "seconds": seconds, "broke_with": broke_with}
        )


def make_round(parts: Mapping[str, Callable[[], int]]) -> dict[str, int]:
    """
    Let every sweeper look, in order; one that breaks stops no other and says so in its row.

    :returns: what each found; those that broke are left out
    """
    found = {}
    for name, look in parts.items():
        began, broke_with = time.monotonic(), ""
        try:
            found[name] = look()
        except Exception as error:  # noqa: BLE001 - sweepers are independent of each other
            broke_with = type(error).__name__
            # Frames only: the words of errors may repeat what stands in a row.
            logger.error(  # noqa: TRY400
                "a sweeper broke\n%s",
                "".join(traceback.format_tb(error.__traceback__)),
                extra={"sweeper": name, "error": broke_with},
            )
        seconds = time.monotonic() - began
        note(name, found=found.get(name, 0), seconds=seconds, broke_with=broke_with)
    return found
