"""One turn of sending: every number with something due, each by one pump at a time."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import psycopg
from django.db import connections
from redis.asyncio import Redis
from redis.exceptions import RedisError

from healthmsg.clinic.sending_hours import SendingHours
from whatsapp import consequences, settling
from whatsapp.claiming import Claims, Terms
from whatsapp.connection import connect
from whatsapp.models import Message, Sender
from whatsapp.pacing import Draws, Pace
from whatsapp.pump import Line, Outcome, Pump
from whatsapp.status import Lane

logger = logging.getLogger(__name__)

LEASE_MILLISECONDS = 10_000
RENEW_EVERY_SECONDS = 3.0
ANSWERS_ONLY = (int(Lane.REPLY),)
EVERYTHING = (int(Lane.REPLY), int(Lane.REMINDER), int(Lane.BROADCAST))

_RENEW = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


@dataclass(frozen=True)
class Surroundings:
    """What a turn is told by its edge."""

    redis_url: str
    base_url: str
    graph_version: str
    token: str
    uses_sandbox: bool
    seconds: float
    now: Callable[[], datetime]
    stopped: Callable[[], bool]


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


def open_lanes(sender: Sender, now: datetime) -> tuple[int, ...]:
    """Answers leave at any hour; outside the clinic's hours nothing else is even claimed."""
    return EVERYTHING if SendingHours.of(sender.clinic).is_open(now) else ANSWERS_ONLY


def _has_due(sender: Sender, lane: int, now: datetime) -> bool:
    return Message.objects.filter(sender=sender, lane=lane, send_after__lte=now).exists()


async def take(senders: list[Sender], around: Surroundings, *, draw: Draws | None = None) -> bool:
    """
    Send what is due on these numbers, at most `around.seconds` long.

    :param draw: slots for all of them, in place of each number's own pace
    :returns: True where work may be left
    """
    redis = Redis.from_url(around.redis_url)
    try:
        left = await asyncio.gather(*(_serve(s, around, redis, draw) for s in senders))
    finally:
        await redis.aclose()
    return any(left)


async def _serve(sender: Sender, around: Surroundings, redis: Redis, draw: Draws | None) -> bool:
    key, mine = f"pump:{sender.pk}", uuid.uuid4().hex
    try:
        if not await redis.set(key, mine, nx=True, px=LEASE_MILLISECONDS):
            return False
    except RedisError as error:
        logger.warning("no turn without Redis", extra={"because": type(error).__name__})
        return False
    lost = asyncio.Event()
    renewing = asyncio.create_task(_renew(redis, key, mine, lost))
    try:
        pace = draw or Pace(
            redis, key=sender.phone_number_id, rate_per_second=sender.rate_per_second
        )
        return await _pump(sender, around, pace, lost)
    except (RedisError, psycopg.OperationalError) as error:
        # The rows are safe: claimed ones run out of lease, the others still wait.
        logger.warning(
            "a turn ended early", extra={"sender_id": sender.pk, "because": type(error).__name__}
        )
        return False
    except Exception:
        # Numbers are independent: what breaks one must not end the turn of the others.
        logger.exception("a number's turn broke", extra={"sender_id": sender.pk})
        return False
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError, RedisError):
            await renewing
        with suppress(RedisError):
            await redis.eval(_RELEASE, 1, key, mine)


async def _renew(redis: Redis, key: str, mine: str, lost: asyncio.Event) -> None:
    while True:
        await asyncio.sleep(RENEW_EVERY_SECONDS)
        try:
            if not await redis.eval(_RENEW, 1, key, mine, str(LEASE_MILLISECONDS)):
                lost.set()
        except RedisError:
            lost.set()


async def _pump(sender: Sender, around: Surroundings, pace: Draws, lost: asyncio.Event) -> bool:
    terms = Terms(
        sender_id=sender.pk,
        uses_sandbox=around.uses_sandbox,
        lanes=partial(open_lanes, sender),
        now=around.now,
    )
    url = f"{around.base_url}/{around.graph_version}/{sender.phone_number_id}/messages"
    async with await connect() as claiming_side, await connect() as settling_side:

        async def settle(outcomes: list[Outcome]) -> None:
            far = await settling.settle(settling_side, outcomes, now=around.now())
            if far:
                await asyncio.to_thread(_aside, lambda: follow_up(far, now=around.now()))

        pump = Pump(
            Line(url, around.token), claim=Claims(claiming_side, terms), settle=settle, draw=pace
        )
        return await pump.run(
            until=time.monotonic() + around.seconds,
            stopped=lambda: lost.is_set() or around.stopped(),
        )


def follow_up(outcomes: list[Outcome], *, now: datetime) -> None:
    """Do what refusals ask for beyond their messages: each code once for all that share it."""
    by_id = {o.claimed.id: o for o in outcomes}
    messages = Message.objects.filter(pk__in=by_id).select_related(
        "sender", "phone", "template_version__template"
    )
    for message in messages:
        error = by_id[message.pk].error
        if error is not None:
            consequences.follow(message, error.code, now=now)


def _aside(act: Callable[[], None]) -> None:
    """Call in a thread of the loop's; Django's connection there belongs to nobody afterwards."""
    try:
        act()
    finally:
        connections.close_all()
