"""What a person did on the phone's page, done as the patient: the clinic hears real webhooks."""

from urllib.parse import parse_qsl

from aiohttp import web

from whatsapp.sandbox import media
from whatsapp.sandbox.chats import Chat
from whatsapp.sandbox.inbound_kinds import SentFile
from whatsapp.sandbox.media import MEGABYTE
from whatsapp.sandbox.phone import screens
from whatsapp.sandbox.phone.bubbles import EMOJI, path_of
from whatsapp.sandbox.phone.document import see
from whatsapp.sandbox.world import World

LARGEST = 5 * MEGABYTE
LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024
# A file is what its first bytes say, whatever its name.
_KINDS = (
    (b"\xff\xd8\xff", "image", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image", "image/png"),
    (b"%PDF-", "document", "application/pdf"),
)


class Unfit(Exception):
    """What was posted cannot be sent; the message says why, to the person at the page."""


async def take(world: World, chat: Chat, act: str, request: web.BaseRequest) -> web.Response:
    """Do what was posted, and show the chat again."""
    body = await request.read()
    try:
        if act == "file":
            _send_file(world, chat, body, request.headers.get("Content-Type", ""))
            return see(path_of(chat))
        fields = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        if act == "write":
            _write(world, chat, fields)
            return see(path_of(chat))
        (_react if act == "react" else _tap)(world, chat, fields)
    except Unfit as error:
        return screens.chat(world, chat, refresh=False, trouble=str(error))
    # In the frame of the messages, where no script runs.
    return see(f"{path_of(chat)}/bubbles#end")


def _write(world: World, chat: Chat, fields: dict[str, str]) -> None:
    text = fields.get("text", "").strip()
    if not text:
        raise Unfit("There is nothing to send.")
    number = world.numbers[chat.phone_number_id]
    world.patients.write(number, chat.wa_id, text[:LONGEST_TEXT])


def _tap(world: World, chat: Chat, fields: dict[str, str]) -> None:
    bubble, place = chat.bubble(fields.get("wamid", "")), fields.get("tap", "")
    if bubble is None or not place.isdecimal() or int(place) >= len(bubble.buttons):
        raise Unfit("That button is no longer there.")
    number = world.numbers[chat.phone_number_id]
    world.patients.tap(number, chat.wa_id, bubble, int(place))


def _react(world: World, chat: Chat, fields: dict[str, str]) -> None:
    bubble, emoji = chat.bubble(fields.get("wamid", "")), fields.get("emoji", "")
    if bubble is None or emoji not in ("", *EMOJI):
        raise Unfit("That message is no longer there.")
    if emoji or bubble.reactions.get(False):
        number = world.numbers[chat.phone_number_id]
        world.patients.react(number, chat.wa_id, bubble.wamid, emoji)


def _send_file(world: World, chat: Chat, body: bytes, content_type: str) -> None:
    form = media.parts(body, content_type)
    if "file" not in form or not form["file"].content:
        raise Unfit("Choose a file first.")
    content, name = form["file"].content, form["file"].filename
    if len(content) > LARGEST:
        raise Unfit("The file is larger than 5 MB.")
    found = next((one for one in _KINDS if content.startswith(one[0])), None)
    if found is None:
        raise Unfit("Only JPEG and PNG pictures and PDF documents can be sent here.")
    _, kind, mime_type = found
    caption = form["caption"].content.decode(errors="replace").strip() if "caption" in form else ""
    file = SentFile(kind, mime_type, content, name or "document.pdf")
    number = world.numbers[chat.phone_number_id]
    world.patients.send_file(number, chat.wa_id, file, caption=caption[:LONGEST_CAPTION])
