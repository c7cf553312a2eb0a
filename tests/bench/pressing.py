"""A client that costs little: raw asyncio protocols that send prepared bytes, again and again."""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.figures import CannotRun


@dataclass(frozen=True)
class Pressed:
    """What a time of pressing came to; latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    cpu_share: float  # of one processor, that the client used
    answered: int


@dataclass
class _Tally:
    until: float
    latencies: list[float] = field(default_factory=list)
    refusals: list[bytes] = field(default_factory=list)


class _Line(asyncio.Protocol):
    """One connection with one request in flight; where the server closes it, the next is opened."""

    def __init__(self, request: bytes, tally: _Tally, again: Callable[[], None]) -> None:
        self._request, self._tally, self._again = request, tally, again
        self._heard = b""
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # A new connection is part of what a request takes.
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, body = self._heard.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._heard = b""
        if head.startswith(b"HTTP/1.1 200"):
            self._tally.latencies.append(time.perf_counter() - self._began)
        else:
            self._tally.refusals.append(head)
        if b"connection: close" not in head.lower():
            self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        self._again()

    def _ask(self) -> None:
        assert self._transport is not None
        self._began = time.perf_counter()
        if self._began >= self._tally.until:
            self._transport.close()
        else:
            self._transport.write(self._request)


async def press(port: int, request: bytes, *, connections: int, seconds: float) -> Pressed:
    """Press on so many connections for some seconds; whatever is not a 200 is an error."""
    loop = asyncio.get_running_loop()
    tally = _Tally(time.perf_counter() + seconds)
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_hold(loop, port, request, tally) for _ in range(connections)))
    lasted, cpu = time.perf_counter() - began, time.process_time() - cpu
    if tally.refusals:
        raise CannotRun(f"{len(tally.refusals)} answers were no 200: {tally.refusals[0]!r}")
    count = len(tally.latencies)
    # Where hardly anything was answered, the whole time is the least that can be said of it.
    known = tally.latencies if count > 1 else [lasted, lasted]
    cuts = statistics.quantiles(known, n=100, method="inclusive")
    return Pressed(count / lasted, cuts[49] * 1000, cuts[98] * 1000, cpu / lasted, count)


async def _hold(loop: asyncio.AbstractEventLoop, port: int, request: bytes, tally: _Tally) -> None:
    while time.perf_counter() < tally.until:
        ended = loop.create_future()
        await loop.create_connection(
            lambda ended=ended: _Line(request, tally, lambda: ended.set_result(None)),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        await ended


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0
