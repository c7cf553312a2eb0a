"""Puts notices on disk: those that arrive together share one COPY and one commit."""

import asyncio
import logging
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import psycopg

from whatsapp import sealed_notices, sealed_words
from whatsapp.connection import AsyncConnection

logger = logging.getLogger(__name__)

# One commit costs the same for one row and for hundreds; these bound its memory and length.
_LARGEST_BATCH = 500
_LARGEST_BATCH_BYTES = 16 * 1024 * 1024
# What may wait while the database is slow; beyond it Meta is asked to come again.
_WAITING_BYTES_ALLOWED = 64 * 1024 * 1024
_KEPT_WITHIN_SECONDS = 8.0
_BEAT_SECONDS = 2.0
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0

# A notice is sealed for its own row, so the row's id is known before it is written. Many at a time:
# asking anew for each batch would double its way to the database.
_IDS = """
SELECT nextval(pg_get_serial_sequence('whatsapp_delivery', 'id')) FROM generate_series(1, %s)
"""
_IDS_AT_ONCE = 4 * _LARGEST_BATCH
_COPY = "COPY whatsapp_delivery (id, body, sealed, named) FROM STDIN (FORMAT BINARY)"
# Source: PostgreSQL, COPY, binary format: flags and extension, both nothing; then for each row how
# many columns it has, and for each column its length, -1 for NULL. An array: dimensions, whether
# there are NULLs, type, then its length and where it begins, then for each part its length.
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_beginning = struct.Struct("!hiqi").pack
_length = struct.Struct("!i").pack
_NULL = _length(-1)
_BIGINT = 20
_array = struct.Struct("!iiiii").pack
_NO_ARRAY = struct.pack("!iii", 0, 0, _BIGINT)
_mark = struct.Struct("!iq").pack
_TRAILER = struct.pack("!h", -1)
# A receiver that stood still without noticing, frozen or starved, had a gap as well.
_BEAT = """
INSERT INTO whatsapp_linebeat AS beat (name, since, seen_at)
VALUES ('door', clock_timestamp(), clock_timestamp())
ON CONFLICT (name) DO UPDATE SET
  since = CASE WHEN %s OR beat.seen_at < clock_timestamp() - interval '10 seconds'
          THEN clock_timestamp() ELSE beat.since END,
  seen_at = clock_timestamp()
"""


class NotKept(Exception):
    """The notice is not on disk; whoever brought it must bring it again."""


