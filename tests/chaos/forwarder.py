"""
Brings what comes to an address inside a namespace to servers outside it.

    python -m tests.chaos.forwarder NAMESPACE ADDRESS PORT=unix:PATH PORT=tcp:PORT ...

The listening sockets are made inside the namespace; the process itself stays outside.
"""

import asyncio
import contextlib
import ctypes
import os
import socket
import sys
from pathlib import Path

_NEW_NETWORK = 0x40000000  # Source: setns(2), CLONE_NEWNET.


def main() -> None:
    namespace, address, *wishes = sys.argv[1:]
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    _enter(os.open(Path("/var/run/netns") / namespace, os.O_RDONLY))
    routes = []
    for wish in wishes:
        port, _, target = wish.partition("=")
        routes.append((socket.create_server((address, int(port)), backlog=512), target))
    _enter(here)
    print("ready", flush=True)
    asyncio.run(_forward(routes))


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "setns")


async def _forward(routes: list[tuple[socket.socket, str]]) -> None:
    for listening, target in routes:
        await asyncio.start_server(_bridge_to(target), sock=listening)
    await asyncio.Event().wait()


def _bridge_to(target: str):  # type: ignore[no-untyped-def]  # asyncio's callback
    async def bridge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await _open(target)
        except OSError:
            writer.transport.abort()
            return
        both = (_pour(reader, far_writer), _pour(far_reader, writer))
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*both)

    return bridge


async def _open(target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    kind, _, where = target.partition(":")
    if kind == "unix":
        return await asyncio.open_unix_connection(where)
    return await asyncio.open_connection("127.0.0.1", int(where))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while portion := await reader.read(65536):
            writer.write(portion)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    main()
