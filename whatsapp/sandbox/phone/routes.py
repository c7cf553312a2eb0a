"""Which page of the phones an address shows."""

import re

from aiohttp import web

from whatsapp.sandbox.chats import Chat
from whatsapp.sandbox.phone import attachments, forms, screens, side_by_side
from whatsapp.sandbox.phone.bubbles import path_of
from whatsapp.sandbox.phone.document import not_found, see, static
from whatsapp.sandbox.world import World

_CHAT = re.compile(r"/chats/([^/]+)/(\d{5,15})(?:/(\w+))?/?")
_PHONE = re.compile(r"/phones/\+?(\d{5,15})/?")
_ACTS = ("write", "tap", "react", "file")


async def answer(world: World, request: web.BaseRequest) -> web.Response:
    """Show the list of chats, a chat, desk and phone together, or do what the person did."""
    path = request.path
    refresh = "still" not in request.query
    if path == "/":
        return screens.chats(world, refresh=refresh)
    if path == "/try":
        return side_by_side.answer(world.cards, request)
    if path.startswith("/static/"):
        return static(path.removeprefix("/static/")) or not_found()
    if found := _PHONE.fullmatch(path):
        return see(path_of(_of_phone(world, found[1])))
    found = _CHAT.fullmatch(path)
    if found is None or found[1] not in world.numbers:
        return not_found()
    chat = world.chats.find(found[1], found[2]) or Chat(found[1], found[2])
    return await _chat(world, chat, found[3] or "", request)


async def _chat(world: World, chat: Chat, part: str, request: web.BaseRequest) -> web.Response:
    refresh = "still" not in request.query
    if request.method == "POST":
        is_known = part in _ACTS
        return await forms.take(world, chat, part, request) if is_known else not_found()
    if part == "file":
        bubble = chat.bubble(request.query.get("of", ""))
        attachment = bubble.content.attachment if bubble else None
        kept = attachments.opened(attachment, library=world.library) if attachment else None
        return kept or not_found()
    if part == "bubbles":
        return screens.bubbles(world, chat, refresh=refresh)
    return not_found() if part else screens.chat(world, chat, refresh=refresh)


def _of_phone(world: World, wa_id: str) -> Chat:
    """Return a phone's newest chat; one that nobody wrote to yet can write to our first number."""
    chats = (chat for chat in world.chats.latest() if chat.wa_id == wa_id)
    return next(chats, Chat(next(iter(world.numbers)), wa_id))
