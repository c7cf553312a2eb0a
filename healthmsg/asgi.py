"""The web process: Django under ASGI, with the lifespan that Django does not answer."""

import asyncio
import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthmsg.settings")

from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

# Django keeps a body on the disk before it asks who sent it: without an end, anybody fills it.
LARGEST_FORM, FORM_SECONDS = 4 * 1024 * 1024, 120.0
# By who has signed in, where files are sent: a list of all patients, over a slow line.
LARGEST_FILE, FILE_SECONDS = 128 * 1024 * 1024, 1200.0
_FILES_GO_TO = ("/admin/desk/import/", "/admin/whatsapp/headerfile/", "/admin/whatsapp/thread/")


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "lifespan":
        await answer(scope, receive, send)
        return
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                _begin()
            except SystemExit as stop:
                # The server logs the reason and ends; an exception here it would only shrug at.
                await send({"type": "lifespan.startup.failed", "message": str(stop)})
                return
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def answer(
    scope: Any, receive: Any, send: Any, *, form_seconds: float = FORM_SECONDS
) -> None:
    """Let Django answer, unless a body is larger or slower than what is sent to this address."""
    may_be_file = scope["method"] == "POST" and scope["path"].startswith(_FILES_GO_TO)
    is_file = may_be_file and await _is_signed_in(scope)
    most = LARGEST_FILE if is_file else LARGEST_FORM
    announced = dict(scope["headers"]).get(b"content-length", b"")
    if announced.isdigit() and int(announced[:20]) > most:
        await _refuse(send, 413)
        return
    deadline = asyncio.get_running_loop().time() + (FILE_SECONDS if is_file else form_seconds)
    came, is_whole, refused = 0, False, 0

    async def within_limits() -> Any:
        nonlocal came, is_whole, refused
        if is_whole:
            # Whether somebody still waits for the answer.
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            refused = 408
        else:
            came += len(message.get("body", b""))
            is_whole = not message.get("more_body")
            if came > most:
                refused = 413
        # Django lets go of what it has kept, and answers nothing.
        return {"type": "http.disconnect"} if refused else message

    await django_application(scope, within_limits, send)
    if refused:
        await _refuse(send, refused)


async def _is_signed_in(scope: Any) -> bool:
    from django.conf import settings  # noqa: PLC0415 - settings must be ready first
    from django.http import parse_cookie  # noqa: PLC0415 - as above

    cookies = parse_cookie(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
    key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    return bool(key) and await sync_to_async(_opens, thread_sensitive=False)(key)


def _opens(key: str) -> bool:
    from django.contrib.auth import SESSION_KEY  # noqa: PLC0415 - apps must be ready first
    from django.db import DatabaseError, connections  # noqa: PLC0415 - as above

    from healthmsg.desk.signing_in.store import SessionStore  # noqa: PLC0415 - as above

    try:
        return SESSION_KEY in SessionStore(key)
    except DatabaseError:
        # Django says so on a page of its own.
        return False
    finally:
        # No request ends here, which would do so.
        connections.close_all()


async def _refuse(send: Any, status: int) -> None:
    headers = [(b"connection", b"close"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _begin() -> None:
    from healthmsg import start  # noqa: PLC0415 - apps must be ready first

    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    try:
        start.begin()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    settle()


def settle() -> None:
    """
    Read in the modules of all pages, and have the garbage collector leave alone what stands then.

    A page that reads thousands of rows makes it look through everything: through all of Django that
    takes a tenth of a second and more, each time, and whoever else waits for a page waits too.
    """
    from django.urls import get_resolver  # noqa: PLC0415 - apps must be ready first

    list(get_resolver().url_patterns)
    gc.collect()
    gc.freeze()
