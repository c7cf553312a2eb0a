"""Bodies without end: nobody, signed in or not, fills the disk or the memory of the web process."""

import asyncio
from typing import Any

import pytest

from healthmsg import asgi

PIECE = 256 * 1024
FILES = "/admin/desk/import/bring-in/"
ENDLESS = 1 << 40


def sent(path: str, size: int, *, announced: bool) -> tuple[int, int]:
    """Post that many bytes, and return the status and how many of them were taken."""
    taken, statuses = 0, []
    headers = [(b"host", b"localhost"), (b"content-type", b"application/octet-stream")]
    if announced:
        headers.append((b"content-length", str(size).encode()))

    async def receive() -> dict[str, Any]:
        nonlocal taken
        if taken >= size:
            # As somebody who waits for the answer.
            await asyncio.Event().wait()
        taken += PIECE
        return {"type": "http.request", "body": b"x" * PIECE, "more_body": taken < size}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": headers,
    }
    asyncio.run(asgi.application(scope, receive, send))
    (status,) = statuses
    return status, taken


@pytest.mark.parametrize("path", ["/admin/login/", "/another-time/none/", "/no-such-page/"])
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in-pieces"])
def test_attack_a_body_larger_than_a_form_is_not_taken(path: str, announced: bool) -> None:
    status, taken = sent(path, ENDLESS, announced=announced)

    assert status == 413
    assert taken <= (0 if announced else asgi.LARGEST_FORM + PIECE)


def test_attack_where_files_are_sent_bodies_have_an_end_too() -> None:
    assert sent(FILES, ENDLESS, announced=True) == (413, 0)

    status, taken = sent(FILES, asgi.LARGEST_FORM + PIECE, announced=False)

    assert taken > asgi.LARGEST_FORM
    assert status == 403, "taken, and refused for want of a token"
