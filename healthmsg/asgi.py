"""The web process: Django under ASGI, with the lifespan that Django does not answer."""

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthmsg.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

# Django keeps a body on the disk before it asks who sent it: without an end, anybody fills it.
LARGEST_FORM = 4 * 1024 * 1024
# Where files are sent; the longest is a list of all patients.
LARGEST_FILE = 128 * 1024 * 1024
_FILES_GO_TO = ("/admin/desk/import/", "/admin/whatsapp/headerfile/", "/admin/whatsapp/thread/")


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "lifespan":
        await _answer(scope, receive, send)
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


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    """Let Django answer, unless a body is larger than what is sent to this address."""
    most = LARGEST_FILE if scope["path"].startswith(_FILES_GO_TO) else LARGEST_FORM
    announced = dict(scope["headers"]).get(b"content-length", b"")
    if announced.isdigit() and int(announced[:20]) > most:
        await _refuse(send)
        return
    came = 0

    async def within_limits() -> Any:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        # Django lets go of what it has kept, and answers nothing.
        return {"type": "http.disconnect"} if came > most else message

    await django_application(scope, within_limits, send)
    if came > most:
        await _refuse(send)


async def _refuse(send: Any) -> None:
    headers = [(b"connection", b"close"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
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