@dataclass(slots=True)
class _Waiting:
    body: bytes
    since: float = field(default_factory=time.monotonic)
    is_kept: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Keeper:
    """
    One connection and one writer; while it commits, the next batch gathers.

    :param connect: opens a connection in autocommit
    :param ring: called after each commit; must return at once
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[AsyncConnection]],
        *,
        ring: Callable[[], None],
        within_seconds: float = _KEPT_WITHIN_SECONDS,
    ) -> None:
        self._connect = connect
        self._ring = ring
        self._within_seconds = within_seconds
        self._connection: AsyncConnection | None = None
        self._waiting: deque[_Waiting] = deque()
        self._writing: list[_Waiting] = []
        self._waiting_bytes = 0
        # Of rows to be written; what is left over at the end is passed over.
        self._ids: deque[int] = deque()
        self._arrived = asyncio.Event()
        # Renewed on start and after every notice that was turned away.
        self._had_gap = True
        self._beaten_at = 0.0

    @property
    def is_ready(self) -> bool:
        """True while the database answers, as far as we know."""
        return self._connection is not None

    async def keep(self, body: bytes) -> None:
        """
        Return once the body is on disk.

        :raises NotKept: it is not, or nobody knows; answer 503, Meta brings it again
        """
        if self._connection is None or self._waiting_bytes > _WAITING_BYTES_ALLOWED:
            self._had_gap = True
            raise NotKept("the database cannot be reached, or not fast enough")
        one = _Waiting(body)
        self._waiting.append(one)
        self._waiting_bytes += len(body)
        self._arrived.set()
        await one.is_kept

    async def run(self) -> None:
        """Connect, write and give signs of life for ever; a lost database is looked for again."""
        await asyncio.gather(self._serve(), self._watch())

    async def _watch(self) -> None:
        """Turn away who has waited too long: one look a second, a timer each would cost more."""
        while True:
            await asyncio.sleep(1)
            latest = time.monotonic() - self._within_seconds
            late = [one for one in (*self._writing, *self._waiting) if one.since < latest]
            if late:
                self._turn_away(late)

    async def _serve(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                self._connection = await self._connect()
                pause = _FIRST_PAUSE_SECONDS
                await self._work(self._connection)
            except (psycopg.Error, OSError) as error:
                logger.warning("no database", extra={"because": type(error).__name__})
            finally:
                await self._lose()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _work(self, connection: AsyncConnection) -> None:
        await self._beat(connection)
        while True:
            if not self._waiting:
                self._arrived.clear()
                try:
                    async with asyncio.timeout(_BEAT_SECONDS):
                        await self._arrived.wait()
                except TimeoutError:
                    pass
            self._writing = self._take()
            if self._writing:
                await self._write(connection, self._writing)
                self._ring()
            if time.monotonic() - self._beaten_at > _BEAT_SECONDS:
                await self._beat(connection)

    def _take(self) -> list[_Waiting]:
        """Return the next batch, without those whose bringer has gone."""
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < _LARGEST_BATCH and size < _LARGEST_BATCH_BYTES:
            one = self._waiting.popleft()
            self._waiting_bytes -= len(one.body)
            if not one.is_kept.done():
                batch.append(one)
                size += len(one.body)
        return batch

    async def _write(self, connection: AsyncConnection, batch: list[_Waiting]) -> None:
        """Write a batch; where it fails, one by one, so that one does not spoil the others."""
        try:
            await self._draw_ids(connection, len(batch))
            await _copy(connection, [(self._ids.popleft(), one.body) for one in batch])
        except psycopg.Error:
            if connection.broken or len(batch) == 1:
                self._turn_away(batch)
            if connection.broken:
                raise
            if len(batch) > 1:
                for one in batch:
                    await self._write(connection, [one])
            return
        for one in batch:
            if not one.is_kept.done():
                one.is_kept.set_result(None)

    async def _draw_ids(self, connection: AsyncConnection, wanted: int) -> None:
        if len(self._ids) < wanted:
            cursor = await connection.execute(_IDS, (_IDS_AT_ONCE,))
            self._ids.extend(row[0] for row in await cursor.fetchall())

    def _turn_away(self, batch: list[_Waiting]) -> None:
        self._had_gap = True
        for one in batch:
            if not one.is_kept.done():
                one.is_kept.set_exception(NotKept("the database did not take it"))

    async def _beat(self, connection: AsyncConnection) -> None:
        had_gap, self._had_gap = self._had_gap, False
        try:
            await connection.execute(_BEAT, (had_gap,))
        except BaseException:
            self._had_gap = True
            raise
        self._beaten_at = time.monotonic()

    async def _lose(self) -> None:
        """Let go of the connection; everybody who waits is told to come again."""
        connection, self._connection = self._connection, None
        self._turn_away([*self._writing, *self._take_all()])
        if connection is not None:
            await connection.close()

    def _take_all(self) -> list[_Waiting]:
        everybody = list(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        return everybody


async def _copy(connection: AsyncConnection, batch: Sequence[tuple[int, bytes]]) -> None:
    """Hand over a batch as a whole: row by row costs five times as much."""
    is_sealed = sealed_words.are_kept()
    parts = [_HEADER]
    for notice, body in batch:
        clear, sealed = (
            (b"", sealed_notices.seal(body, notice=notice)) if is_sealed else (body, b"")
        )
        parts += (_beginning(4, 8, notice, len(clear)), clear)
        parts += (_length(len(sealed)), sealed) if is_sealed else (_NULL,)
        parts.append(_packed(sealed_notices.named(body)))
    parts.append(_TRAILER)
    async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        await copy.write(b"".join(parts))


def _packed(marks: Sequence[int]) -> bytes:
    """Return an array of bigint as one column."""
    if not marks:
        return _length(len(_NO_ARRAY)) + _NO_ARRAY
    told = _array(1, 0, _BIGINT, len(marks), 1) + b"".join(_mark(8, mark) for mark in marks)
    return _length(len(told)) + told
