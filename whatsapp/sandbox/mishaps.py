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
) -> web.StreamResponse:
    """Answer a request while faults are waiting for some."""
    refusal = faults.happening(path, before_body=True)
    if refusal is not None:
        return _cut(request)
    body = await request.read()
    fault = faults.happening(path, before_body=False, to=_recipient(body))
    if fault is None:
        return await usual(request)
    return await _spoilt(fault, request, usual)


async def _spoilt(fault: Fault, request: web.BaseRequest, usual: Answer) -> web.StreamResponse:
    slowly = _SLOWLY.get(fault.kind)
    if slowly is not None:
        return await slowly(fault, request, usual)
    if fault.kind == "graph":
        raise GraphError(fault.code, fault.details)
    if fault.accepted:
        await usual(request)
    if fault.kind == "reset":
        return _cut(request)
    if fault.kind == "html":
        return web.Response(status=fault.status, text=_GATEWAY_PAGE, content_type="text/html")
    return web.Response(status=429, text="")


async def _after_a_while(
    fault: Fault, request: web.BaseRequest, usual: Answer
) -> web.StreamResponse:
    await asyncio.sleep(fault.seconds)
    return await usual(request)


async def _late(fault: Fault, request: web.BaseRequest, usual: Answer) -> web.StreamResponse:
    accepted = await usual(request)
    await asyncio.sleep(fault.seconds)
    return accepted


async def _drip(fault: Fault, request: web.BaseRequest, usual: Answer) -> web.StreamResponse:
    """Answer a byte at a time: every read of the client's succeeds, and yet it gets nowhere."""
    accepted = await usual(request)
    body = accepted.body if isinstance(accepted.body, bytes) else b""
    dripping = web.StreamResponse(status=accepted.status)
    dripping.content_type = "application/json"
    dripping.content_length = len(body)
    # A client that has had enough closes; what was accepted stays accepted.
    with contextlib.suppress(ConnectionError):
        await dripping.prepare(request)
        for place in range(len(body)):
            await asyncio.sleep(fault.seconds / len(body))
            await dripping.write(body[place : place + 1])
    return dripping


_SLOWLY = {"latency": _after_a_while, "late": _late, "drip": _drip}


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
