"""Resumable uploads: how the samples of templates' headers reach Meta."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from whatsapp.sandbox.graph_errors import GraphError, unknown_object
from whatsapp.sandbox.library import Library
from whatsapp.sandbox.shapes import Json

PREFIX = "upload:"


@dataclass(slots=True)
class Session:
    """A file on its way, so far."""

    length: int
    mime_type: str
    content: bytearray = field(default_factory=bytearray)


class Sessions:
    """Uploads that were begun, by their id."""

    def __init__(self) -> None:
        self._begun: dict[str, Session] = {}

    def clear(self) -> None:
        self._begun.clear()

    def begin(self, length: int, mime_type: str) -> str:
        number = f"sandbox-session-{len(self._begun) + 1}"
        key = PREFIX + base64.urlsafe_b64encode(number.encode()).decode().rstrip("=")
        self._begun[key] = Session(length, mime_type)
        return key

    def get(self, key: str, method: str) -> Session:
        """
        Find a session.

        :raises GraphError: it was never begun
        """
        if key not in self._begun:
            raise unknown_object(key, method)
        return self._begun[key]


def begin(sessions: Sessions, query: Mapping[str, str]) -> Json:
    """Begin an upload: {"file_name", "file_length", "file_type"}."""
    length, mime_type = str(query.get("file_length", "")), str(query.get("file_type", ""))
    if not length.isdigit() or not int(length):
        raise GraphError(100, "Param file_length must be a positive integer.")
    if "/" not in mime_type:
        raise GraphError(100, "Param file_type must be a MIME type.")
    return {"id": sessions.begin(int(length), mime_type)}


def progress(sessions: Sessions, key: str) -> Json:
    """Say from where an interrupted upload goes on."""
    return {"id": key, "file_offset": len(sessions.get(key, "get").content)}


def take(sessions: Sessions, library: Library, key: str, body: bytes, *, offset: str) -> Json:
    """
    Take in bytes; the whole file gives the handle.

    :raises GraphError: they do not begin where the upload stands, or are too many
    """
    session = sessions.get(key, "post")
    if offset != str(len(session.content)):
        raise GraphError(100, "Param file_offset is not where this upload stands.")
    if len(session.content) + len(body) > session.length:
        raise GraphError(100, "More bytes came than file_length had announced.")
    session.content += body
    if len(session.content) < session.length:
        return progress(sessions, key)
    return {"h": library.put_sample(bytes(session.content), session.mime_type)}
