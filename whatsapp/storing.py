"""Writes many patients' messages and files in one statement each, every one once."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.db import connection

from whatsapp import sealed_replies, sealed_words
from whatsapp.models import InboundFile, Reply

# What comes with a message; the rest are empty until somebody has looked at it. One JSON document
# carries them all: Django's bulk_create prepares and quotes 24 fields of every row, two thirds of
# the time it takes to store one.
_FIELDS = {
    "clinic_id": "bigint",
    "sender_id": "bigint",
    "wamid": "text",
    "from_number": "text",
    "from_user_id": "text",
    "from_parent_user_id": "text",
    "kind": "text",
    "button": "text",
    "context_wamid": "text",
    "written_at": "timestamptz",
    "is_flood": "boolean",
}
_WORDS = {"text": "text", "content": "jsonb", "sealed": "bytea"}
_FILE_FIELDS = {
    "reply_id": "bigint",
    "media_id": "text",
    "key": "uuid",
    "said_type": "text",
    "said_name": "text",
}


def _insert(table: str, fields: Mapping[str, str], also: Mapping[str, str]) -> str:
    return f"""
INSERT INTO {table} ({", ".join((*fields, *also))})
SELECT {", ".join((*fields, *also.values()))}
  FROM json_to_recordset(%s::json) AS fresh({", ".join(map(" ".join, fields.items()))})
ON CONFLICT DO NOTHING
"""  # noqa: S608 - put together from our own words alone


_STORE = _insert("whatsapp_reply", _FIELDS | _WORDS, {"outcome": "''"})
# By the database's real clock, whatever the business clock shows.
_EXPECT = _insert(
    "whatsapp_inboundfile",
    _FILE_FIELDS,
    {"mime_type": "''", "state": "'WAITS'", "fetch_after": "statement_timestamp()"},
)


def store(replies: Sequence[Reply]) -> None:
    """Write what is not there yet, in the order given: two that write wait for each other."""
    is_sealed = sealed_words.are_kept()
    _run(
        _STORE,
        [
            {name: getattr(reply, name) for name in _FIELDS} | _words(reply, is_sealed=is_sealed)
            for reply in replies
        ],
    )


def expect(files: Sequence[InboundFile]) -> None:
    _run(_EXPECT, [{name: getattr(file, name) for name in _FILE_FIELDS} for file in files])


def _words(reply: Reply, *, is_sealed: bool) -> dict[str, Any]:
    text, content = reply.clear_text, reply.clear_content
    if not is_sealed:
        return {"text": text, "content": content, "sealed": None}
    sealed = sealed_replies.seal(text, content, wamid=reply.wamid)
    # As PostgreSQL reads bytes.
    told = None if sealed is None else f"\\x{sealed.hex()}"
    return {"text": "", "content": {}, "sealed": told}


def _run(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [_written(rows)])


def _written(rows: Sequence[Mapping[str, Any]]) -> str:
    try:
        return orjson.dumps(rows).decode()
    except TypeError:
        # A number of more than 64 bits somewhere in a notice: Python's slower writer takes it.
        return json.dumps(rows, default=str)
