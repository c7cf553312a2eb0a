"""A server that answers posts with bytes of the test's own, in every way a server can."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Serve = Callable[[Reader, Writer], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Request:
    """What the server got of one post."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.line, *lines = head.decode().split("\r\n")
        self.headers = dict(line.split(": ", 1) for line in lines if line)
        self.body = body


async def read(reader: Reader) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    request = Request(head[:-4], b"")
    request.body = await reader.readexactly(int(request.headers["Content-Length"]))
    return request


def answering(*answers: bytes) -> Serve:
    """Answer the posts of each connection with these bytes, one after the other."""

    async def serve(reader: Reader, writer: Writer) -> None:
        for answer in answers:
            await read(reader)
            writer.write(answer)
        await writer.drain()

    return serve


@asynccontextmanager
async def listening(serve: Serve, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server of this test; whom it still serves in the end is cut off."""
    serving: set[asyncio.Task[None]] = set()

    async def serve_one(reader: Reader, writer: Writer) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def begin(reader: Reader, writer: Writer) -> None:
        serving.add(asyncio.create_task(serve_one(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.wait(serving or {asyncio.create_task(asyncio.sleep(0))})
