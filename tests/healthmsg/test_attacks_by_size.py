"""Bodies without end: nobody, signed in or not, fills the disk or the memory of the web process."""

import asyncio
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from healthmsg import asgi
from healthmsg.clinic.models import StaffUser

PIECE = 256 * 1024
FILES = "/admin/desk/import/bring-in/"
ENDLESS = 1 << 40


def sent(
    path: str, size: int, *, announced: bool, session: str = "", stalls_for: float = 0
) -> tuple[int, int]:
    """Post that many bytes, and return the status and how many of them were taken."""
    taken, statuses = 0, []
    headers = [(b"host", b"localhost"), (b"content-type", b"application/octet-stream")]
    if session:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
    if announced:
        headers.append((b"content-length", str(size).encode()))

    async def receive() -> dict[str, Any]:
        nonlocal taken
        if taken >= size or (stalls_for and taken):
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
    waits = {"form_seconds": stalls_for} if stalls_for else {}
    asyncio.run(asgi.answer(scope, receive, send, **waits))
    (status,) = statuses
    return status, taken


@pytest.mark.parametrize("path", ["/admin/login/", "/another-time/none/", "/no-such-page/"])
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in-pieces"])
def test_attack_a_body_larger_than_a_form_is_not_taken(path: str, announced: bool) -> None:
    status, taken = sent(path, ENDLESS, announced=announced)

    assert status == 413
    assert taken <= (0 if announced else asgi.LARGEST_FORM + PIECE)


@pytest.fixture
def session(transactional_db: None, client: Client) -> str:
    """Of somebody who has signed in; looked up by another thread."""
    client.force_login(StaffUser.objects.create(username="front", is_staff=True))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_attack_where_files_are_sent_bodies_have_an_end_too(session: str) -> None:
    assert sent(FILES, ENDLESS, announced=True, session=session) == (413, 0)

    status, taken = sent(FILES, asgi.LARGEST_FORM + PIECE, announced=False, session=session)

    assert taken > asgi.LARGEST_FORM
    assert status == 403, "taken, and refused for want of a token"


@pytest.mark.parametrize("key", ["", "nobody's"])
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in-pieces"])
def test_attack_nobody_who_has_not_signed_in_sends_files(
    transactional_db: None, key: str, announced: bool
) -> None:
    status, taken = sent(FILES, asgi.LARGEST_FILE, announced=announced, session=key)

    assert status == 413
    assert taken <= (0 if announced else asgi.LARGEST_FORM + PIECE)


def test_attack_a_body_that_never_ends_is_not_waited_for() -> None:
    assert sent("/admin/login/", 2 * PIECE, announced=True, stalls_for=0.2) == (408, PIECE)
