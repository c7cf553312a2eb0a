"""Sends claimed messages of one number over HTTP: claim, send and settle overlap in one loop."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from whatsapp import errors
from whatsapp.errors import (
    LeaseOver,
    OutcomeUnknown,
    Throttled,
    TryAgain,
)
from whatsapp.pacing import Draws, Gate
from whatsapp.posting import Broken, NotConnected, Posts, Withdrawn
from whatsapp.status import Lane

logger = logging.getLogger(__name__)

IN_FLIGHT = 800
# A claim costs milliseconds however few rows it takes; meanwhile others are ready to be posted.
WORTH_A_CLAIM = 100
CLAIMED_AHEAD = 300
# What is claimed and has not left keeps what comes later waiting. Slots are drawn for a quarter of
# a second, each time half of them have passed: more only gathers where this loop falls behind.
BEHIND_SECONDS = 0.5
# Before another turn may begin, what has a slot has left: two that post at once are too fast, as
# each is late by its own measure. Who cannot connect holds nobody up for longer than this.
LEAVES_WITHIN_SECONDS = 1.0
SETTLE_EVERY_SECONDS = 0.05
REQUEST_SECONDS = 20.0
CONNECT_SECONDS = 5.0
# Claimed rows are ours for this long; no request leaves later.
LEASE_SECONDS = 30.0


@dataclass(frozen=True)
class Line:
    """Where one of our numbers posts to."""

    url: str
    token: str
    headers: dict[str, str] = field(default_factory=dict)


# Neither is frozen: that alone makes an object four times as dear.
@dataclass(slots=True)
class Claimed:
    """A message leased to this pump, with the number as it is now."""

    id: int
    attempt: int
    callback: str
    phone_id: int
    number: str
    # What was rendered, a JSON object as text: it is posted as it was stored.
    payload: str
    stop_posting_at: float  # by time.monotonic()
    due_at: float = 0.0  # by time.monotonic()
    lane: int = int(Lane.BROADCAST)


@dataclass(slots=True)
class Outcome:
    """What became of one post: a wamid, or the error that says what to do."""

    claimed: Claimed
    wamid: str = ""
    wa_id: str = ""
    error: errors.SendError | None = None
    fbtrace_id: str = ""
    seconds: float = 0.0  # from the request to its answer


@dataclass(frozen=True, slots=True)
class Take:
    """What one claim brought, and whether another may bring more."""

    claimed: list[Claimed]
    may_be_more: bool
    # Leased too, and sealed under a key that is not here: never posted.
    unreadable: list[Claimed] = field(default_factory=list)


Claim = Callable[[int], Awaitable[Take]]
Settle = Callable[[list[Outcome]], Awaitable[None]]
# Told once nothing more is claimed and the last answers are on their way; True: work is left.
Fed = Callable[[bool], Awaitable[None]]


async def _nobody_waits(_is_work_left: bool) -> None:  # noqa: FBT001 - as Fed has it
    pass


class Pump:
    """One turn of sending for one number."""

    def __init__(
        self,
        line: Line,
        *,
        claim: Claim,
        settle: Settle,
        draw: Draws,
        fed: Fed = _nobody_waits,
    ) -> None:
        self._line = line
        self._claim = claim
        self._settle = settle
        self._draw = draw
        self._fed = fed
        self._outcomes: list[Outcome] = []
        self._ended = asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._gate = Gate()
        self._unsent = 0

    @property
    def clears_in(self) -> float:
        """Seconds until all that is claimed has left, as the pace has it."""
        return self._gate.clears_in(self._unsent)

    async def run(self, *, until: float, stopped: Callable[[], bool]) -> bool:
        """
        Send until nothing is due, `until` (monotonic) has come or `stopped` says so.

        :returns: True where work may be left
        """
        # Connections of its own each turn.
        async with Posts(
            self._line.url,
            {"Authorization": f"Bearer {self._line.token}", **self._line.headers},
            connect_seconds=CONNECT_SECONDS,
            seconds=REQUEST_SECONDS,
        ) as posts:
            settler = asyncio.create_task(self._settle_until_ended())
            try:
                is_work_left = await self._feed(
                    posts, until=until, stopped=lambda: stopped() or settler.done()
                )
                await self._until_all_left()
                await self._fed(is_work_left)
                return is_work_left
            finally:
                await self._land()
                self._ended.set()
                # Not cancelled: a settle cut off in the middle would leave its connection unusable.
                await asyncio.wait([settler])
                # What a settle that broke off has put back is tried once more; failing that,
                # receipts or the sweeper settle it.
                await self._settle_now()
                settler.result()

    async def _feed(self, posts: Posts, *, until: float, stopped: Callable[[], bool]) -> bool:
        is_first = True
        while time.monotonic() < until and not stopped():
            room = IN_FLIGHT + CLAIMED_AHEAD - len(self._flying)
            if room < WORTH_A_CLAIM or self.clears_in > BEHIND_SECONDS:
                await asyncio.sleep(0.005)
                continue
            drawn_at = time.monotonic()
            slots = await self._draw(room)
            if slots.count == 0:
                await asyncio.sleep(max(0.005, slots.wait))
                continue
            if is_first:
                # The slots before it are another turn's.
                self._gate.open_from(drawn_at + slots.first)
                is_first = False
            self._gate.interval = slots.interval
            take = await self._claim(slots.count)
            for message, after in zip(take.claimed, slots.after(), strict=False):
                # An answer takes the next slot there is; who had it takes the one after.
                is_answer = message.lane == int(Lane.REPLY)
                self._launch(posts, message, drawn_at if is_answer else drawn_at + after)
            if not take.may_be_more:
                return False
            # Let what was launched reach the socket before asking for more.
            await asyncio.sleep(max(0.0, drawn_at + slots.wait - time.monotonic()))
        return True

    async def _until_all_left(self) -> None:
        until = time.monotonic() + LEAVES_WITHIN_SECONDS
        while self._unsent and time.monotonic() < until:
            await asyncio.sleep(0.005)

    def _launch(self, posts: Posts, message: Claimed, at: float) -> None:
        task = asyncio.create_task(self._post_at(posts, message, at))
        self._unsent += 1
        self._flying.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if not task.cancelled() and task.exception() is not None:
            # The row's lease runs out, and the sweeper finds it.
            logger.error("a post broke", exc_info=task.exception())

    async def _post_at(self, posts: Posts, message: Claimed, at: float) -> None:
        delay = at - time.monotonic()
        if delay > 0:
            await asyncio.sleep(delay)
        async with self._room:
            # Two steps: `self._outcomes` is swapped for a new list while a post is in flight.
            outcome = await self._post(posts, message)
        self._outcomes.append(outcome)

    async def _post(self, posts: Posts, message: Claimed) -> Outcome:
        began_at, left_at = time.monotonic(), None

        async def leave() -> None:
            nonlocal left_at
            await self._gate.passed(message.lane)
            self._unsent -= 1
            left_at = time.monotonic()

        try:
            status, answer = await posts.post(
                _body(message), until=message.stop_posting_at, leave=leave
            )
        except NotConnected:
            outcome = Outcome(message, error=TryAgain("there was no connection"))
        except Withdrawn:
            late = LeaseOver("the lease ran out before the request left")
            outcome = Outcome(message, error=late)
        except Broken as error:
            outcome = Outcome(message, error=OutcomeUnknown(str(error)))
        else:
            outcome = _read(message, status, answer)
        finally:
            self._unsent -= left_at is None
        outcome.seconds = time.monotonic() - (left_at or began_at)
        return outcome

    async def _settle_until_ended(self) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), SETTLE_EVERY_SECONDS)
            await self._settle_now()

    async def _settle_now(self) -> None:
        batch, self._outcomes = self._outcomes, []
        if not batch:
            return
        try:
            await self._settle(batch)
        except BaseException:
            self._outcomes = batch + self._outcomes
            raise

    async def _land(self) -> None:
        if self._flying:
            await asyncio.wait(self._flying)


def _body(message: Claimed) -> bytes:
    """Put the envelope around what was rendered, without parsing that again."""
    envelope = orjson.dumps(
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.number,
            "biz_opaque_callback_data": f"{message.callback}.{message.attempt}",
        }
    )
    return envelope[:-1] + b"," + message.payload.encode()[1:]


def _read(message: Claimed, status: int, body: bytes) -> Outcome:
    """Tell acceptance, Meta's own no and a gateway's page apart; the HTTP status decides little."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        if status == 429:
            return Outcome(message, error=Throttled("throttled at the edge"))
        return Outcome(message, error=OutcomeUnknown(f"HTTP {status} without Meta's JSON"))
    if "error" in answer:
        return _refusal(message, answer["error"])
    try:
        contacts = answer.get("contacts") or [{}]
        return Outcome(
            message, wamid=str(answer["messages"][0]["id"]), wa_id=str(contacts[0].get("wa_id", ""))
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        return Outcome(message, error=OutcomeUnknown("an answer without a message id"))


def _refusal(message: Claimed, error: Any) -> Outcome:
    # Presence of `error` decides, not its code: 0 is a code of its own.
    trace = str(error.get("fbtrace_id", "")) if isinstance(error, dict) else ""
    return Outcome(message, error=errors.refusal(errors.code_of(error)), fbtrace_id=trace[:40])
