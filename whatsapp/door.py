"""
Where Meta's notices come in: an ASGI application of its own, for `/webhooks/whatsapp`.

`granian --interface asgi --host 127.0.0.1 --port 8002 whatsapp.door:application`. Granian ends
connections whose headers do not come (--http1-header-read-timeout, 30 seconds unless set); bodies
that do not come are ended here. 200 means on disk; everything else makes Meta come again.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import django
from django.conf import settings

from healthmsg import start
from healthmsg.celery import app as celery
from whatsapp import webhook
from whatsapp.bell import Bell
from whatsapp.connection import AsyncConnection, connect
from whatsapp.keeper import Keeper, NotKept

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthmsg.settings")
logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PATH = "/webhooks/whatsapp"
# Source: WhatsApp Cloud API, webhooks, payload size up to 3 MB, read 2026-11.
LARGEST_BODY = 3 * 1024 * 1024
BODY_WITHIN_SECONDS = 10.0
# A rung digest that starts later than this finds the work done by beat's tick.
_RING_EXPIRES_SECONDS = 5


class TooLarge(Exception):
    """More bytes than Meta ever sends."""


class Gone(Exception):
    """Whoever was speaking has hung up."""


class Door:
    """The keeper of one process, made when the server starts it."""

    def __init__(self, *, body_within_seconds: float = BODY_WITHIN_SECONDS) -> None:
        self._body_within_seconds = body_within_seconds
        self._keeper: Keeper | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            status, words = await self._answer(scope, receive)
            if status:
                await _say(send, status, words)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._open()
        except Exception as error:
            logger.exception("the receiver may not start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._close()
        await send({"type": "lifespan.shutdown.complete"})

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

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        """Return status and words; status 0 where nobody listens anymore."""
        path, method = scope["path"].rstrip("/"), scope["method"]
        if path == "/healthz":
            return (200, b"ok") if self._keeper and self._keeper.is_ready else (503, b"")
        if path != PATH:
            return 404, b""
        if method == "GET":
            return _shake_hands(scope)
        if method != "POST":
            return 405, b""
        return await self._take(scope, receive)

    async def _take(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        headers = dict(scope["headers"])
        try:
            async with asyncio.timeout(self._body_within_seconds):
                body = await _read(headers, receive)
        except TimeoutError:
            return 408, b""
        except TooLarge:
            return 413, b""
        except Gone:
            return 0, b""
        signature = headers.get(b"x-hub-signature-256", b"").decode("latin-1")
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


async def _read(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced[:20]) > LARGEST_BODY:
        raise TooLarge
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _shake_hands(scope: Scope) -> tuple[int, bytes]:
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    echo = webhook.challenge(query, settings.WHATSAPP_VERIFY_TOKEN)
    return (403, b"") if echo is None else (200, echo.encode())


async def _say(send: Send, status: int, words: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(words)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words})


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
