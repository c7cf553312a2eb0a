"""One number's part of a turn: its lease, its pace, and what its answers ask of it."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from datetime import time as time_of_day
from functools import partial

import psycopg
from django.db import connections
from redis.asyncio import Redis
from redis.exceptions import RedisError

from healthmsg.clinic.sending_hours import SendingHours
from whatsapp import circuit, consequences, deadlocks, leasing, measures, repercussions, settling
from whatsapp.claiming import EARLY, Claims, Terms
from whatsapp.connection import connect
from whatsapp.errors import NOT_REACHED, OutcomeUnknown, PairThrottled, Throttled
from whatsapp.measures import Tally
from whatsapp.models import Message, Sender
from whatsapp.pacing import Draws, Pace
from whatsapp.pairs import Pairs
from whatsapp.pump import Claimed, Line, Outcome, Pump, Take
from whatsapp.repercussions import Missed
from whatsapp.status import Lane
from whatsapp.throttle import AT_THE_EDGE, Throttle

logger = logging.getLogger(__name__)

LEASE_MILLISECONDS = 10_000
RENEW_EVERY_SECONDS = 3.0
ANSWERS_ONLY = (int(Lane.REPLY),)
# "Your visit of this morning is cancelled" is worth waking for: from six, by the clinic's clocks.
OPENS_EARLY = time_of_day(6)
ANSWERS_AND_EARLY = (int(Lane.REPLY), EARLY)
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
    token: str = field(repr=False)
    uses_sandbox: bool
    seconds: float
    now: Callable[[], datetime]
    stopped: Callable[[], bool]
    # Rings for another turn; may block for a moment.
    ring: Callable[[], None] = lambda: None


def open_lanes(sender: Sender, now: datetime) -> tuple[int, ...]:
    """
    Return what may be claimed now: outside the clinic's hours answers alone.

    From six until they open also what stands in a stream that opens early.
    """
    hours = SendingHours.of(sender.clinic)
    if hours.is_open(now):
        return EVERYTHING
    is_early = OPENS_EARLY <= now.astimezone(hours.zone).time() < hours.opens
    return ANSWERS_AND_EARLY if is_early else ANSWERS_ONLY


class Lease:
    """The right to feed one number, in Redis: kept while it is renewed, gone ten seconds after."""

    def __init__(
        self, redis: Redis, sender: Sender, *, renew_every_seconds: float = RENEW_EVERY_SECONDS
    ) -> None:
        self._redis = redis
        self._renew_every_seconds = renew_every_seconds
        self._key, self._mine = f"pump:{sender.pk}", uuid.uuid4().hex
        self._renewing: asyncio.Task[None] | None = None
        self._is_given_back = False
        self.is_lost = False

    async def take(self) -> bool:
        if not await self._redis.set(self._key, self._mine, nx=True, px=LEASE_MILLISECONDS):
            return False
        self._renewing = asyncio.create_task(self._renew())
        return True

    async def give_back(self) -> None:
        """Let others feed the number; twice is once."""
        if self._renewing is None:
            return
        # Redis' client may take a cancellation for a time-out of its own (seen on a host that got
        # an eighth of a core): the number was then renewed for ever, and served by nobody.
        self._is_given_back = True
        self._renewing.cancel()
        with suppress(asyncio.CancelledError, RedisError):
            await self._renewing
        self._renewing = None
        with suppress(RedisError):
            await self._redis.eval(_RELEASE, 1, self._key, self._mine)

    async def _renew(self) -> None:
        while not self._is_given_back:
            await asyncio.sleep(self._renew_every_seconds)
            try:
                kept = await self._redis.eval(
                    _RENEW, 1, self._key, self._mine, str(LEASE_MILLISECONDS)
                )
            except RedisError:
                kept = False
            self.is_lost = self.is_lost or not kept


async def serve(sender: Sender, around: Surroundings, redis: Redis, draw: Draws | None) -> bool:
    """
    Send what is due on one number, unless another turn has it.

    :returns: True where work may be left and nobody was rung for it
    """
    lease = Lease(redis, sender)
    try:
        if not await lease.take():
            return False
        return await _Service(sender, around, redis, lease).run(draw)
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
        await lease.give_back()


class _Service:
    """What one number's pump is handed: claim, settle, slots, and whom to tell in the end."""

    def __init__(self, sender: Sender, around: Surroundings, redis: Redis, lease: Lease) -> None:
        self._sender = sender
        self._around = around
        self._lease = lease
        self._throttle = Throttle(sender.rate_per_second)
        self._pace = Pace(redis, key=sender.phone_number_id, rate_per_second=self._throttle)
        self._pairs = Pairs(redis, key=str(sender.pk))
        self._tally = Tally()

    async def run(self, draw: Draws | None) -> bool:
        around = self._around
        url = f"{around.base_url}/{around.graph_version}/{self._sender.phone_number_id}/messages"
        async with await connect() as claiming_side, await connect() as self._settling:
            await claiming_side.execute(leasing.STEADY)
            await self._throttle.look(self._settling, self._sender.pk)
            self._claims = Claims(claiming_side, self._terms())
            self._pump = Pump(
                Line(url, around.token),
                claim=self._claim,
                settle=self._settle,
                draw=draw or self._pace,
                fed=self._hand_over,
            )
            left = await self._pump.run(
                until=time.monotonic() + around.seconds,
                stopped=lambda: self._lease.is_lost or around.stopped(),
            )
            await self._write_figures()
        return left

    def _terms(self) -> Terms:
        return Terms(
            sender_id=self._sender.pk,
            uses_sandbox=self._around.uses_sandbox,
            lanes=partial(open_lanes, self._sender),
            now=self._around.now,
        )

    async def _claim(self, wanted: int) -> Take:
        """Claim, and put back what cannot be read, or is too much for its phone right now."""
        take = await self._claims(wanted)
        if take.unreadable:
            await self._put_aside(take.unreadable)
        try:
            waits = await self._pairs.take([c.phone_id for c in take.claimed])
        except RedisError:
            # They are leased to us: going on is better than leaving them to the sweeper.
            return take
        if not any(waits):
            return take
        late = [(c, wait) for c, wait in zip(take.claimed, waits, strict=True) if wait]
        await settling.put_back(self._settling, late, now=self._around.now())
        going = [c for c, wait in zip(take.claimed, waits, strict=True) if not wait]
        return Take(going, take.may_be_more)

    async def _put_aside(self, unreadable: list[Claimed]) -> None:
        """Let them wait for their key: an alarm says so meanwhile."""
        logger.error(
            "messages cannot be read: a key is missing in AUDIT_KEYS",
            extra={"sender_id": self._sender.pk, "count": len(unreadable)},
        )
        late = [(message, settling.UNREADABLE_SECONDS) for message in unreadable]
        now, because = self._around.now(), settling.UNREADABLE
        await settling.put_back(self._settling, late, now=now, because=because)

    async def _settle(self, outcomes: list[Outcome]) -> None:
        now = self._around.now()
        far = await settling.settle(self._settling, outcomes, now=now)
        answers = [outcome.error for outcome in outcomes]
        await circuit.count(self._settling, self._sender.pk, answers, now=now)
        for outcome in outcomes:
            self._measure(outcome)
            if isinstance(outcome.error, Throttled):
                code = outcome.error.code or AT_THE_EDGE
                await self._throttle.slow_down(self._settling, self._sender.pk, code)
            elif isinstance(outcome.error, PairThrottled):
                with suppress(RedisError):
                    await self._pairs.refused(outcome.claimed.phone_id)
        if far:
            await asyncio.to_thread(_aside, lambda: follow_up(far, now=now))
        if self._tally.is_due:
            await self._write_figures()

    async def _write_figures(self) -> None:
        """Figures are not worth a turn: what cannot be written is tallied on."""
        try:
            await self._tally.flush(self._settling)
        except psycopg.Error as error:
            logger.warning("figures not written", extra={"because": type(error).__name__})

    def _measure(self, outcome: Outcome) -> None:
        name, sender = measures.API_LATENCY, self._sender.pk
        if outcome.error is None:
            self._tally.observe(name, sender, outcome.seconds, measures.ACCEPTED)
            waited = time.monotonic() - outcome.claimed.due_at
            self._tally.observe(measures.QUEUE_TO_ACCEPT, sender, waited)
        elif isinstance(outcome.error, OutcomeUnknown):
            self._tally.observe(name, sender, outcome.seconds, measures.UNKNOWN)
        else:
            self._tally.observe(name, sender, outcome.seconds, measures.REFUSED)

    async def _hand_over(self, is_work_left: bool) -> None:  # noqa: FBT001 - as pump.Fed has it
        """Another turn may begin while the last answers of this one are on their way."""
        # The next turn's slots begin where this one's end: one too many in a second, and WhatsApp's
        # no to it halves the pace for all.
        await self._pace.reserve(self._pump.clears_in)
        await self._lease.give_back()
        if is_work_left and not self._around.stopped():
            await asyncio.to_thread(self._around.ring)


def follow_up(outcomes: list[Outcome], *, now: datetime) -> None:
    """Do what refusals ask for beyond their messages: each code once for all that share it."""
    codes = {o.claimed.id: o.error.code for o in outcomes if o.error is not None}
    # WhatsApp tells of it by notice as a rule, and now and then at once.
    missed = [
        Missed(o.claimed.phone_id, o.claimed.id, now)
        for o in outcomes
        if codes.get(o.claimed.id) == NOT_REACHED
    ]
    deadlocks.again(lambda: repercussions.miss(missed, now=now))
    far = [pk for pk, code in codes.items() if code != NOT_REACHED]
    messages = Message.objects.filter(pk__in=far).select_related(
        "sender", "phone", "template_version__template"
    )
    for message in messages:
        consequences.follow(message, codes[message.pk], now=now)


def _aside(act: Callable[[], None]) -> None:
    """Call in a thread of the loop's; Django's connection there belongs to nobody afterwards."""
    try:
        act()
    finally:
        connections.close_all()
