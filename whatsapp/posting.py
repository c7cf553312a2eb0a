"""
Posts JSON to one address over kept connections; nothing else is needed of HTTP to send.

aiohttp's client costs 0.25 ms of CPU for each post, three quarters of all a message costs; this
costs a third of it (measured: tests/bench, `send`). Headers are written once, an answer is parsed
by llhttp, time is looked at twice a second for all posts together.

PostError
├── NotConnected     no connection: nothing was sent
├── Withdrawn        its time was over before it was written: nothing was sent
└── Broken           it was written, and no whole answer came: it may have been taken
"""

import asyncio
import math
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httptools

# The other side closes what is idle for longer, mostly after a minute.
IDLE_SECONDS = 10.0
# No answer of Meta's is longer than a few hundred bytes; a gateway's page may be.
LONGEST_ANSWER = 1024 * 1024
_LOOK_EVERY_SECONDS = 0.25


class PostError(Exception):
    """A post has no answer."""


class NotConnected(PostError):
    """There was no connection: nothing was sent."""


class Withdrawn(PostError):
    """Its time was over before it was written: nothing was sent."""


class Broken(PostError):
    """It was written, and no whole answer came: it may have been taken."""


async def _at_once() -> None:
    pass


class _Connection(asyncio.Protocol):
    """One connection: it carries one post at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._idle_since = time.monotonic()
        self.give_up_at = 0.0

    @property
    def is_fit(self) -> bool:
        """True where the other side is likely to read what is written now."""
        if self._answer is not None or self._transport is None or self._transport.is_closing():
            return False
        return time.monotonic() - self._idle_since < IDLE_SECONDS

    def write(self, request: bytes, *, give_up_at: float) -> asyncio.Future[tuple[int, bytes]]:
        if self._transport is None:
            raise AssertionError("a connection that was made has a transport")
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""
        self._is_framed = self._is_headed = False
        self._answer = asyncio.get_running_loop().create_future()
        self.give_up_at = give_up_at
        self._transport.write(request)
        return self._answer

    def give_up(self, why: str) -> None:
        """End the post that is under way; its connection can carry no other."""
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(Broken(why))
        self.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            # Nobody asked: whatever it is, what follows could not be told from an answer.
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.give_up("an answer that is not HTTP")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is None:
            return
        # An answer without a length ends with its connection.
        if exc is None and self._is_headed and not self._is_framed:
            self._complete()
        else:
            self.give_up(type(exc).__name__ if exc else "the connection was closed")

    # What the parser tells.

    def on_header(self, name: bytes, _value: bytes) -> None:
        self._is_framed = self._is_framed or name.lower() in {
            b"content-length",
            b"transfer-encoding",
        }

    def on_headers_complete(self) -> None:
        self._is_headed = self._parser.get_status_code() >= 200

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > LONGEST_ANSWER:
            self.give_up("an answer without end")

    def on_message_complete(self) -> None:
        if self._is_headed:
            self._complete()

    def _complete(self) -> None:
        answer, self._answer = self._answer, None
        self._idle_since = time.monotonic()
        if answer is not None and not answer.done():
            answer.set_result((self._parser.get_status_code(), self._body))
        if not self._is_framed or not self._parser.should_keep_alive():
            self.close()


class Posts:
    """A way to one address, for as long as a turn lasts; as many connections as posts at once."""

    def __init__(
        self,
        url: str,
        headers: dict[str, str],
        *,
        connect_seconds: float,
        seconds: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """
        Look at nothing yet: `async with` begins.

        :param seconds: from the connection's readiness to the whole answer
        :param tls: in place of the usual trust, where the address is an https one
        """
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._is_tls = parts.scheme == "https"
        self._port = parts.port or (443 if self._is_tls else 80)
        self._tls = (tls or ssl.create_default_context()) if self._is_tls else None
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        own = {"Host": parts.netloc.rpartition("@")[2], "Accept": "*/*", "User-Agent": "healthmsg"}
        # Not compressed: what is not asked for is not unpacked either.
        own |= {"Accept-Encoding": "identity", "Content-Type": "application/json"}
        self._head = f"POST {path} HTTP/1.1\r\n{_lines(own | headers)}Content-Length: ".encode()
        self._connect_seconds, self._seconds = connect_seconds, seconds
        self._idle: list[_Connection] = []
        self._busy: set[_Connection] = set()
        self._addresses: list[str] = []

    async def __aenter__(self) -> Self:
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._looking.cancel()
        with suppress(asyncio.CancelledError):
            await self._looking
        for connection in [*self._idle, *self._busy]:
            connection.give_up("the turn is over")
        # Sockets are closed by the loop's next round.
        await asyncio.sleep(0)

    async def post(
        self, body: bytes, *, until: float, leave: Callable[[], Awaitable[None]] = _at_once
    ) -> tuple[int, bytes]:
        """
        Post one body; return the status and the answer's body.

        :param until: it is not written at or after this moment, by time.monotonic()
        :param leave: waited for once a connection stands: to connect takes longer than to write,
            and who connected at the same moment would write at the same moment
        :raises NotConnected: nothing was sent
        :raises Withdrawn: nothing was sent
        :raises Broken: it may have been taken
        """
        connection = self._kept() or await self._connected()
        connection.give_up_at = math.inf
        self._busy.add(connection)
        try:
            await leave()
            if not connection.is_fit:
                raise NotConnected("closed before anything was written")
            # The last step before the socket: whoever was frozen until now sends nothing.
            now = time.monotonic()
            if now >= until:
                raise Withdrawn
            request = b"%b%d\r\n\r\n%b" % (self._head, len(body), body)
            return await connection.write(request, give_up_at=now + self._seconds)
        finally:
            self._busy.discard(connection)
            self._keep(connection)

    def _kept(self) -> _Connection | None:
        # The one used last: the others grow old, and are closed.
        while self._idle:
            connection = self._idle.pop()
            if connection.is_fit:
                return connection
            connection.close()
        return None

    def _keep(self, connection: _Connection) -> None:
        if connection.is_fit:
            self._idle.append(connection)
        else:
            connection.close()

    async def _connected(self) -> _Connection:
        try:
            async with asyncio.timeout(self._connect_seconds):
                return await self._connect()
        except (OSError, TimeoutError) as error:
            raise NotConnected(type(error).__name__) from error

    async def _connect(self) -> _Connection:
        """Try each of the host's addresses; the one that answered is tried first next time."""
        loop = asyncio.get_running_loop()
        last: OSError | None = None
        for address in await self._resolved():
            try:
                _, connection = await loop.create_connection(
                    _Connection,
                    address,
                    self._port,
                    ssl=self._tls,
                    server_hostname=self._host if self._is_tls else None,
                )
            except OSError as error:
                last = error
                continue
            self._addresses.sort(key=lambda one: one != address)
            return connection
        raise last or OSError("no address")

    async def _resolved(self) -> Iterator[str]:
        """Ask once a turn: hundreds of connections begin at the same moment."""
        if not self._addresses:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(self._host, self._port, type=1)
            self._addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
        return iter(list(self._addresses))

    async def _look(self) -> None:
        """Give up what takes too long: one look at all is cheaper than a timer for each."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            now = time.monotonic()
            for connection in [one for one in self._busy if one.give_up_at <= now]:
                connection.give_up("TimeoutError")


def _lines(headers: dict[str, str]) -> str:
    """
    Return header lines.

    :raises ValueError: a value would begin another line, as a token pasted with its line break
    """
    if any(set("\r\n\0") & set(name + value) for name, value in headers.items()):
        raise ValueError("a header of one line only")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())
