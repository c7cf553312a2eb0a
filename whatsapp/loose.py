"""Reads JSON of any shape: what is missing or of another kind becomes empty (pure)."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

# Larger numbers of seconds are milliseconds: seen by other clients, never documented.
_MILLISECONDS_FROM = 10**11
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
_DEEPEST = 50

_EMPTY: dict[str, Any] = {}


def read(body: bytes) -> Any:
    """
    Return what the bytes say, or None where they are not JSON.

    Python's slower reader is asked second: it takes half a surrogate pair, orjson does not.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(body, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else _EMPTY


def mappings(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list; a lone object counts as a list of one."""
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        return []
    return [part for part in value if isinstance(part, dict)]


def text(value: Any, longest: int = 255) -> str:
    """Return words, or a number as words, that PostgreSQL can hold: no NUL, no half letters."""
    if isinstance(value, str):
        return _holdable(value)[:longest]
    if isinstance(value, int) and not isinstance(value, bool):
        # A number of thousands of digits is nobody's id, and Python refuses to print it.
        return str(value)[:longest] if value.bit_length() < 256 else ""
    return ""


def digits(value: Any) -> str:
    """Return the digits of a telephone number or id, at most twenty."""
    return "".join(letter for letter in text(value) if letter in "0123456789")[:20]


def number(value: Any) -> int | None:
    """Return a whole number that fits PostgreSQL's integer, also one written as words."""
    if isinstance(value, str):
        try:
            value = int(value[:12])
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -(2**31) <= value < 2**31 else None


def moment(value: Any) -> datetime | None:
    """Return an aware datetime from seconds, as a number or as words, or from milliseconds."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    if seconds > _MILLISECONDS_FROM:
        seconds /= 1000
    if not _EARLIEST < seconds < _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def holdable(value: Any, depth: int = 0) -> Any:
    """Return a copy that jsonb can hold: no NUL, no half letters, no infinity, no abyss."""
    if isinstance(value, str):
        return _holdable(value)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {_holdable(str(k)): holdable(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [holdable(part, depth + 1) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and value.bit_length() < 256:
        return value
    return None


def _holdable(words: str) -> str:
    if "\x00" in words:
        words = words.replace("\x00", "")
    if words.isascii():
        return words
    return words.encode("utf-8", "replace").decode()
