"""What time it is for the business; leases and pacing keep real time instead."""

import os
import time
from datetime import UTC, datetime
from functools import cache


def now() -> datetime:
    """Return the business moment, aware and in UTC. Only edges ask; verbs are given the answer."""
    started, shown, speed = _compressed()
    return datetime.fromtimestamp(shown + (time.time() - started) * speed, UTC)


@cache
def _compressed() -> tuple[float, float, float]:
    """
    Read `HEALTHMSG_CLOCK`, "real epoch:shown epoch:speed", which the demo hands to its children.

    Unset, business time is real time.
    """
    value = os.environ.get("HEALTHMSG_CLOCK", "")
    if not value:
        return 0.0, 0.0, 1.0
    started, shown, speed = (float(part) for part in value.split(":"))
    return started, shown, speed
