"""Files that patients sent: each expected once, as a row that waits to be fetched."""

from collections.abc import Iterable, Iterator
from typing import Any

from whatsapp import loose, storing
from whatsapp.models import InboundFile, Reply
from whatsapp.models.inbound_files import LONGEST_NAME
from whatsapp.signals import file_expected

# Source: WhatsApp Cloud API, webhooks, message kinds with a media object, read 2026-11.
KINDS = frozenset({"image", "video", "audio", "document", "sticker"})


def expect(replies: Iterable[Reply]) -> int:
    """Write down which files are to be fetched; twice is once. In the reply's own transaction."""
    rows = [row for reply in replies for row in _row(reply)]
    if rows:
        storing.expect(rows)
        file_expected.send(sender=InboundFile)
    return len(rows)


def _row(reply: Reply) -> Iterator[InboundFile]:
    told = _told(reply)
    media_id = loose.text(told.get("id"), 40)
    if reply.kind in KINDS and media_id.isdigit():
        yield InboundFile(
            reply=reply,
            media_id=media_id,
            said_type=loose.text(told.get("mime_type"), 100),
            # Sealed in the reply, where `InboundFile.called` finds it.
            said_name="" if reply.sealed else loose.text(told.get("filename"), LONGEST_NAME),
        )


def _told(reply: Reply) -> dict[str, Any]:
    return loose.mapping(reply.content.get(reply.kind))
