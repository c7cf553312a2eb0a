"""The receiver under granian, on a disk that is synced: `python -m tests.bench.door [requests]`."""

import asyncio
import hashlib
import hmac
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["HEALTHMSG_VAR_DURABLE"] = "1"

from tests.bench import house
from tests.door_process import open_door, surroundings

REQUESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
BODY = (Path(__file__).parent.parent / "webhook_samples" / "status_delivered.json").read_bytes()


def request() -> bytes:
    digest = hmac.new(b"sandbox-app-secret", BODY, hashlib.sha256).hexdigest()
    head = (
        "POST /webhooks/whatsapp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={digest}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY


class Client(asyncio.Protocol):
    """One connection that sends the next request when the last one is answered."""

    def __init__(self, asked: bytes, left: list[int], taken: list[float]) -> None:
        self.asked, self.left, self.taken = asked, left, taken
        self.ended = asyncio.get_running_loop().create_future()
        self.heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.next()

    def next(self) -> None:
        if not self.left[0]:
            self.transport.close()
            self.ended.set_result(None)
            return
        self.left[0] -= 1
        self.began = time.perf_counter()
        self.transport.write(self.asked)

    def data_received(self, data: bytes) -> None:
        self.heard += data
        if b"\r\n\r\n" in self.heard:
            assert self.heard.startswith(b"HTTP/1.1 200"), self.heard
            self.heard = b""
            self.taken.append(time.perf_counter() - self.began)
            self.next()


async def press(port: int, connections: int, requests: int) -> tuple[float, list[float]]:
    loop = asyncio.get_running_loop()
    asked, left = request(), [requests]
    taken: list[float] = []
    began = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: Client(asked, left, taken), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.ended for client in clients))
    return time.perf_counter() - began, taken


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its children, as Linux counts it."""
    pids = [str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    fields = [Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split() for one in pids]
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    house.open_house()
    # Models can only be imported once the house is open.
    from django.conf import settings
    from django.db import connection

    from whatsapp.models import Delivery

    with open_door(surroundings(settings.EMBEDDED, database="healthmsg")) as door:
        asyncio.run(press(door.port, 32, 2000))
        for connections in (32, 128):
            Delivery.objects.all().delete()
            cpu = cpu_seconds(door.pid)
            seconds, taken = asyncio.run(press(door.port, connections, REQUESTS))
            cpu = cpu_seconds(door.pid) - cpu
            cuts = statistics.quantiles(taken, n=100)
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*), count(DISTINCT xmin::text) FROM whatsapp_delivery")
                rows, commits = cursor.fetchone()
            assert rows == REQUESTS
            print(
                f"{connections} connections: {REQUESTS / seconds:,.0f} on disk a second,"
                f" p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms,"
                f" {rows / commits:.1f} to a commit, {cpu / REQUESTS * 1e6:.0f} µs CPU each"
            )


if __name__ == "__main__":
    main()
