"""Media: uploads are remembered by size and hash, and never kept."""

import base64
import hashlib
from email.message import Message
from email.parser import BytesParser

from whatsapp.sandbox.graph_errors import GraphError, unknown_object
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.world import Upload, World

# Source: WhatsApp Cloud API, supported media types, read 2025-12.
LARGEST = {"audio": 16 << 20, "image": 5 << 20, "video": 16 << 20, "text": 100 << 20}


def upload(world: World, body: bytes, *, content_type: str) -> Json:
    """
    Take in a multipart upload.

    :raises GraphError: a part is missing, or 131053 for what is too large
    """
    parts = _parts(body, content_type)
    if parts.get("messaging_product", (b"", ""))[0] != b"whatsapp":
        raise GraphError(131008, "Parameter 'messaging_product' is required.")
    if "file" not in parts:
        raise GraphError(131008, "Parameter 'file' is required.")
    content, mime_type = parts["file"]
    if len(content) > LARGEST.get(mime_type.partition("/")[0], 100 << 20):
        raise GraphError(131053, "The file is too large.")
    media_id = str(world.rng.randrange(10**15, 10**16))
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    world.media[media_id] = Upload(mime_type, digest, len(content))
    return {"id": media_id}


def look_up(world: World, media_id: str, *, base: str) -> Json:
    kept = world.media[media_id]
    return {
        "messaging_product": "whatsapp",
        "url": f"{base}/media/{media_id}",
        "mime_type": kept.mime_type,
        "sha256": kept.sha256,
        "file_size": kept.size,
        "id": media_id,
    }


def delete(world: World, media_id: str) -> Json:
    if world.media.pop(media_id, None) is None:
        raise unknown_object(media_id, "delete")
    return {"success": True}


def _parts(body: bytes, content_type: str) -> dict[str, tuple[bytes, str]]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    whole = BytesParser().parsebytes(head + body)
    inner = whole.get_payload() if whole.is_multipart() else []
    return {
        str(part.get_param("name", header="content-disposition")): (
            _content(part),
            part.get_content_type(),
        )
        for part in inner
        if isinstance(part, Message)
    }


def _content(part: "Message") -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
