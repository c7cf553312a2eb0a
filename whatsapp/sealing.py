"""Brings messages' words under the newest of the house's keys, in portions, whatever they were."""

import time
from dataclasses import dataclass

from django.db import connection, transaction

from healthmsg.clinic import strongbox
from healthmsg.clinic.strongbox import WrongKeys
from whatsapp import sealed_words

# Rows of one statement, and of one transaction: receipts of these wait so long, some 50 ms.
TOGETHER = 1000
# What waits, or is on its way, is left alone: it is sealed once it is over. SKIP LOCKED: what a
# receipt changes right now comes with the next portion.
_IN_CLEAR = """
SELECT id, callback::text, body, payload::text FROM whatsapp_message
 WHERE body > '' AND id > %s AND send_after IS NULL AND leased_until IS NULL
   AND status NOT IN ('QUEUED', 'SENDING', 'UNCERTAIN')
 ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
_SEAL = """
UPDATE whatsapp_message message SET sealed = told.sealed, body = '', payload = '{}'
  FROM unnest(%s::bigint[], %s::bytea[]) AS told(id, sealed) WHERE message.id = told.id
"""
_SEALED = """
SELECT id, callback::text, sealed FROM whatsapp_message
 WHERE sealed IS NOT NULL AND id > %s ORDER BY id LIMIT %s
"""
# Nothing was locked while it was opened: what was removed meanwhile stays removed. In the order in
# which receipts lock.
_SEAL_ANEW = """
WITH told AS (
  SELECT message.id, t.after
    FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[]) AS t(id, before, after)
    JOIN whatsapp_message message ON message.id = t.id AND message.sealed = t.before
   ORDER BY message.id FOR NO KEY UPDATE OF message)
UPDATE whatsapp_message message SET sealed = told.after FROM told WHERE message.id = told.id
"""


@dataclass(frozen=True)
class Portion:
    """What became of some rows; `last` is where they ended, 0 after all of them."""

    last: int
    looked_at: int = 0
    sealed: int = 0
    unreadable: int = 0


def seal_clear(*, seconds: float, together: int = TOGETHER) -> int:
    """Seal what the release before wrote and is over, for so long; return how many."""
    if not sealed_words.are_kept():
        return 0
    ends, total, last = time.monotonic() + seconds, 0, 0
    while True:
        portion = _seal_some(last, together)
        total, last = total + portion.sealed, portion.last
        if not last or time.monotonic() >= ends:
            return total


@transaction.atomic
def _seal_some(after: int, together: int) -> Portion:
    with connection.cursor() as cursor:
        cursor.execute(_IN_CLEAR, [after, together])
        rows = cursor.fetchall()
        sealed = [
            sealed_words.seal_text(body, payload.encode(), callback=callback)
            for _id, callback, body, payload in rows
        ]
        cursor.execute(_SEAL, [[row[0] for row in rows], sealed])
    return Portion(_last(rows, together), len(rows), len(rows))


def seal_anew(*, after: int, together: int = TOGETHER) -> Portion:
    """
    Keep the next words under the newest of the house's keys; what lies there already is only read.

    :param after: the row where the last call ended, 0 at first
    """
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, [after, together])
        rows = cursor.fetchall()
        told, unreadable = [], 0
        for key, callback, sealed in rows:
            try:
                anew = strongbox.seal_anew(bytes(sealed), of=sealed_words.whose(callback))
            except WrongKeys:
                unreadable += 1
                continue
            if anew is not None:
                told.append((key, bytes(sealed), anew))
        if told:
            cursor.execute(_SEAL_ANEW, [list(column) for column in zip(*told, strict=True)])
    return Portion(_last(rows, together), len(rows), len(told), unreadable)


def _last(rows: list[tuple[int, ...]], together: int) -> int:
    return rows[-1][0] if len(rows) == together else 0
