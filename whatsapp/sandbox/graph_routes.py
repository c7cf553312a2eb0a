"""The Graph API's addresses under /v2x.0/, and who answers them."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from whatsapp.sandbox import account, block_list, media, messages, template_desk, uploads
from whatsapp.sandbox.graph_errors import GraphError, unknown_object
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.world import World

_PATH = re.compile(r"/v(2\d)\.0/([^/]+)(?:/([a-z_]+))?/?")
_HEADERS = {"Content-Type": "application/json; charset=UTF-8"}
_FORM = "application/x-www-form-urlencoded"


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

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query

    def asked(self) -> Json:
        """
        Return what was posted, as JSON or as a form with JSON in its fields.

        :raises GraphError: it is not a JSON object
        """
        if self.request.content_type == _FORM:
            return _form(self.body)
        try:
            asked = orjson.loads(self.body or b"{}")
        except orjson.JSONDecodeError:
            raise GraphError(100, "The request body is not valid JSON.") from None
        if not isinstance(asked, dict):
            raise GraphError(100, "The request body must be a JSON object.")
        return asked

    def given(self) -> Mapping[str, Any]:
        """Return parameters that may stand in the address or in the body."""
        is_file = self.request.content_type not in (_FORM, "application/json")
        return {**self.query, **({} if is_file else self.asked())}


async def answer(world: World, request: web.BaseRequest) -> web.Response:
    """
    Answer one request of the Graph API.

    :raises GraphError: refused
    """
    path = _PATH.fullmatch(request.path)
    if path is None:
        raise GraphError(2500, title=f"Unknown path components: {request.path[:60]}")
    body = await request.read() if request.method in ("POST", "DELETE") else b""
    world.authorise(_token(request, body))
    version, node, edge = path.groups()
    call = Call(world, request, int(version), node, body)
    headers = {}
    if (request.method, edge) in _SENDS:
        answered = _send(call, edge)
    else:
        answered = _route(call, edge or "")
        headers = world.usage.headers()
    if world.options.latency:
        await asyncio.sleep(world.options.latency)
    return reply(answered, headers=headers)


def reply(
    answered: Json, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    whole = {**_HEADERS, **(headers or {})}
    return web.Response(body=orjson.dumps(answered), status=status, headers=whole)


def _token(request: web.BaseRequest, body: bytes) -> str:
    """Find the token: in the header, in the address, or among a form's fields."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() in ("bearer", "oauth"):
        return token.strip()
    found = request.query.get("access_token", "")
    if not found and request.content_type == _FORM:
        found = str(_form(body).get("access_token", ""))
    return found


def _form(body: bytes) -> Json:
    """Read a form as Graph does: lists and objects stand in it as JSON."""
    fields: Json = {}
    for name, text in parse_qsl(body.decode("utf-8", "replace")):
        try:
            fields[name] = orjson.loads(text) if text[:1] in "{[" else text
        except orjson.JSONDecodeError:
            fields[name] = text
    return fields


def _send(call: Call, edge: str | None) -> Json:
    number = call.world.number(call.node)
    body = call.body
    if call.request.content_type == _FORM:
        body = orjson.dumps(call.asked())
    is_marketing = edge == "marketing_messages"
    return messages.post(
        call.world, number, body, version=call.version, is_marketing_api=is_marketing
    )


def _route(call: Call, edge: str) -> Json:
    responder = _RESPONDERS.get((call.request.method, edge))
    if responder is None or (edge in _ACCOUNT_EDGES and not call.is_account):
        raise unknown_object(call.node, call.request.method)
    if edge != "media":
        call.world.usage.take()
    return responder(call)


def _node(call: Call) -> Json:
    world, query = call.world, call.query
    if call.is_account:
        return account.account_node(world, query)
    if call.node in world.numbers:
        return account.phone_number_node(world, world.numbers[call.node], query)
    if call.node.startswith(uploads.PREFIX):
        return uploads.progress(world.uploads, call.node)
    if call.node in world.library:
        return media.look_up(world, call.node, phone_number_id=query.get("phone_number_id", ""))
    return account.template_node(world, call.node, query)


def _templates(call: Call) -> Json:
    url, world = call.request.url, call.world
    return world.templates.page(
        call.query,
        url=f"{url.origin()}{url.path}",
        at_most=world.options.templates_at_most,
        sample_url=world.library.sample_url,
    )


def _change_node(call: Call) -> Json:
    """Bytes of an upload, or an edit of a template."""
    world = call.world
    if call.node.startswith(uploads.PREFIX):
        offset = call.request.headers.get("file_offset", "0")
        return uploads.take(world.uploads, world.library, call.node, call.body, offset=offset)
    template = template_desk.found(world, call.node, "post")
    return template_desk.edit(world, template, call.asked())


def _upload(call: Call) -> Json:
    number = call.world.number(call.node)
    kind = call.request.headers.get("Content-Type", "")
    return media.upload(call.world, call.body, content_type=kind, phone_number_id=number.id)


def _begin_upload(call: Call) -> Json:
    if call.node != account.APP_ID:
        raise unknown_object(call.node)
    return uploads.begin(call.world.uploads, call.given())


def _number_edge(edge: str) -> Callable[[Call], Json]:
    return lambda call: account.number_settings(call.world, call.world.number(call.node), edge)


_SENDS = (("POST", "messages"), ("POST", "marketing_messages"))
_ACCOUNT_EDGES = ("message_templates", "phone_numbers", "subscribed_apps")
_RESPONDERS: dict[tuple[str, str], Callable[[Call], Json]] = {
    ("GET", ""): _node,
    ("POST", ""): _change_node,
    ("DELETE", ""): lambda call: media.delete(
        call.world, call.node, phone_number_id=call.query.get("phone_number_id", "")
    ),
    ("POST", "media"): _upload,
    ("POST", "uploads"): _begin_upload,
    ("GET", "message_templates"): _templates,
    ("POST", "message_templates"): lambda call: template_desk.create(call.world, call.asked()),
    ("DELETE", "message_templates"): lambda call: template_desk.delete(call.world, call.given()),
    ("POST", "unpause"): lambda call: template_desk.unpause(call.world, call.node),
    ("GET", "phone_numbers"): lambda call: account.phone_numbers(call.world, call.query),
    ("GET", "subscribed_apps"): lambda call: account.subscribed_apps(call.world),
    ("POST", "subscribed_apps"): lambda call: account.subscribe(call.world, dict(call.given())),
    ("DELETE", "subscribed_apps"): lambda call: account.unsubscribe(call.world),
    ("GET", "block_users"): lambda call: block_list.listed(
        call.world, call.world.number(call.node), call.query
    ),
    ("POST", "block_users"): lambda call: block_list.block(
        call.world, call.world.number(call.node), call.asked()
    ),
    ("DELETE", "block_users"): lambda call: block_list.unblock(
        call.world, call.world.number(call.node), call.asked()
    ),
    **{
        ("POST", edge): _number_edge(edge)
        for edge in ("register", "deregister", "request_code", "verify_code", "settings")
    },
}
