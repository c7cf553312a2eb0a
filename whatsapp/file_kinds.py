"""What a file is by its first bytes, and how large each kind may be (pure)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

MEGABYTE = 1 << 20
# Source: WhatsApp Cloud API, supported media types, read 2025-12: 100 MB for documents, which no
# page of ours could give out quickly: ours is 25.
LARGEST = {
    "image": 5 * MEGABYTE,
    "sticker": 500 * 1024,
    "audio": 16 * MEGABYTE,
    "video": 16 * MEGABYTE,
    "document": 25 * MEGABYTE,
}
# So much tells what it is.
BEGINNING = 64 * 1024
# More would fill a browser's memory once it is unpacked, however small the file is.
MOST_PIXELS = 50_000_000

_OFFICE = "application/vnd.openxmlformats-officedocument"
# A container that is never opened here: what is in it, or how large it would become, is for the
# virus scanner of whoever opens it.
_IN_A_ZIP = {
    f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
    f"{_OFFICE}.presentationml.presentation": ".pptx",
}
_IN_OLE = {
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
}
_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "video/mp4": ".mp4",
    "video/3gp": ".3gp",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    **_IN_A_ZIP,
    **_IN_OLE,
}
# What a browser shows by itself and cannot be made to run.
_SHOWN = ("image/", "audio/", "video/")


@dataclass(frozen=True)
class Found:
    """What a file really is."""

    mime_type: str
    is_shown: bool  # in a page, without being saved first


def look(beginning: bytes, *, kind: str, said_type: str) -> Found | None:
    """
    Return what a file is, or None where it is not what it was said to be.

    :param beginning: its first `BEGINNING` bytes
    :param kind: WhatsApp's own word, such as "image"
    :param said_type: such as "audio/ogg; codecs=opus"; it only decides among twins
    """
    said = said_type.partition(";")[0].strip().lower()
    mime_type = _found(beginning, said)
    if not mime_type or not _fits(mime_type, kind):
        return None
    too_many = mime_type in _PIXELS and not _PIXELS[mime_type](beginning) <= MOST_PIXELS
    return Found(mime_type, mime_type.startswith(_SHOWN) and not too_many)


def ending_of(mime_type: str) -> str:
    """Return such as ".pdf"."""
    return _ENDINGS.get(mime_type, ".bin")


def _fits(mime_type: str, kind: str) -> bool:
    family = mime_type.partition("/")[0]
    if kind == "sticker":
        return mime_type == "image/webp"
    if kind == "document":
        # People also send pictures and films as documents.
        return True
    return family == kind


def _found(beginning: bytes, said: str) -> str:
    for magic, mime_type in _MAGIC:
        if beginning.startswith(magic):
            return mime_type
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "image/webp"
    if beginning[4:8] == b"ftyp":
        return _iso_media(beginning, said)
    for magic, inside in _CONTAINERS:
        if beginning.startswith(magic):
            return said if said in inside else ""
    if len(beginning) > 1 and beginning[0] == 0xFF and beginning[1] & 0xE0 == 0xE0:
        return _bare_audio(beginning)
    return "text/plain" if said == "text/plain" and _is_text(beginning) else ""


_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"%PDF-", "application/pdf"),
)

_CONTAINERS = ((b"PK\x03\x04", _IN_A_ZIP), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _IN_OLE))


def _iso_media(beginning: bytes, said: str) -> str:
    """One container for films and sound: its brand tells 3gp, what was said tells the rest."""
    if beginning[8:11] == b"3gp":
        return "video/3gp"
    is_sound = beginning[8:11] == b"M4A" or said.startswith("audio/")
    return "audio/mp4" if is_sound else "video/mp4"


def _bare_audio(beginning: bytes) -> str:
    # Source: ISO 13818-7, ADTS: its layer is always 0; in MPEG audio that is reserved.
    return "audio/aac" if beginning[1] & 0xF6 == 0xF0 else "audio/mpeg"


def _is_text(beginning: bytes) -> bool:
    """True for words in any old code page: they may hold anything but NUL and few controls."""
    controls = sum(1 for byte in beginning if byte < 32 and byte not in b"\t\n\r\f\x1b")
    return bool(beginning) and controls == 0


def _png_pixels(beginning: bytes) -> float:
    if beginning[12:16] != b"IHDR" or len(beginning) < 24:
        return float("inf")
    width, height = struct.unpack(">II", beginning[16:24])
    return float(width * height)


def _jpeg_pixels(beginning: bytes) -> float:
    """Walk from mark to mark to the frame's; where it is further in, nobody knows the size."""
    place = 2
    while place + 9 < len(beginning) and beginning[place] == 0xFF:
        mark = beginning[place + 1]
        if 0xC0 <= mark <= 0xCF and mark not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", beginning[place + 5 : place + 9])
            return float(width * height)
        place += 2 + int.from_bytes(beginning[place + 2 : place + 4], "big")
    # At most 65,535 each way: more than any telephone takes, and browsers refuse it by themselves.
    return 0.0


def _webp_pixels(beginning: bytes) -> float:
    if beginning[12:16] != b"VP8X" or len(beginning) < 30:
        return 0.0  # at most 16,384 each way, in 500 KB
    width = int.from_bytes(beginning[24:27], "little") + 1
    height = int.from_bytes(beginning[27:30], "little") + 1
    return float(width * height)


_PIXELS: dict[str, Callable[[bytes], float]] = {
    "image/png": _png_pixels,
    "image/jpeg": _jpeg_pixels,
    "image/webp": _webp_pixels,
}
