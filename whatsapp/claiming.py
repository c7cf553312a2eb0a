"""The claim: leases due rows of a number, and in the same statement asks everything once more."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from psycopg.rows import TupleRow

from healthmsg.clinic.strongbox import WrongKeys
from whatsapp import leasing, sealed_words
from whatsapp.connection import AsyncConnection
from whatsapp.pump import LEASE_SECONDS, Claimed, Take
from whatsapp.status import Lane

# Where withheld rows were met, so many are looked at in one claim: they use up no slots.
WITHHELD_AT_ONCE = 500
# What waits for a paused template or for tomorrow's part of the daily limit is looked at again.
LATER_SECONDS = 300.0
# What goes first must not sleep through the moment in which there is a place again.
LATER_SECONDS_OF_THE_FIRST = 20.0
# No lane of its own: what of the reminder lane may leave before the clinic's hours.
EARLY = -1


@dataclass(frozen=True)
class Terms:
    """What the edges know: which number, which lanes may leave now, and where it goes."""

    sender_id: int
    uses_sandbox: bool
    lanes: Callable[[datetime], tuple[int, ...]]
    now: Callable[[], datetime]


@dataclass
class _Ask:
    """One claim under way: what is still wanted, and what was met so far."""

    now: datetime
    wanted: int
    claimed: list[Claimed]
    unreadable: list[Claimed] = field(default_factory=list)
    has_seen_any: bool = False
    has_met_withheld: bool = False

    @property
    def left(self) -> int:
        return self.wanted - len(self.claimed)


@dataclass(frozen=True)
class _Source:
    """Where rows are leased from: a lane, or one stream of the broadcasts."""

    statement: str
    lane: int
    stream: int | None = None
    later_seconds: float = LATER_SECONDS


def _source_of(stream: int | None, goes_first: bool) -> _Source:  # noqa: FBT001 - a row's columns
    which = leasing.OF_NO_STREAM if stream is None else leasing.OF_STREAM
    later = LATER_SECONDS_OF_THE_FIRST if goes_first else LATER_SECONDS
    return _Source(which, int(Lane.BROADCAST), stream, later)


class Claims:
    """Leases one number's messages, claim after claim of a turn."""

    def __init__(self, connection: AsyncConnection, terms: Terms) -> None:
        self._connection = connection
        self._terms = terms
        self._has_met_withheld = False
        self._portfolio: tuple[int, bool] | None = None
        self._round = 0

    async def __call__(self, wanted: int) -> Take:
        """
        Lease up to `wanted` messages, lanes in order; what may not be sent is withheld instead.

        Committed when it returns, before any request leaves. Each lane is asked once: thousands
        that were never asked must not hold up an answer, or outlast the lease of what was taken.
        """
        ask = _Ask(self._terms.now(), wanted, [])
        for lane in self._terms.lanes(ask.now):
            if lane == int(Lane.BROADCAST):
                await self._by_turns(ask)
            elif lane == EARLY:
                await self._early(ask)
            else:
                await self._lease(ask, _Source(leasing.OF_LANE, lane), ask.left)
            if ask.left <= 0 or ask.has_met_withheld:
                # What stands behind withheld rows of this lane goes before the lanes below.
                break
        self._has_met_withheld = ask.has_met_withheld
        return Take(ask.claimed, may_be_more=ask.has_seen_any, unreadable=ask.unreadable)

    async def _early(self, ask: _Ask) -> None:
        """Lease what may leave before the clinic's hours, and nothing beside it."""
        terms = {"sender": self._terms.sender_id, "now": ask.now}
        cursor = await self._connection.execute(leasing.EARLY_STREAMS_DUE, terms)
        for (stream,) in await cursor.fetchall():
            if ask.left > 0:
                source = _Source(leasing.OF_EARLY_STREAM, int(Lane.REMINDER), stream)
                await self._lease(ask, source, ask.left)

    async def _by_turns(self, ask: _Ask) -> None:
        """Share what is left among streams that wait: those that go first, then all others."""
        self._round += 1
        for streams in await self._streams_due(ask.now):
            await self._share(ask, streams)

    async def _share(self, ask: _Ask, streams: list[_Source]) -> None:
        """Give each stream its part; who begins changes with each claim."""
        begin = self._round % (len(streams) or 1)
        streams = streams[begin:] + streams[:begin]
        while streams and ask.left > 0 and not ask.has_met_withheld:
            streams = [s for n, s in enumerate(streams) if await self._filled(ask, s, streams[n:])]

    async def _streams_due(self, now: datetime) -> tuple[list[_Source], list[_Source]]:
        """Return the streams that go before all others, and the others."""
        terms = {"sender": self._terms.sender_id, "now": now}
        cursor = await self._connection.execute(leasing.STREAMS_DUE, terms)
        rows = await cursor.fetchall()
        first, others = (
            [_source_of(*row) for row in rows if row[1] is urgent] for urgent in (True, False)
        )
        return first, others

    async def _filled(self, ask: _Ask, stream: _Source, still_to_ask: list[_Source]) -> bool:
        """Lease a stream's share of what is left; True where it may have more."""
        share = -(-ask.left // len(still_to_ask))
        return share > 0 and await self._lease(ask, stream, share) >= share

    async def _lease(self, ask: _Ask, source: _Source, share: int) -> int:
        """Lease from one source; return how many of its rows were looked at."""
        portfolio_id, is_limited = self._portfolio or await self._look_at_portfolio()
        parameters: leasing.Parameters = {
            "sender": self._terms.sender_id,
            "lane": source.lane,
            "stream": source.stream,
            "wanted": share,
            "look_at": max(share, WITHHELD_AT_ONCE) if self._has_met_withheld else share,
            "now": ask.now,
            "sandbox": self._terms.uses_sandbox,
            "lease": LEASE_SECONDS,
            "later": source.later_seconds,
            "portfolio": portfolio_id,
            "seats": None,
        }
        stop_posting_at = time.monotonic() + LEASE_SECONDS
        if is_limited and source.lane != int(Lane.REPLY):
            rows = await self._within_the_limit(source.statement, parameters)
        else:
            rows = await self._run(source.statement, parameters)
        # Whoever waited longest leaves first: the statement returns them in any order, and of two
        # to one phone the one that was written first is to be read first.
        rows.sort(key=lambda row: (-row[7], row[0]))
        leased = [_claimed(row, stop_posting_at, source.lane) for row in rows if row[5] is not None]
        sendable = [message for message in leased if message.payload]
        ask.claimed += sendable
        ask.unreadable += [message for message in leased if not message.payload]
        ask.has_seen_any = ask.has_seen_any or bool(rows)
        ask.has_met_withheld = ask.has_met_withheld or len(sendable) < len(rows)
        return len(rows)

    async def _within_the_limit(
        self, statement: str, parameters: leasing.Parameters
    ) -> list[TupleRow]:
        """Take a seat of the portfolio's daily limit for everybody who is written to first."""
        async with self._connection.transaction():
            await self._connection.execute(leasing.LOCK_SEATS, parameters)
            cursor = await self._connection.execute(leasing.SEATS, parameters)
            found = await cursor.fetchone()
            if found is None or found[0] is None:
                return await self._run(statement, parameters)
            rows = await self._run(statement, parameters | {"seats": max(0, found[1])})
            seated = [row[3] for row in rows if row[6]]
            if seated:
                await self._connection.execute(leasing.TAKE_SEATS, parameters | {"phones": seated})
        return rows

    async def _look_at_portfolio(self) -> tuple[int, bool]:
        """Ask once a turn; a limit that comes or goes is felt with the next one."""
        cursor = await self._connection.execute(
            "SELECT portfolio.id, portfolio.daily_limit IS NOT NULL FROM whatsapp_sender sender"
            " JOIN whatsapp_account account ON account.id = sender.account_id"
            " JOIN whatsapp_portfolio portfolio ON portfolio.id = account.portfolio_id"
            " WHERE sender.id = %s",
            [self._terms.sender_id],
        )
        row = await cursor.fetchone()
        self._portfolio = (row[0], row[1]) if row else (0, False)
        return self._portfolio

    async def _run(self, statement: str, parameters: leasing.Parameters) -> list[TupleRow]:
        cursor = await self._connection.execute(statement, parameters)
        return await cursor.fetchall()


def _claimed(row: TupleRow, stop_posting_at: float, lane: int) -> Claimed:
    return Claimed(
        id=row[0],
        attempt=row[1],
        callback=row[2],
        phone_id=row[3],
        number=row[4],
        payload=row[5] if row[8] is None else _opened(row[8], row[2]),
        stop_posting_at=stop_posting_at,
        due_at=time.monotonic() - row[7],
        lane=lane,
    )


def _opened(sealed: bytes, callback: str) -> str:
    """Return what is posted, "" where none of our keys opens it."""
    try:
        return sealed_words.unseal(sealed, callback=callback).payload
    except WrongKeys:
        return ""
