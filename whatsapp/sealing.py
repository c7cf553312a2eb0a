"""Brings words and notices under the newest of the house's keys, in portions."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from healthmsg.clinic import strongbox
from healthmsg.clinic.strongbox import WrongKeys
from whatsapp import sealed_notices, sealed_replies, sealed_words

# Rows of one statement, and of one transaction: receipts of these wait so long, some 50 ms.
TOGETHER = 1000
# Rows from the newest one back among which something sealed is looked for, at a start.
_NEWEST = 1000
# Nothing was locked while it was opened: what was removed meanwhile stays removed. In the order in
# which receipts lock.
_SEAL_ANEW = """
WITH told AS (
  SELECT kept.id, t.after
    FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[]) AS t(id, before, after)
    JOIN {table} kept ON kept.id = t.id AND kept.sealed = t.before
   ORDER BY kept.id FOR NO KEY UPDATE OF kept)
UPDATE {table} kept SET sealed = told.after FROM told WHERE kept.id = told.id
"""
_SEALED = """
SELECT id, {bound_to}, sealed FROM {table}
 WHERE sealed IS NOT NULL AND id > %s ORDER BY id LIMIT %s
"""
_NEWEST_SEALED = """
SELECT bound_to, sealed FROM (
  SELECT {bound_to} AS bound_to, sealed FROM {table} ORDER BY id DESC LIMIT %s) newest
 WHERE sealed IS NOT NULL LIMIT 1
"""


@dataclass(frozen=True)
class Kept:
    """A table that holds something sealed in `sealed`, and how what it has in clear is sealed."""

    name: str
    table: str
    # The column its rows are bound to, and what that makes of it.
    bound_to: str
    whose: Callable[[Any], str]
    # Some rows in clear, by an index that holds no others, id first; what becomes of one, as the
    # columns that `seal` takes; and how all of them are written.
    in_clear: str
    close: Callable[..., tuple[Any, ...]]
    seal: str


# What waits, or is on its way, is left alone: it is sealed once it is over. SKIP LOCKED: what a
# receipt changes right now comes with the next portion.
MESSAGES = Kept(
    name="messages",
    table="whatsapp_message",
    bound_to="callback::text",
    whose=sealed_words.whose,
    in_clear="""
SELECT id, callback::text, body, payload::text FROM whatsapp_message
 WHERE body > '' AND id > %s AND send_after IS NULL AND leased_until IS NULL
   AND status NOT IN ('QUEUED', 'SENDING', 'UNCERTAIN')
 ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
""",
    close=lambda callback, body, payload: (
        sealed_words.seal_text(body, payload.encode(), callback=callback),
    ),
    seal="""
UPDATE whatsapp_message message SET sealed = told.sealed, body = '', payload = '{}'
  FROM unnest(%s::bigint[], %s::bytea[]) AS told(id, sealed) WHERE message.id = told.id
""",
)
# Its file's name stands in the content, too, and goes from beside the file.
REPLIES = Kept(
    name="messages from patients",
    table="whatsapp_reply",
    bound_to="wamid",
    whose=sealed_replies.whose,
    in_clear="""
SELECT id, wamid, text, content::text FROM whatsapp_reply
 WHERE (text > '' OR content <> '{}') AND id > %s AND handled_at IS NOT NULL
 ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
""",
    close=lambda wamid, text, content: (sealed_replies.seal_text(text, content, wamid=wamid),),
    seal="""
WITH told AS (SELECT * FROM unnest(%s::bigint[], %s::bytea[]) AS t(id, sealed)),
named AS (
  UPDATE whatsapp_inboundfile file SET said_name = ''
    FROM told WHERE file.reply_id = told.id AND file.said_name > '')
UPDATE whatsapp_reply reply SET sealed = told.sealed, text = '', content = '{}'
  FROM told WHERE reply.id = told.id
""",
)
NOTICES = Kept(
    name="notices from WhatsApp",
    table="whatsapp_delivery",
    bound_to="id",
    whose=sealed_notices.whose,
    in_clear="""
