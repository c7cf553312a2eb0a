"""Media on the wire: upload, look up, download, delete."""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

from aiohttp import web

from whatsapp.sandbox.graph_errors import GraphError, unknown_object
from whatsapp.sandbox.library import Medium
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.world import World

MEGABYTE = 1 << 20
_OFFICE = "application/vnd.openxmlformats-officedocument"
# Source: WhatsApp Cloud API, supported media types, read 2025-12.
LARGEST = {
    **dict.fromkeys(
        ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16 * MEGABYTE
    ),
    **dict.fromkeys(("video/mp4", "video/3gp"), 16 * MEGABYTE),
    **dict.fromkeys(("image/jpeg", "image/png"), 5 * MEGABYTE),
    "image/webp": 500 * 1024,  # a sticker; one that does not move may have 100 KB only
    **dict.fromkeys(
        (
            *("text/plain", "application/pdf", "application/msword"),
            *("application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
            f"{_OFFICE}.wordprocessingml.document",
            f"{_OFFICE}.spreadsheetml.sheet",
            f"{_OFFICE}.presentationml.presentation",
        ),
        100 * MEGABYTE,
    ),
}
LARGEST_REQUEST = 101 * MEGABYTE
_FILENAME = re.compile(r'filename="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form."""

    content: bytes
    mime_type: str
    filename: str


def upload(world: World, body: bytes, *, content_type: str, phone_number_id: str) -> Json:
    """
    Take in a multipart upload.

    :raises GraphError: a part is missing, or 131053 for what is too large or of no known type
    """
    form = parts(body, content_type)
    product = form.get("messaging_product")
    if product is None or product.content != b"whatsapp":
        raise GraphError(131008, "Parameter 'messaging_product' is required.")
    if "file" not in form:
        raise GraphError(131008, "Parameter 'file' is required.")
    file = form["file"]
    largest = LARGEST.get(file.mime_type)
    if largest is None:
        raise GraphError(131053, f"Files of type {file.mime_type[:60]} are not supported.")
    if len(file.content) > largest:
        raise GraphError(131053, "The file is too large.")
    medium = world.library.put(file.content, file.mime_type, phone_number_id=phone_number_id)
    return {"id": medium.id}


def look_up(world: World, media_id: str, *, phone_number_id: str = "") -> Json:
    """
    Show a file and where it can be fetched for five minutes.

    :raises GraphError: no such file, or not of this number
    """
    kept = _kept(world, media_id, phone_number_id, "get")
    return {
        "messaging_product": "whatsapp",
        "url": world.library.url(kept),
        "mime_type": kept.mime_type,
        "sha256": kept.sha256,
        "file_size": kept.size,
        "id": media_id,
    }


def delete(world: World, media_id: str, *, phone_number_id: str = "") -> Json:
    _kept(world, media_id, phone_number_id, "delete")
    world.library.remove(media_id)
    return {"success": True}


def download(world: World, request: web.BaseRequest) -> web.Response:
    """Give a file to who has our token, while its address is good; 404 says: look it up again."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() not in ("bearer", "oauth") or token.strip() != world.options.token:
        return web.Response(status=401, text="")
    media_id = request.path.rpartition("/")[2]
    medium = world.library.behind(media_id, request.query.get("ext", ""))
    if medium is None:
        return web.Response(status=404, text="")
    return web.Response(body=medium.content, headers={"Content-Type": medium.mime_type})


def parts(body: bytes, content_type: str) -> dict[str, Part]:
    """Take a multipart form apart, by the names of its fields."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    whole = BytesParser().parsebytes(head + body)
    inner = whole.get_payload() if whole.is_multipart() else []
    return {
        str(part.get_param("name", header="content-disposition")): Part(
            _content(part), part.get_content_type(), _filename(part)
        )
        for part in inner
        if isinstance(part, Message)
    }


def _kept(world: World, media_id: str, phone_number_id: str, method: str) -> Medium:
    kept = world.library.get(media_id)
    if kept is None or (phone_number_id and kept.phone_number_id != phone_number_id):
        raise unknown_object(media_id, method)
    return kept


def _content(part: "Message") -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _filename(part: "Message") -> str:
    """Return the file's name in the letters of the browser that sent it, UTF-8."""
    heads = {name.lower(): str(value) for name, value in part.raw_items()}
    found = _FILENAME.search(heads.get("content-disposition", ""))
    return found[1].encode("utf-8", "surrogateescape").decode(errors="replace") if found else ""
