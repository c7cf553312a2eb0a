"""
POST messages without a web framework: twice the rate of aiohttp's low-level server.

A connection begins here. Its first request that is anything but a plain, whole POST of a message
hands the connection over to aiohttp for good.
"""

import asyncio
import re
from collections.abc import Callable

import orjson

from whatsapp.sandbox import messages
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.world import World

LARGEST_BODY = 1 << 20
_REQUEST = re.compile(rb"POST /v(2\d)\.0/(\d{1,20})/messages HTTP/1\.1\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,7})(?:\r\n|\Z)")
_BEARER = re.compile(rb"\r\nauthorization: *bearer ([^\r]*)")
_NOT_PLAIN = re.compile(
    rb"\r\n(?:transfer-encoding|content-encoding|expect|upgrade): |\r\nconnection: *close"
)
_OUTCOMES = {200: b"OK", 400: b"Bad Request", 401: b"Unauthorized", 403: b"Forbidden"}

Lanes = set["FastLane"]


class FastLane(asyncio.Protocol):
    """One connection, until aiohttp takes it over."""

    __slots__ = ("_is_answering", "_lanes", "_make_usual", "_rest", "_transport", "_world")

    def __init__(
        self, world: World, make_usual: Callable[[], asyncio.Protocol], lanes: Lanes
    ) -> None:
        self._world = world
        self._make_usual = make_usual
        self._lanes = lanes
        self._rest = b""
        self._is_answering = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._lanes.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._lanes.discard(self)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._rest = self._rest + data if self._rest else data
        while self._rest and not self._is_answering and self._take_request():
            pass

    def _take_request(self) -> bool:
        """Answer the first request that was received; says whether there may be another."""
        received = self._rest
        head_ends_at = received.find(b"\r\n\r\n")
        line = _REQUEST.match(received)
        head = received[:head_ends_at].lower()
        length = self._plain_length(head)
        if head_ends_at < 0 or line is None or length < 0:
            return self._hand_over()
        body_at = head_ends_at + 4
        ends_at = body_at + length
        if len(received) < ends_at:
            return False
        self._rest = received[ends_at:]
        bearer = _BEARER.search(head)
        token = received[bearer.start(1) : bearer.end(1)] if bearer else b""
        number_id, version = line[2].decode(), int(line[1])
        self._reply(*self._answer(token, number_id, received[body_at:ends_at], version))
        return True

    def _plain_length(self, head: bytes) -> int:
        """Return the length of a body that can be answered here, or -1."""
        length = _LENGTH.search(head)
        if length is None or self._world.faults or _NOT_PLAIN.search(head):
            return -1
        return int(length[1]) if int(length[1]) <= LARGEST_BODY else -1

    def _answer(self, token: bytes, number_id: str, body: bytes, version: int) -> tuple[int, bytes]:
        world = self._world
        try:
            world.authorise(token.decode("latin-1"))
            number = world.number(number_id)
            answered = messages.post(world, number, body, version=version)
        except GraphError as error:
            return error.status, orjson.dumps(error.body())
        return 200, orjson.dumps(answered)

    def _reply(self, status: int, body: bytes) -> None:
        whole = (
            b"HTTP/1.1 %d %b\r\nContent-Type: application/json; charset=UTF-8\r\n"
            b"Content-Length: %d\r\n\r\n%b"
        ) % (status, _OUTCOMES.get(status, b"Error"), len(body), body)
        latency = self._world.options.latency
        if latency:
            self._is_answering = True
            asyncio.get_running_loop().call_later(latency, self._reply_late, whole)
        elif self._transport is not None:
            self._transport.write(whole)

    def _reply_late(self, whole: bytes) -> None:
        self._is_answering = False
        if self._transport is not None:
            self._transport.write(whole)
            self.data_received(b"")

    def _hand_over(self) -> bool:
        transport, received, self._rest = self._transport, self._rest, b""
        self._lanes.discard(self)
        self._transport = None
        if transport is not None:
            usual = self._make_usual()
            transport.set_protocol(usual)
            usual.connection_made(transport)
            usual.data_received(received)
        return False
