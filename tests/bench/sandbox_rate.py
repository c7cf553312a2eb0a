"""
How many messages per second the sandbox accepts, beside an aiohttp handler that does nothing.

    python -m tests.bench.sandbox_rate [--seconds 5] [--connections 100]

The client is a bare asyncio.Protocol that sends prepared bytes, so that the server is what is
measured. "CPU" is the server's own time per message: it holds still when the machine is busy.
"""

import argparse
import asyncio
import contextlib
import functools
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

IDLE_SERVER = """
import asyncio, gc, sys
import orjson
from aiohttp import web

async def answer(request):
    orjson.loads(await request.read())
    return web.Response(body=b"{}", headers={"Content-Type": "application/json"})

async def main():
    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
SANDBOX = ["-m", "whatsapp.sandbox", "--port=0", "--throughput=0", "--no-pair-limits"]
VALUES = ("contact_name", "patient_name", "clinic_name", "when", "site_name")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=100)
    chosen = parser.parse_args()
    for name, command in {"does nothing": ["-c", IDLE_SERVER], "sandbox": SANDBOX}.items():
        with server(command) as (port, pid):
            rate, cpu = asyncio.run(measure(port, pid, chosen.connections, chosen.seconds))
        print(f"{name:>14}: {rate:8,.0f} messages/s, {cpu * 1e6:5.0f} us CPU per message")


@contextlib.contextmanager
def server(command: list[str]) -> Iterator[tuple[int, int]]:
    """Run a server; gives its port and process id."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        yield int(address.rpartition(":")[2]), process.pid
    finally:
        process.terminate()
        process.wait(10)


async def measure(port: int, pid: int, connections: int, seconds: float) -> tuple[float, float]:
    """Return messages per second, and CPU seconds of the server per message."""
    loop = asyncio.get_running_loop()
    clients = [Client(number) for number in range(connections)]
    for client in clients:
        await loop.create_connection(functools.partial(_itself, client), "127.0.0.1", port)
    await asyncio.sleep(1)
    before, cpu, started_at = answered(clients), cpu_seconds(pid), time.perf_counter()
    await asyncio.sleep(seconds)
    took, count = time.perf_counter() - started_at, answered(clients) - before
    spent = cpu_seconds(pid) - cpu
    for client in clients:
        client.transport.abort()
    return count / took, spent / count


class Client(asyncio.Protocol):
    """One keep-alive connection with one message in flight."""

    def __init__(self, number: int) -> None:
        self.answers = 0
        self.request = request(f"+54911{55000000 + number}")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        assert data.startswith(b"HTTP/1.1 200"), data
        self.answers += 1
        self.transport.write(self.request)


def _itself(client: Client) -> Client:
    return client


def request(to: str) -> bytes:
    """Return a template message with five parameters and three payloads, as reminders are."""
    body = [{"type": "text", "parameter_name": name, "text": "Clinica Aurora"} for name in VALUES]
    buttons = [
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": str(place),
            "parameters": [{"type": "payload", "payload": f"v1:8841:{place}:9f2c77ad"}],
        }
        for place in range(3)
    ]
    message = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "template",
        "biz_opaque_callback_data": "7f3c2f6e-1a2b-4c3d-9e8f-001122334455.1",
        "template": {
            "name": "appointment_reminder_days",
            "language": {"policy": "deterministic", "code": "es"},
            "components": [{"type": "body", "parameters": body}, *buttons],
        },
    }
    content = orjson.dumps(message)
    head = (
        "POST /v25.0/100000000000001/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Authorization: Bearer sandbox-token\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def answered(clients: list[Client]) -> int:
    return sum(client.answers for client in clients)


def cpu_seconds(pid: int) -> float:
    """Return user and system time; Linux counts it in hundredths."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main()
