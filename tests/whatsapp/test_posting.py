"""Posts over kept connections, against servers that answer in every way a server can."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.whatsapp.http_answers import (
    OK,
    Reader,
    Request,
    Serve,
    Writer,
    answering,
    listening,
    read,
)
from whatsapp import posting
from whatsapp.posting import Broken, NotConnected, Posts, Withdrawn

LATER = 3600.0
# For this machine alone, and known to everybody.
CERTIFICATE = Path(__file__).with_name("localhost.pem")


def posts_to(port: int, **terms: Any) -> Posts:
    defaults: dict[str, Any] = {"connect_seconds": 2.0, "seconds": 2.0}
    url = terms.pop("url", f"http://127.0.0.1:{port}/v25.0/1/messages")
    return Posts(url, {"Authorization": "Bearer secret"}, **(defaults | terms))


@asynccontextmanager
async def served(serve: Serve, **terms: Any) -> AsyncIterator[Posts]:
    async with listening(serve) as port, posts_to(port, **terms) as posts:
        yield posts


def run(test: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(test, 20))


async def post(posts: Posts, body: bytes = b"{}") -> tuple[int, bytes]:
    return await posts.post(body, until=time.monotonic() + LATER)


def test_what_arrives_is_a_whole_request() -> None:
    got: list[Request] = []

    async def serve(reader: Reader, writer: Writer) -> None:
        got.append(await read(reader))
        writer.write(OK)

    async def talk() -> None:
        async with served(serve) as posts:
            assert await post(posts, b'{"to":"+1"}') == (200, b"ok")

    run(talk())
    request = got[0]
    assert request.line == "POST /v25.0/1/messages HTTP/1.1"
    assert request.body == b'{"to":"+1"}'
    assert request.headers["Host"].startswith("127.0.0.1:")
    assert request.headers["Authorization"] == "Bearer secret"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(OK, (200, b"ok"), id="with a length"),
        pytest.param(
            b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            (400, b"abcde"),
            id="in chunks",
        ),
        pytest.param(b"HTTP/1.1 429 Slow\r\n\r\n<html>", (429, b"<html>"), id="until it closes"),
        pytest.param(
            b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK, (200, b"ok"), id="after a hint"
        ),
        pytest.param(
            b"HTTP/1.0 502 Gone\r\nContent-Length: 0\r\n\r\n", (502, b""), id="of an old gateway"
        ),
        pytest.param(b"HTTP/1.1 204 No\r\n\r\n", (204, b""), id="of nothing"),
    ],
)
def test_answers_of_every_form_are_read(answer: bytes, expected: tuple[int, bytes]) -> None:
    async def talk() -> None:
        async with served(answering(answer)) as posts:
            assert await post(posts) == expected

    run(talk())


@given(cuts=st.lists(st.integers(1, 60), max_size=6))
def test_an_answer_is_read_however_it_is_cut(cuts: list[int]) -> None:
    answer = b"HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwork\r\n0\r\n\r\n"

    async def serve(reader: Reader, writer: Writer) -> None:
        await read(reader)
        edges = [0, *sorted(set(cuts)), len(answer)]
        for start, end in pairwise(edges):
            writer.write(answer[start:end])
            await writer.drain()
            await asyncio.sleep(0)

    async def talk() -> None:
        async with served(serve) as posts:
            assert await post(posts) == (200, b"work")

    run(talk())


def test_a_connection_is_kept_and_carries_one_post_at_a_time() -> None:
    connections = 0

    async def serve(reader: Reader, writer: Writer) -> None:
        nonlocal connections
        connections += 1
        while True:
            request = await read(reader)
            await asyncio.sleep(0.02)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + request.body)

    async def talk() -> None:
        async with served(serve) as posts:
            for _ in range(3):
                assert await post(posts, b"1") == (200, b"1")
            assert connections == 1

            answers = await asyncio.gather(*(post(posts, b"%d" % n) for n in range(5)))
            assert [body for _, body in answers] == [b"0", b"1", b"2", b"3", b"4"]
            assert connections == 5

    run(talk())


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", id="said"
        ),
        pytest.param(OK, id="not said"),
        pytest.param(OK + b"HTTP/1.1 200 OK\r\n", id="with more than was asked for"),
    ],
)
def test_a_connection_that_is_closed_carries_no_second_post(answer: bytes) -> None:
    async def talk() -> None:
        async with served(answering(answer)) as posts:
            assert await post(posts) == (200, b"ok")
            await asyncio.sleep(0.05)
            assert await post(posts) == (200, b"ok")

    run(talk())


def test_an_idle_connection_grows_too_old() -> None:
    connections = 0

    async def serve(reader: Reader, writer: Writer) -> None:
        nonlocal connections
        connections += 1
        while True:
            await read(reader)
            writer.write(OK)

    async def talk() -> None:
        async with served(serve) as posts:
            await post(posts)
            for kept in posts._idle:
                kept._idle_since -= posting.IDLE_SECONDS
            await post(posts)
            assert connections == 2

    run(talk())


async def _reset(reader: Reader, writer: Writer) -> None:
    await read(reader)
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def _silent(reader: Reader, writer: Writer) -> None:
    await read(reader)
    await reader.read()


async def _drip(reader: Reader, writer: Writer) -> None:
    await read(reader)
    for byte in OK:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    "serve",
    [
        pytest.param(_reset, id="reset after the body"),
        pytest.param(_silent, id="no answer in time"),
        pytest.param(_drip, id="byte by byte"),
        pytest.param(answering(b""), id="closed without a word"),
        pytest.param(answering(b"HTTP/1.1 200 OK\r\nContent-Le"), id="closed within the headers"),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"),
            id="closed within the body",
        ),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok"),
            id="closed within the chunks",
        ),
        pytest.param(answering(b"SSH-2.0-OpenSSH\r\n"), id="not HTTP"),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2 * posting.LONGEST_ANSWER),
            id="without end",
        ),
    ],
)
def test_what_was_written_and_not_answered_may_have_been_taken(serve: Serve) -> None:
    async def talk() -> None:
        async with served(serve, seconds=0.5) as posts:
            with pytest.raises(Broken):
                await post(posts)

    run(talk())


def test_one_that_takes_too_long_holds_up_no_other() -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        while True:
            if (await read(reader)).body == b"slow":
                await reader.read()
            writer.write(OK)

    async def talk() -> None:
        async with served(serve, seconds=0.6) as posts:
            slow = asyncio.create_task(post(posts, b"slow"))
            for _ in range(3):
                assert await post(posts) == (200, b"ok")
            with pytest.raises(Broken):
                await slow
            assert await post(posts) == (200, b"ok")

    run(talk())


def test_nothing_is_written_after_its_time() -> None:
    got: list[Request] = []

    async def serve(reader: Reader, writer: Writer) -> None:
        got.append(await read(reader))
        writer.write(OK)

    async def talk() -> None:
        async with served(serve) as posts:
            with pytest.raises(Withdrawn):
                await posts.post(b"{}", until=time.monotonic())
            await asyncio.sleep(0.05)
            assert got == []

    run(talk())


def test_what_waits_to_leave_holds_a_connection_and_writes_last() -> None:
    got: list[Request] = []

    async def serve(reader: Reader, writer: Writer) -> None:
        got.append(await read(reader))
        writer.write(OK)

    async def talk() -> None:
        leaves = asyncio.Event()

        async def leave() -> None:
            await leaves.wait()

        async with served(serve, seconds=0.1) as posts:
            posting = asyncio.create_task(
                posts.post(b"{}", until=time.monotonic() + LATER, leave=leave)
            )
            # Longer than an answer may take: that time begins with the writing.
            await asyncio.sleep(0.6)
            assert got == []
            leaves.set()
            assert await posting == (200, b"ok")

    run(talk())


def test_a_connection_that_is_closed_while_it_waits_carries_nothing() -> None:
    async def serve(_reader: Reader, writer: Writer) -> None:
        writer.close()

    async def leave() -> None:
        await asyncio.sleep(0.1)

    async def talk() -> None:
        async with served(serve) as posts:
            with pytest.raises(NotConnected):
                await posts.post(b"{}", until=time.monotonic() + LATER, leave=leave)

    run(talk())


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def test_where_nobody_listens_nothing_was_sent() -> None:
    async def talk() -> None:
        async with posts_to(free_port()) as posts:
            with pytest.raises(NotConnected):
                await post(posts)

    run(talk())


def test_a_name_nobody_knows_is_no_connection() -> None:
    async def talk() -> None:
        async with posts_to(0, url="http://nobody.invalid/x") as posts:
            with pytest.raises(NotConnected):
                await post(posts)

    run(talk())


def test_a_host_that_does_not_accept_in_time_is_no_connection() -> None:
    async def talk() -> None:
        # A queue of one that nobody empties: further connections are not accepted.
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            port = deaf.getsockname()[1]
            async with posts_to(port, connect_seconds=0.3, seconds=1.0) as posts:
                results = await asyncio.gather(
                    *(post(posts) for _ in range(8)), return_exceptions=True
                )
        assert any(isinstance(one, NotConnected) for one in results)

    run(talk())


def test_the_next_address_is_tried_where_the_first_refuses() -> None:
    async def talk() -> None:
        async with served(answering(OK, OK)) as posts:
            posts._addresses = ["127.0.0.9", "127.0.0.1"]
            assert await post(posts) == (200, b"ok")
            assert posts._addresses[0] == "127.0.0.1"

    run(talk())


@pytest.mark.parametrize("is_trusted", [True, False], ids=["known", "unknown"])
def test_who_answers_over_tls_must_be_who_was_meant(is_trusted: bool) -> None:
    async def talk() -> None:
        theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        theirs.load_cert_chain(CERTIFICATE)
        ours = ssl.create_default_context(cafile=str(CERTIFICATE) if is_trusted else None)
        async with (
            listening(answering(OK), tls=theirs) as port,
            posts_to(0, url=f"https://localhost:{port}/x", tls=ours) as posts,
        ):
            if is_trusted:
                assert await post(posts) == (200, b"ok")
            else:
                with pytest.raises(NotConnected):
                    await post(posts)

    run(talk())


def test_a_token_with_its_line_break_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="one line"):
        Posts("http://h/", {"Authorization": "Bearer a\nX: b"}, connect_seconds=1, seconds=1)


def test_a_post_that_is_cancelled_leaves_no_connection_for_the_next() -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        body = (await read(reader)).body
        await asyncio.sleep(0.2 if body == b"first" else 0)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n%6b" % body)

    async def talk() -> None:
        async with served(serve) as posts:
            first = asyncio.create_task(post(posts, b"first"))
            await asyncio.sleep(0.05)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            assert await post(posts, b"second") == (200, b"second")

    run(talk())
