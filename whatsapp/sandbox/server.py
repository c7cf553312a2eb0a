"""The HTTP server: one port for the Graph API, the control API and the phone to look at."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

import aiohttp
import orjson
from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from whatsapp.sandbox import control, forgery, graph_routes, media, mishaps
from whatsapp.sandbox.fast_lane import FastLane, Lanes
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.graph_routes import reply
from whatsapp.sandbox.phone import routes
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.world import World

CONTROL = "/_sandbox/"
CARDS = "/_control/cards"


class Server:
    """Answers requests for one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._usual = web.Server(self.answer, request_factory=_request, access_log=None)
        self._lanes: Lanes = set()
        self._listening: asyncio.Server | None = None
        self._plugging: set[asyncio.Task[None]] = set()
        self.host, self.port = "127.0.0.1", 0

    @contextlib.asynccontextmanager
    async def running(self, host: str, port: int) -> AsyncIterator[str]:
        """Serve, and send webhooks, until the block ends; gives the address. Port 0 is any."""
        self.host, self.port = host, port
        await self._plug_in()
        sending = asyncio.create_task(self.world.webhooks.run())
        keeping = asyncio.create_task(self.world.diary.run())
        try:
            yield f"http://{self.host}:{self.port}"
        finally:
            sending.cancel()
            keeping.cancel()
            self.world.patients.clear()
            self._unlisten()
            await self._usual.shutdown(1.0)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer any request."""
        path = request.path
        try:
            if path.startswith("/v"):
                return await self._graph(request, path)
        except GraphError as error:
            full = self.world.usage.headers() if error.code == 80008 else {}
            return reply(error.body(), status=error.status, headers=full)
        if path.startswith("/media/"):
            return media.download(self.world, request)
        if path.startswith(CONTROL):
            return await self._control(request, path.removeprefix(CONTROL))
        if path == CARDS:
            return await self._cards(request)
        return await routes.answer(self.world, request)

    async def _graph(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        world = self.world
        if not world.faults:
            return await graph_routes.answer(world, request)
        return await mishaps.answer(
            world.faults,
            request,
            path.rpartition("/")[2],
            lambda again: graph_routes.answer(world, again),
        )

    async def _control(self, request: web.BaseRequest, name: str) -> web.StreamResponse:
        if name == "ledger.ndjson":
            return await self._stream_ledger(request)
        try:
            wish = await _wish(request)
            if name in ("unplug", "handshake", "forge"):
                return reply(await getattr(self, f"_{name}")(wish))
            responder = control.RESPONDERS.get((request.method, name))
            if responder is None:
                return reply({"error": "no such control"}, status=404)
            return reply(responder(self.world, wish))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return reply({"error": f"{type(error).__name__}: {error}"}, status=400)

    async def _cards(self, request: web.BaseRequest) -> web.Response:
        """Take the cards of the page that shows desk and phone side by side."""
        if request.method != "POST":
            return reply({"error": "POST cards here"}, status=405)
        try:
            return reply({"cards": self.world.cards.give(await _wish(request)), "page": "/try"})
        except ValueError as error:
            return reply({"error": str(error)}, status=400)

    async def _stream_ledger(self, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        for lines in self.world.ledger.lines():
            await response.write(lines)
        await response.write_eof()
        return response

    async def _plug_in(self) -> None:
        def connected() -> FastLane:
            return FastLane(self.world, self._usual, self._lanes)

        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(
            connected, self.host, self.port, reuse_address=True, backlog=1024
        )
        self.port = self._listening.sockets[0].getsockname()[1]
        self.world.library.address = f"http://{self.host}:{self.port}"

    def _unlisten(self) -> None:
        if self._listening is not None:
            self._listening.close()
        for lane in list(self._lanes):
            lane.abort()

    async def _unplug(self, wish: Json) -> Json:
        """Refuse connections for some seconds: nothing listens. This answer is the last."""
        seconds = float(wish["seconds"])
        task = asyncio.create_task(self._be_unplugged(seconds))
        self._plugging.add(task)
        task.add_done_callback(self._plugging.discard)
        return {"unplugged_for": seconds}

    async def _be_unplugged(self, seconds: float) -> None:
        await asyncio.sleep(0.05)  # lets this answer leave
        self._unlisten()
        for connection in list(self._usual.connections):
            connection.force_close()
        await asyncio.sleep(seconds)
        await self._plug_in()

    async def _handshake(self, _: Json) -> Json:
        """Do what Meta does when a webhook address is entered."""
        options, challenge = self.world.options, str(secrets.randbelow(10**10))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": options.verify_token,
        }
        async with (
            aiohttp.ClientSession() as session,
            session.get(options.webhook_url, params=query) as answer,
        ):
            text = await answer.text()
            return {"verified": answer.status == 200 and text == challenge}

    async def _forge(self, wish: Json) -> Json:
        """Write to the webhook address as somebody who is not Meta."""
        forged = forgery.forge(self.world, wish)
        answers = []
        async with aiohttp.ClientSession() as session:
            for body, headers in forged:
                url = self.world.options.webhook_url
                async with session.post(url, data=body, headers=headers) as answer:
                    await answer.read()
                    answers.append(answer.status)
        return {"answers": answers}


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: RequestHandler,
    writer: AbstractStreamWriter,
    task: "asyncio.Task[None]",
) -> web.BaseRequest:
    """Make a request that may be as large as Meta's largest file."""
    loop = asyncio.get_running_loop()
    largest = media.LARGEST_REQUEST
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=largest)


async def _wish(request: web.BaseRequest) -> object:
    """Return the query of a GET, the JSON of anything else."""
    if request.method == "GET":
        return dict(request.query)
    return orjson.loads(await request.read() or b"{}")