SELECT id, id, body FROM whatsapp_delivery
 WHERE body > '' AND id > %s AND digest_after IS NULL
 ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
""",
    close=lambda notice, body: (
        sealed_notices.seal(bytes(body), notice=notice),
        f"{{{','.join(map(str, sealed_notices.named(bytes(body))))}}}",
    ),
    seal="""
UPDATE whatsapp_delivery notice
   SET sealed = told.sealed, named = told.named::bigint[], body = ''
  FROM unnest(%s::bigint[], %s::bytea[], %s::text[]) AS told(id, sealed, named)
 WHERE notice.id = told.id
""",
)
NEWS = Kept(
    name="news from WhatsApp",
    table="whatsapp_notice",
    bound_to="fingerprint",
    whose=sealed_notices.whose_news,
    in_clear="""
SELECT id, fingerprint, content::text FROM whatsapp_notice
 WHERE content <> '{}' AND id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
""",
    close=lambda fingerprint, content: (
        sealed_notices.seal_news(content, fingerprint=fingerprint),
    ),
    seal="""
UPDATE whatsapp_notice news SET sealed = told.sealed, content = '{}'
  FROM unnest(%s::bigint[], %s::bytea[]) AS told(id, sealed) WHERE news.id = told.id
""",
)
EVERYTHING = (MESSAGES, REPLIES, NOTICES, NEWS)


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
    ends, total = time.monotonic() + seconds, 0
    # By turns, so that none waits for a million of another.
    left = dict.fromkeys(EVERYTHING, 0)
    while left:
        for kept, last in list(left.items()):
            portion = _seal_some(kept, last, together)
            total, left[kept] = total + portion.sealed, portion.last
            if not portion.last:
                del left[kept]
        if time.monotonic() >= ends:
            break
    return total


@transaction.atomic
def _seal_some(kept: Kept, after: int, together: int) -> Portion:
    with connection.cursor() as cursor:
        cursor.execute(kept.in_clear, [after, together])
        rows = cursor.fetchall()
        if rows:
            sealed = [(pk, *kept.close(*columns)) for pk, *columns in rows]
            cursor.execute(kept.seal, [list(column) for column in zip(*sealed, strict=True)])
    return Portion(_last(rows, together), len(rows), len(rows))


def seal_anew(kept: Kept, *, after: int, together: int = TOGETHER) -> Portion:
    """
    Keep the next under the newest of the house's keys; what lies there already is only read.

    :param after: the row where the last call ended, 0 at first
    """
    with connection.cursor() as cursor:
        cursor.execute(_of(kept, _SEALED), [after, together])
        rows = cursor.fetchall()
        told, unreadable = [], 0
        for key, bound_to, sealed in rows:
            try:
                anew = strongbox.seal_anew(bytes(sealed), of=kept.whose(bound_to))
            except WrongKeys:
                unreadable += 1
                continue
            if anew is not None:
                told.append((key, bytes(sealed), anew))
        if told:
            columns = [list(column) for column in zip(*told, strict=True)]
            cursor.execute(_of(kept, _SEAL_ANEW), columns)
    return Portion(_last(rows, together), len(rows), len(told), unreadable)


def locked() -> list[str]:
    """
    Return the names of what the house's keys do not open: the newest of each kind is tried.

    Looked for among the newest rows alone, so that it takes as long with a million as with one.
    """
    return [kept.name for kept in EVERYTHING if not _opens_the_newest(kept)]


def _opens_the_newest(kept: Kept) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_of(kept, _NEWEST_SEALED), [_NEWEST])
        found = cursor.fetchone()
    if found is None:
        return True
    try:
        strongbox.unseal(bytes(found[1]), of=kept.whose(found[0]))
    except WrongKeys:
        return False
    return True


def _of(kept: Kept, statement: str) -> str:
    return statement.format(table=kept.table, bound_to=kept.bound_to)


def _last(rows: list[tuple[Any, ...]], together: int) -> int:
    return rows[-1][0] if len(rows) == together else 0
