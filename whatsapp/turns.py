"""One turn of sending: every number with something due, each by one pump at a time."""

import asyncio
import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connections
from redis.asyncio import Redis

from whatsapp import serving
from whatsapp.claiming import EARLY
from whatsapp.models import Message, Sender
from whatsapp.pacing import Draws
from whatsapp.serving import Surroundings, open_lanes
from whatsapp.status import Lane

logger = logging.getLogger(__name__)

# A number that becomes due while all children send waits no longer than this for one of them.
LOOK_EVERY_SECONDS = 0.5
_USUAL = gc.get_threshold()
_OBJECTS_UNTIL_COLLECTED = 50_000

__all__ = ["Surroundings", "due_senders", "open_lanes", "take"]


def due_senders(*, now: datetime, uses_sandbox: bool) -> list[Sender]:
    """Return the numbers that may send and have something due, held ones left out."""
    senders = Sender.objects.filter(
        held_at=None, account__held_at=None, account__portfolio__held_at=None
    ).select_related("clinic", "account")
    found = []
    for sender in senders:
        if sender.clinic.is_live and uses_sandbox:
            logger.error(
                "a live clinic is not served through the sandbox",
                extra={"clinic_id": sender.clinic_id},
            )
        elif any(_has_due(sender, lane, now) for lane in open_lanes(sender, now)):
            found.append(sender)
    return found


def _has_due(sender: Sender, lane: int, now: datetime) -> bool:
    due = Message.objects.filter(sender=sender, send_after__lte=now)
    if lane == EARLY:
        return due.filter(lane=int(Lane.REMINDER), stream__opens_early=True).exists()
    return due.filter(lane=lane).exists()


class _Turn:
    """The numbers that are being served, and those that join them on the way."""

    def __init__(self, around: Surroundings, redis: Redis, draw: Draws | None) -> None:
        self._around = around
        self._redis = redis
        self._draw = draw
        self._ends_at = asyncio.get_running_loop().time() + around.seconds
        self._served: dict[int, asyncio.Task[bool]] = {}
        self._is_work_left = False

    def begin(self, senders: list[Sender]) -> None:
        for sender in senders:
            if sender.pk not in self._served:
                self._served[sender.pk] = asyncio.create_task(
                    serving.serve(sender, self._around, self._redis, self._draw)
                )

    async def run(self, look: Callable[[], list[Sender]] | None) -> bool:
        while self._served:
            await asyncio.wait(self._served.values(), timeout=LOOK_EVERY_SECONDS)
            self._land()
            if look is not None and self._served and self._goes_on():
                self.begin(await asyncio.to_thread(_aside, look))
        return self._is_work_left

    def _goes_on(self) -> bool:
        is_over = asyncio.get_running_loop().time() >= self._ends_at
        return not is_over and not self._around.stopped()

    def _land(self) -> None:
        for pk in [pk for pk, task in self._served.items() if task.done()]:
            self._is_work_left = self._served.pop(pk).result() or self._is_work_left


async def take(
    senders: list[Sender],
    around: Surroundings,
    *,
    draw: Draws | None = None,
    look: Callable[[], list[Sender]] | None = None,
) -> bool:
    """
    Send what is due on these numbers, at most `around.seconds` long.

    :param draw: slots for all of them, in place of each number's own pace
    :param look: returns the numbers due now; those that become due on the way are served too
    :returns: True where work may be left
    """
    redis = Redis.from_url(around.redis_url)
    try:
        with little_garbage_collected():
            turn = _Turn(around, redis, draw)
            turn.begin(senders)
            return await turn.run(look)
    finally:
        await redis.aclose()


@contextmanager
def little_garbage_collected() -> Iterator[None]:
    """
    Leave what stands already alone, and look for garbage only after a few hundred posts.

    While thousands of posts come and go, Python would look through all of Django again and again:
    a third of a message's CPU.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS_UNTIL_COLLECTED, *_USUAL[1:])
    try:
        yield
    finally:
        gc.set_threshold(*_USUAL)
        gc.unfreeze()


def _aside(look: Callable[[], list[Sender]]) -> list[Sender]:
    """Look in a thread of the loop's; Django's connection there belongs to nobody afterwards."""
    try:
        return look()
    finally:
        connections.close_all()
