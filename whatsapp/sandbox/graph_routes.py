"""The Graph API's addresses under /v2x.0/, and who answers them."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

import orjson
from aiohttp import web

from whatsapp.sandbox import account, media, messages
from whatsapp.sandbox.graph_errors import GraphError, unknown_object
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.world import World

_PATH = re.compile(r"/v(2\d)\.0/([^/]+)(?:/([a-z_]+))?/?")
_HEADERS = {"Content-Type": "application/json; charset=UTF-8"}


@dataclass(slots=True)
class Call:
    """One authorised request."""

    world: World
    request: web.BaseRequest
    version: int
    node: str
    body: bytes

    @property
    def is_account(self) -> bool:
        return self.node == self.world.options.waba_id

    def asked(self) -> Json:
        """
        Return the JSON that was posted.

        :raises GraphError: it is not a JSON object
        """
        try:
            asked = orjson.loads(self.body or b"{}")
        except orjson.JSONDecodeError:
            raise GraphError(100, "The request body is not valid JSON.") from None
        if not isinstance(asked, dict):
            raise GraphError(100, "The request body must be a JSON object.")
        return asked


async def answer(world: World, request: web.BaseRequest) -> web.Response:
    """
    Answer one request of the Graph API.

    :raises GraphError: refused
    """
    path = _PATH.fullmatch(request.path)
    if path is None:
        raise GraphError(2500, title=f"Unknown path components: {request.path[:60]}")
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    world.authorise(token.strip() if kind.lower() == "bearer" else "")
    version, node, edge = path.groups()
    body = await request.read() if request.method == "POST" else b""
    call = Call(world, request, int(version), node, body)
    if edge == "messages" and request.method == "POST":
        answered = messages.post(world, world.number(node), body, version=call.version)
    else:
        answered = _route(call, edge or "")
    if world.options.latency:
        await asyncio.sleep(world.options.latency)
    return reply(answered)


def reply(answered: Json, *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(answered), status=status, headers=_HEADERS)


def _route(call: Call, edge: str) -> Json:
    responder = _RESPONDERS.get((call.request.method, edge))
    if responder is None or (edge in _ACCOUNT_EDGES and not call.is_account):
        raise unknown_object(call.node, call.request.method)
    return responder(call)


def _node(call: Call) -> Json:
    world, query = call.world, call.request.query
    if call.is_account:
        return account.account_node(world, query)
    if call.node in world.numbers:
        return account.phone_number_node(world, world.numbers[call.node], query)
    if call.node in world.media:
        return media.look_up(world, call.node, base=str(call.request.url.origin()))
    return account.template_node(world, call.node, query)


def _templates(call: Call) -> Json:
    url = call.request.url
    return call.world.templates.page(call.request.query, url=f"{url.origin()}{url.path}")


def _edit(call: Call) -> Json:
    template = call.world.templates.by_id(call.node)
    if template is None:
        raise unknown_object(call.node)
    return account.edit_template(call.world, template, call.asked())


def _upload(call: Call) -> Json:
    call.world.number(call.node)
    kind = call.request.headers.get("Content-Type", "")
    return media.upload(call.world, call.body, content_type=kind)


_ACCOUNT_EDGES = ("message_templates", "phone_numbers", "subscribed_apps")
_RESPONDERS: dict[tuple[str, str], Callable[[Call], Json]] = {
    ("GET", ""): _node,
    ("POST", ""): _edit,
    ("DELETE", ""): lambda call: media.delete(call.world, call.node),
    ("POST", "media"): _upload,
    ("GET", "message_templates"): _templates,
    ("POST", "message_templates"): lambda call: account.create_template(call.world, call.asked()),
    ("DELETE", "message_templates"): lambda call: account.delete_templates(
        call.world, call.request.query
    ),
    ("GET", "phone_numbers"): lambda call: account.phone_numbers(call.world, call.request.query),
    ("GET", "subscribed_apps"): lambda call: account.subscribed_apps(call.world),
    ("POST", "subscribed_apps"): lambda call: account.subscribe(call.world, to=True),
    ("DELETE", "subscribed_apps"): lambda call: account.subscribe(call.world, to=False),
}
