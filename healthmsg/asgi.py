"""The web process: Django under ASGI, with the lifespan that Django does not answer."""

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthmsg.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "lifespan":
        await django_application(scope, receive, send)
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
