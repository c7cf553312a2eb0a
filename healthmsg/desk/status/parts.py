"""The parts of the house and their last signs of life."""

import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import DateTimeField, Value
from redis import Redis
from redis.exceptions import RedisError

from whatsapp.models import Heartbeat, LineBeat, Sweep

RECEIVER = "door"
# Without these nothing leaves or comes back.
PROCESSES = ("beat", "sender", "inbox", "worker")
# A turn of sending takes its time; whoever is silent for so much longer is gone.
FRESH = timedelta(seconds=60)
_PING_SECONDS = 1.0


@dataclass(frozen=True)
class Sign:
    """One process on one host; a part that never worked has neither."""

    part: str
    host: str
    seen_at: datetime | None
    # The receiver only: it stood without a gap since then.
    since: datetime | None = None

    def is_fresh(self, real_now: datetime) -> bool:
        return self.seen_at is not None and real_now - self.seen_at < FRESH


@dataclass(frozen=True)
class Disk:
    """Where data grows."""

    name: str
    free: int  # bytes
    total: int


def signs() -> list[Sign]:
    """Return every sign there is, and a blank one for each part that never gave one."""
    never = Value(None, output_field=DateTimeField())
    beats = Heartbeat.objects.order_by().values_list("part", "host", "seen_at", never)
    receiver = LineBeat.objects.order_by().filter(name=RECEIVER)
    lines = receiver.values_list("name", Value(""), "seen_at", "since")
    found = [Sign(*told) for told in beats.union(lines, all=True)]
    known = {sign.part for sign in found}
    found += [Sign(part, "", None) for part in (*PROCESSES, RECEIVER) if part not in known]
    order = (*PROCESSES, RECEIVER)
    return sorted(
        (sign for sign in found if sign.part in order),
        key=lambda sign: (order.index(sign.part), sign.host),
    )


def sweeps() -> dict[str, Sweep]:
    """Return the last look of each sweeper by its name."""
    return {sweep.name: sweep for sweep in Sweep.objects.all()}


def redis_answers_in() -> float | None:
    """Return how many seconds Redis took to answer, None where it did not."""
    began = time.monotonic()
    try:
        with Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=_PING_SECONDS,
            socket_connect_timeout=_PING_SECONDS,
        ) as redis:
            redis.ping()
    except RedisError:
        return None
    return time.monotonic() - began


def disks() -> list[Disk]:
    """Return the disks under our data and our code, each once."""
    found: dict[int, Disk] = {}
    for name, path in (("data", settings.EMBEDDED.directory), ("program", settings.BASE_DIR)):
        if Path(path).exists():
            usage = shutil.disk_usage(path)
            found.setdefault(Path(path).stat().st_dev, Disk(name, usage.free, usage.total))
    return list(found.values())
