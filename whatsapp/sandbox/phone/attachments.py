"""Pictures, documents and places in bubbles, and the files behind them."""

from html import escape
from urllib.parse import quote

from aiohttp import web

from whatsapp.sandbox.library import Library
from whatsapp.sandbox.outgoing import Attachment

_WORDS = {
    "image": "Picture",
    "video": "Video",
    "audio": "Voice message",
    "document": "Document",
    "sticker": "Sticker",
    "location": "Place",
}
# What a browser shows by itself and cannot be made to run; the rest it saves.
_SHOWN = ("image/", "audio/", "video/", "application/pdf", "text/plain")


def shown(attachment: Attachment, *, library: Library, address: str) -> str:
    """
    Return the attachment as HTML.

    :param address: where the sandbox opens the file
    """
    word = _WORDS.get(attachment.kind, attachment.kind)
    if attachment.kind == "location":
        return _card(attachment.name or word, attachment.address)
    if attachment.link:
        return _card(attachment.name or word, f"{word}, kept elsewhere", attachment.link)
    medium = library.get(attachment.media_id)
    if medium is None:
        return _card(attachment.name or word, f"{word}, not in the sandbox's library")
    if attachment.kind in ("image", "sticker"):
        return (
            f'<a class="picture" href="{escape(address)}" target="_blank">'
            f'<img src="{escape(address)}" alt="{word}" loading="lazy"></a>'
        )
    kind = medium.mime_type.partition(";")[0].rpartition("/")[2][:12].upper()
    return _card(attachment.name or word, f"{kind}, {_size(medium.size)}", address)


def in_words(attachment: Attachment | None) -> str:
    """Say in a line of text what is attached."""
    if attachment is None:
        return ""
    return f"[{attachment.name or _WORDS.get(attachment.kind, attachment.kind)}]"


def opened(attachment: Attachment, *, library: Library) -> web.Response | None:
    """Return the file itself, None if it is not kept here."""
    medium = library.get(attachment.media_id)
    if medium is None:
        return None
    place = "inline" if medium.mime_type.startswith(_SHOWN) else "attachment"
    name = quote(attachment.name or attachment.kind)
    headers = {
        "Content-Type": medium.mime_type,
        "Content-Disposition": f"{place}; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "script-src 'none'; frame-ancestors 'self'",
    }
    return web.Response(body=medium.content, headers=headers)


def _card(title: str, note: str, address: str = "") -> str:
    inner = f'<strong dir="auto">{escape(title)}</strong><span dir="auto">{escape(note)}</span>'
    if not address:
        return f'<p class="card">{inner}</p>'
    return f'<a class="card" href="{escape(address)}" target="_blank" rel="noreferrer">{inner}</a>'


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} KB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
