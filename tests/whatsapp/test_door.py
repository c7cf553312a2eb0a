import asyncio
import hashlib
import hmac
import socket
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests import at_rest
from tests.door_process import Door as DoorProcess
from tests.door_process import open_door, surroundings
from whatsapp.connection import connect
from whatsapp.door import LARGEST_BODY, PATH, Door
from whatsapp.keeper import Keeper, NotKept
from whatsapp.models import Delivery, LineBeat

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "sandbox-app-secret"
HANDSHAKE = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="


@pytest.fixture(scope="module")
def door(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[DoorProcess]:
    database = str(connection.settings_dict["NAME"])
    with open_door(surroundings(settings.EMBEDDED, database=database)) as process:
        yield process
    with django_db_blocker.unblock():
        at_rest.empty()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}


def post(door: DoorProcess, body: bytes) -> int:
    return door.ask("POST", PATH, body, signed(body))[0]


def test_meta_is_let_in_by_the_token_and_gets_its_challenge_back(door: DoorProcess) -> None:
    assert door.ask("GET", f"{PATH}?{HANDSHAKE}sandbox-verify-token") == (200, b"1158201444")
    assert door.ask("GET", f"{PATH}?{HANDSHAKE}guessed")[0] == 403
    assert door.ask("GET", PATH)[0] == 403


def test_two_hundred_means_on_disk_byte_for_byte(door: DoorProcess) -> None:
    body = rb'{"a":"Ol\u00e1 <b>\/x\u0000"}' + b"\x00\xff"

    assert post(door, body) == 200

    kept = Delivery.objects.get()
    assert kept.body == body
    assert bytes(kept.clear_body) == b""
    assert kept.digest_after is not None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": "sha256=00"},
        {"X-Hub-Signature-256": "sha256=\xe9"},
        signed(b"{}", "another"),
        signed(b"other"),
    ],
    ids=["unsigned", "short", "no-ascii", "another-secret", "another-body"],
)
def test_what_meta_has_not_signed_is_refused(door: DoorProcess, headers: dict[str, str]) -> None:
    assert door.ask("POST", PATH, b"{}", headers)[0] == 401
    assert not Delivery.objects.exists()


def test_other_addresses_and_methods_are_refused(door: DoorProcess) -> None:
    assert door.ask("GET", "/")[0] == 404
    assert door.ask("PUT", PATH, b"{}")[0] == 405


def test_three_megabytes_are_kept(door: DoorProcess) -> None:
    assert post(door, b"x" * LARGEST_BODY) == 200


@pytest.mark.parametrize(
    ("header", "body"),
    [
        pytest.param(f"Content-Length: {LARGEST_BODY + 1}", b"x", id="announced"),
        pytest.param(
            "Transfer-Encoding: chunked",
            b"%x\r\n%s\r\n" % (LARGEST_BODY + 1, b"x" * (LARGEST_BODY + 1)),
            id="unannounced",
        ),
    ],
)
def test_more_than_three_megabytes_are_refused(door: DoorProcess, header: str, body: bytes) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
        line.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode() + body)

        assert line.recv(1000).startswith(b"HTTP/1.1 413")


def test_requests_that_arrive_together_share_commits(door: DoorProcess) -> None:
    bodies = [b'{"n":%d}' % n for n in range(300)]

    with ThreadPoolExecutor(32) as pool:
        statuses = set(pool.map(lambda body: post(door, body), bodies))

    assert statuses == {200}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT xmin::text) FROM whatsapp_delivery")
        rows, commits = cursor.fetchone()
    assert rows == 300
    assert commits < 300


@pytest.fixture
def picky_table() -> Iterator[None]:
    """A table that refuses long bodies, as nothing we know of would make it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF octet_length(NEW.sealed) > 100 THEN RAISE EXCEPTION 'no'; END IF;
              RETURN NEW;
            END $$;
            CREATE TRIGGER picky BEFORE INSERT ON whatsapp_delivery
              FOR EACH ROW EXECUTE FUNCTION refuse_poison();
            """
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER picky ON whatsapp_delivery; DROP FUNCTION refuse_poison();")


