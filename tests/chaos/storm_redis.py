"""Redis flushed, frozen, gone for half a minute, and back with nothing in it."""

import os
import signal

from django.conf import settings
from redis import Redis

from tests.chaos.house import House
from tests.chaos.practice import Practice

AWAY_SECONDS = 30.0
FROZEN_SECONDS = 12.0  # longer than a number's lease


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=0.3)
    practice.keep_queueing(per_second=10, seconds=50)
    house.pause(2.0, 4.0)
    flush(house)
    house.pause(2.0, 4.0)
    freeze(house, seconds=FROZEN_SECONDS)
    house.pause(3.0, 5.0)
    replace(house, seconds=AWAY_SECONDS)
    house.pause(2.0, 4.0)


def flush(house: House) -> None:
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.flushall()
    house.say("Redis was flushed")


def freeze(house: House, *, seconds: float) -> None:
    pid = house.redis_pid()
    os.kill(pid, signal.SIGSTOP)
    house.say("Redis is frozen: it takes connections and answers nothing")
    house.pause(seconds, seconds)
    os.kill(pid, signal.SIGCONT)
    house.say("Redis is awake")


def replace(house: House, *, seconds: float) -> None:
    """Kill Redis, and bring one back that has never heard of anything."""
    with house.without(house.redis_pid(), signal.SIGKILL, seconds=seconds):
        house.say("Redis is gone")
        for kept in (house.directory / "valkey").glob("*.rdb"):
            kept.unlink()
    house.say("Redis is back, and empty")
