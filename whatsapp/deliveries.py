"""Notices on disk: opened and handed out for a while, done with, put off, or set aside."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from whatsapp import sealed_notices
from whatsapp.sealed_notices import UNREADABLE

logger = logging.getLogger(__name__)

# Whoever died with a notice lets its lease run out.
LEASE_SECONDS = 60
# What is sealed under a key that is missing waits for it, and says so.
UNREADABLE_SECONDS = 600
# After so many tries that broke off, a notice is set aside for somebody who changes code.
TRIES_ALLOWED = 5
_LONGEST_PROBLEM = 200
# What is in hand at once, one notice at least: Meta's may hold a thousand receipts in 3 MB.
_BYTES_IN_HAND = 4 * 1024 * 1024

# The database's real clock, whatever the business clock shows. The tries are on disk before the
# work begins: a notice that kills its process is known by them.
_CLAIM = """
WITH locked AS (
  SELECT id, digest_after, octet_length(body) + coalesce(octet_length(sealed), 0) AS size
    FROM whatsapp_delivery
   WHERE digest_after <= clock_timestamp() AND {which}
   ORDER BY digest_after, id LIMIT %s FOR UPDATE SKIP LOCKED),
due AS (
  SELECT id FROM (
    SELECT id, sum(size) OVER (ORDER BY digest_after, id) - size AS before FROM locked) AS running
   WHERE before < %s)
UPDATE whatsapp_delivery delivery
   SET tries = delivery.tries + 1, problem = '',
       digest_after = clock_timestamp() + make_interval(secs => %s)
  FROM due WHERE delivery.id = due.id
RETURNING delivery.id, delivery.body, delivery.sealed, delivery.tries,
          extract(epoch FROM clock_timestamp() - delivery.received_at)::float
"""
_FRESH = _CLAIM.format(which="tries = 0")
_TRIED = _CLAIM.format(which="tries > 0")


@dataclass(frozen=True)
class Claimed:
    """A notice in our hands."""

    id: int
    body: bytes
    tries: int
    age_seconds: float


def claim_fresh(limit: int) -> list[Claimed]:
    """Take notices nobody has tried yet, oldest first; committed when it returns."""
    return _claim(_FRESH, limit)


def claim_tried() -> list[Claimed]:
    """Take one notice that somebody has tried: alone, so that a poisonous one harms no other."""
    return _claim(_TRIED, 1)


def finish(ids: Iterable[int]) -> None:
    """These are done with."""
    _write("digest_after = NULL", ids)


def put_off(ids: Iterable[int], *, seconds: float) -> None:
    """These were read well and wait for something that is not there yet; no try is counted."""
    _write("digest_after = clock_timestamp() + make_interval(secs => %s), tries = 1", ids, seconds)


def set_aside(delivery: Claimed, *, problem: str) -> None:
    """Nobody tries this one again; `problem` names no person."""
    _write("digest_after = NULL, problem = %s", [delivery.id], problem[:_LONGEST_PROBLEM])


def _claim(query: str, limit: int) -> list[Claimed]:
    """Take some that can be read; those that cannot are left for later, and are not in the way."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [limit, _BYTES_IN_HAND, LEASE_SECONDS])
            rows = sorted(cursor.fetchall())
        opened = [
            (pk, sealed_notices.opened(body, sealed, notice=pk), tries, age)
            for pk, body, sealed, tries, age in rows
        ]
        claimed = [
            Claimed(pk, body, tries, age) for pk, body, tries, age in opened if body is not None
        ]
        if len(claimed) < len(rows):
            _leave_unread([pk for pk, body, _tries, _age in opened if body is None])
        if claimed or not rows:
            return claimed


def _leave_unread(ids: list[int]) -> None:
    """Let them wait for their key, and count no try: an alarm says so meanwhile."""
    logger.error(
        "notices from WhatsApp cannot be read: a key is missing in AUDIT_KEYS",
        extra={"count": len(ids)},
    )
    later = "digest_after = clock_timestamp() + make_interval(secs => %s)"
    _write(f"{later}, tries = tries - 1, problem = %s", ids, UNREADABLE_SECONDS, UNREADABLE)


def _write(change: str, ids: Iterable[int], *values: str | float) -> None:
    wanted = sorted(ids)
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE whatsapp_delivery SET {change} WHERE id = ANY(%s)",  # noqa: S608 - our words
                [*values, wanted],
            )
