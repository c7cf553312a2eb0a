"""How a commanded fault looks on the wire."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

from whatsapp.sandbox.faults import Fault, Faults
from whatsapp.sandbox.graph_errors import GraphError

Answer = Callable[[web.BaseRequest], Awaitable[web.Response]]

_GATEWAY_PAGE = (
    "<!DOCTYPE html><html><title>Error</title><h1>Sorry, something went wrong.</h1></html>"
)
# l_onoff=1, l_linger=0: closing sends RST instead of FIN.
_AT_ONCE = struct.pack("ii", 1, 0)


async def answer(
    faults: Faults, request: web.BaseRequest, path: str, usual: Answer
) -> web.Response:
    """Answer a request while faults are waiting for some."""
    refusal = faults.happening(path, before_body=True)
    if refusal is not None:
        return _cut(request)
    body = await request.read()
    fault = faults.happening(path, before_body=False, to=_recipient(body))
    if fault is None:
        return await usual(request)
    return await _spoilt(fault, request, usual)


async def _spoilt(fault: Fault, request: web.BaseRequest, usual: Answer) -> web.Response:
    if fault.kind == "latency":
        await asyncio.sleep(fault.seconds)
        return await usual(request)
    if fault.kind == "late":
        accepted = await usual(request)
        await asyncio.sleep(fault.seconds)
        return accepted
    if fault.kind == "graph":
        raise GraphError(fault.code, fault.details)
    if fault.accepted:
        await usual(request)
    if fault.kind == "reset":
        return _cut(request)
    if fault.kind == "html":
        return web.Response(status=fault.status, text=_GATEWAY_PAGE, content_type="text/html")
    return web.Response(status=429, text="")


def _cut(request: web.BaseRequest) -> web.Response:
    """End the connection with a reset; what is returned goes nowhere."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        transport.abort()
    return web.Response()


def _recipient(body: bytes) -> str:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    return str(payload.get("to", "")) if isinstance(payload, dict) else ""
