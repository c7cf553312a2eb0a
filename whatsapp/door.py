"""
Where Meta's notices come in: an application of its own, for `/webhooks/whatsapp`.

`granian --interface rsgi --host 127.0.0.1 --port 8002 whatsapp.door:application`. Granian ends
connections whose headers do not come (--http1-header-read-timeout, 30 seconds unless set); bodies
that do not come are ended here. 200 means on disk; everything else makes Meta come again.

RSGI is granian's own interface: a notice costs two thirds of what it costs by ASGI, where it
becomes a handful of dictionaries. Source: granian, docs/spec/RSGI.md, read 2026-11.
"""

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator
from typing import Protocol
from urllib.parse import parse_qsl

import django
from django.conf import settings
from granian.rsgi import ProtocolError  # type: ignore[attr-defined]

from healthmsg import start
from healthmsg.celery import app as celery
from whatsapp import webhook
from whatsapp.bell import Bell
from whatsapp.connection import AsyncConnection, connect
from whatsapp.keeper import Keeper, NotKept

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthmsg.settings")
logger = logging.getLogger(__name__)

PATH = "/webhooks/whatsapp"
# Source: WhatsApp Cloud API, webhooks, payload size up to 3 MB, read 2026-11.
LARGEST_BODY = 3 * 1024 * 1024
BODY_WITHIN_SECONDS = 10.0
_PLAIN = [("content-type", "text/plain; charset=utf-8")]
# A rung digest that starts later than this finds the work done by beat's tick.
_RING_EXPIRES_SECONDS = 5


class Headers(Protocol):
    """Names in small letters."""

    def get(self, name: str, default: str = "", /) -> str: ...


class Scope(Protocol):
    """What was asked for."""

    path: str
    query_string: str
    method: str
    headers: Headers


class Line(Protocol):
    """Whoever asks: their body at once or in parts, and our answer."""

    async def __call__(self) -> bytes: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def response_bytes(
        self, status: int, headers: list[tuple[str, str]], body: bytes, /
    ) -> None: ...


class TooLarge(Exception):
    """More bytes than Meta ever sends."""


class Door:
    """The keeper of one process, made when the server starts it."""

    def __init__(self, *, body_within_seconds: float = BODY_WITHIN_SECONDS) -> None:
        self._body_within_seconds = body_within_seconds
        self._keeper: Keeper | None = None
        self._keeping: asyncio.Task[None] | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.run_until_complete(self._open())
        except Exception as error:
            logger.exception("the receiver may not start")
            raise SystemExit(1) from error
        # What stands now stands for good: looking through all of it for garbage would hold up
        # everybody who waits for 50 milliseconds, again and again.
        gc.collect()
        gc.freeze()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._close())

    async def __rsgi__(self, scope: Scope, line: Line) -> None:
        status, words = await self._answer(scope, line)
        if status:
            line.response_bytes(status, _PLAIN, words)

    async def _open(self) -> None:
        # In a thread: Django's own connections are not for this loop.
        await asyncio.to_thread(_begin)
        self._keeper = Keeper(_connect, ring=Bell(_ring).ring)
        self._keeping = asyncio.create_task(self._keeper.run())
        await _until_ready(self._keeper)

    async def _close(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _answer(self, scope: Scope, line: Line) -> tuple[int, bytes]:
        """Return status and words; status 0 where nobody listens anymore."""
        path, method = scope.path.rstrip("/"), scope.method
        if path == "/healthz":
            return (200, b"ok") if self._keeper and self._keeper.is_ready else (503, b"")
        if path != PATH:
            return 404, b""
        if method == "GET":
            return _shake_hands(scope.query_string)
        if method != "POST":
            return 405, b""
        return await self._take(scope.headers, line)

    async def _take(self, headers: Headers, line: Line) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(self._body_within_seconds):
                body = await _read(headers.get("content-length", ""), line)
        except TimeoutError:
            return 408, b""
        except TooLarge:
            return 413, b""
        except ProtocolError:
            return 0, b""
        signature = headers.get("x-hub-signature-256", "")
        if not webhook.is_signed(body, signature, settings.WHATSAPP_APP_SECRETS):
            return 401, b""
        return await self._keep(body)

    async def _keep(self, body: bytes) -> tuple[int, bytes]:
        if self._keeper is None:
            return 503, b""
        try:
            await self._keeper.keep(body)
        except NotKept:
            return 503, b""
        return 200, b""


async def _read(announced: str, line: Line) -> bytes:
    """Return the body; what is announced is read at once, anything else watched as it comes."""
    if announced.isdecimal():
        if int(announced[:20]) > LARGEST_BODY:
            raise TooLarge
        return await line()
    parts: list[bytes] = []
    size = 0
    async for part in line:
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def _shake_hands(query_string: str) -> tuple[int, bytes]:
    echo = webhook.challenge(dict(parse_qsl(query_string)), settings.WHATSAPP_VERIFY_TOKEN)
    return (403, b"") if echo is None else (200, echo.encode())


async def _until_ready(keeper: Keeper) -> None:
    """Take the first notice only when it can be kept, but stand up without a database, too."""
    for _ in range(50):
        if keeper.is_ready:
            return
        await asyncio.sleep(0.1)


async def _connect() -> AsyncConnection:
    # A database that has gone without a word must be noticed while Meta still waits.
    return await connect(connect_timeout=5, keepalives_idle=5, tcp_user_timeout=8000)


def _begin() -> None:
    from django.db import connections  # noqa: PLC0415 - this thread's own

    django.setup()
    try:
        start.begin()
    finally:
        connections.close_all()


def _ring() -> None:
    celery.send_task("whatsapp.digest", expires=_RING_EXPIRES_SECONDS, ignore_result=True)


application = Door()
