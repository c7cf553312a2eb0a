"""
How many messages a second the sandbox accepts, beside an aiohttp handler that does nothing.

The client is a bare asyncio.Protocol that sends prepared bytes, so that the server is what is
measured. Its CPU per message holds still when the machine is busy.
"""

import asyncio
import contextlib
import functools
import subprocess
import sys
from collections.abc import Iterator

import orjson

from tests.bench import figures, processor
from tests.bench.figures import Figure, at_least, beside

BENCH = "sandbox_rate"
CONNECTIONS = 100
REPEATS = 3

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


def measure(seconds: float) -> Iterator[Figure]:
    idle, sandbox = [], []
    for _ in range(REPEATS):
        idle.append(ask(["-c", IDLE_SERVER], seconds))
        sandbox.append(ask(SANDBOX, seconds))
    yield Figure.median(BENCH, "a handler that does nothing", [rate for rate, _ in idle], "/s")
    yield Figure.median(
        BENCH,
        "sandbox",
        [rate for rate, _ in sandbox],
        "/s",
        aims=(at_least(5000), beside("a handler that does nothing")),
    )
    cpu = [cpu * 1000 for _, cpu in sandbox]
    yield Figure.median(BENCH, "CPU per message", cpu, "ms", note="of the sandbox alone")


def ask(command: list[str], seconds: float) -> tuple[float, float]:
    """Return messages a second, and CPU seconds of the server for one."""
    with server(command) as (port, pid):
        return asyncio.run(press(port, pid, seconds))


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


async def press(port: int, pid: int, seconds: float) -> tuple[float, float]:
    loop = asyncio.get_running_loop()
    clients = [Client(number) for number in range(CONNECTIONS)]
    for client in clients:
        await loop.create_connection(functools.partial(_itself, client), "127.0.0.1", port)
    await asyncio.sleep(min(1.0, seconds / 2))
    before, cpu, started_at = answered(clients), processor.cpu_seconds(pid), loop.time()
    await asyncio.sleep(seconds)
    took, count = loop.time() - started_at, answered(clients) - before
    spent = processor.cpu_seconds(pid) - cpu
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


if __name__ == "__main__":
    figures.alone(BENCH, measure)