def test_one_that_cannot_be_kept_does_not_spoil_those_it_arrived_with(
    door: DoorProcess, picky_table: None
) -> None:
    poison = b"x" * 100
    bodies = [poison if n % 20 == 0 else b"%d" % n for n in range(200)]

    with ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(lambda body: post(door, body), bodies))

    assert [s == 503 for s in statuses] == [body == poison for body in bodies]
    assert Delivery.objects.count() == 190


def test_without_a_database_meta_is_asked_to_come_again(door: DoorProcess) -> None:
    beaten(door)
    before = LineBeat.objects.get(name="door").since
    parameters = plain_parameters() | {"dbname": "postgres"}
    name = connection.settings_dict["NAME"]
    connection.close()

    with psycopg.connect(**parameters, autocommit=True) as elsewhere:
        elsewhere.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            elsewhere.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            time.sleep(0.3)
            gone, health = post(door, b"{}"), door.ask("GET", "/healthz")[0]
        finally:
            elsewhere.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    back = until(lambda: post(door, b"{}"), 200)

    assert (gone, health, back) == (503, 503, 200)
    beaten(door)
    assert LineBeat.objects.get(name="door").since > before


def test_a_database_that_hangs_is_not_waited_for(django_db_setup: None) -> None:
    async def bring() -> None:
        keeper = Keeper(connect, ring=lambda: None, within_seconds=0.1)
        running = asyncio.create_task(keeper.run())
        while not keeper.is_ready:
            await asyncio.sleep(0.01)
        try:
            await keeper.keep(b"{}")
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    with psycopg.connect(**plain_parameters(), autocommit=False) as elsewhere:
        elsewhere.execute("LOCK TABLE whatsapp_delivery IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(NotKept):
            asyncio.run(bring())
        elsewhere.rollback()


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    line = SilentLine()

    asyncio.run(Door(body_within_seconds=0.05).__rsgi__(ANNOUNCED, line))

    assert line.statuses == [408]


class SilentLine:
    """Somebody who has announced a body and says nothing more."""

    def __init__(self) -> None:
        self.statuses: list[int] = []

    async def __call__(self) -> bytes:
        await asyncio.sleep(60)
        return b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield await self()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes, /) -> None:
        self.statuses.append(status)


@dataclass
class Asked:
    """A request as granian tells of it."""

    headers: Any
    path: str = PATH
    method: str = "POST"
    query_string: str = ""


ANNOUNCED = Asked(headers={"content-length": "9"})


def test_who_hangs_up_in_the_middle_of_a_body_leaves_nothing_behind(door: DoorProcess) -> None:
    for header in ("Content-Length: 100", "Transfer-Encoding: chunked"):
        with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
            line.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n5\r\n{{".encode())
            time.sleep(0.1)

    assert post(door, b"{}") == 200
    assert Delivery.objects.count() == 1


def test_half_sent_headers_are_not_kept_for_ever(door: DoorProcess) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
        line.sendall(b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nX-Slow")

        # Closed, with or without a word, long before our own patience ends.
        assert line.recv(1000) == b""


def test_it_gives_signs_of_life(door: DoorProcess) -> None:
    first = beaten(door)
    time.sleep(2.5)

    assert LineBeat.objects.get(name="door").seen_at > first.seen_at
    assert LineBeat.objects.get(name="door").since == first.since


def plain_parameters() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    return {k: v for k, v in parameters.items() if k not in {"cursor_factory", "context"}}


def beaten(door: DoorProcess) -> LineBeat:
    """Wait for a sign of life; a flushed table gets its row back with the next one."""
    assert until(lambda: LineBeat.objects.filter(name="door").exists(), True)
    return LineBeat.objects.get(name="door")


def until(ask: Any, wanted: object) -> object:
    for _ in range(100):
        answer = ask()
        if answer == wanted:
            break
        time.sleep(0.1)
    return answer
