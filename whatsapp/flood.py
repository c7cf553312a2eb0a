"""Very many messages of one person within a minute: kept, and handled after everybody else's."""

from collections.abc import Iterable

from django.db import connection

from whatsapp import stop_words
from whatsapp.models import Reply

# A person who is upset writes ten lines; thirty in a minute come from a machine, or a pocket.
MOST_A_MINUTE = 30

# The newest of somebody's that is put off and not handled says that older ones wait as well.
_LATELY = """
SELECT writer.sender_id, writer.name,
       (SELECT count(*) FROM (
          SELECT 1 FROM whatsapp_reply reply
           WHERE reply.sender_id = writer.sender_id
             AND coalesce(nullif(reply.from_number, ''), reply.from_user_id) = writer.name
             AND reply.stored_at > statement_timestamp() - interval '1 minute'
           LIMIT %(most)s) lately),
       coalesce((SELECT reply.is_flood AND reply.handled_at IS NULL FROM whatsapp_reply reply
          WHERE reply.sender_id = writer.sender_id
            AND coalesce(nullif(reply.from_number, ''), reply.from_user_id) = writer.name
          ORDER BY reply.stored_at DESC LIMIT 1), FALSE)
  FROM unnest(%(senders)s::bigint[], %(names)s::text[]) AS writer(sender_id, name)
"""

Writer = tuple[int, str]


def mark(fresh: Iterable[Reply]) -> None:
    """
    Mark those that are too many, before they are stored.

    Somebody's messages stay in their order: while some are put off, so are those after them. A
    first "stop" is not: it is to be heard at once, and comes before nothing it would change.
    """
    rows = sorted(fresh, key=lambda reply: (reply.written_at, reply.wamid))
    counts, is_late = _lately({_writer(reply) for reply in rows})
    has_stopped: set[Writer] = set()
    for reply in rows:
        writer = _writer(reply)
        counts[writer] += 1
        if not is_late[writer] and counts[writer] <= MOST_A_MINUTE:
            continue
        if writer not in has_stopped and _asks_to_stop(reply):
            has_stopped.add(writer)
            continue
        reply.is_flood = is_late[writer] = True


def _lately(writers: set[Writer]) -> tuple[dict[Writer, int], dict[Writer, bool]]:
    pairs = sorted(writers)
    with connection.cursor() as cursor:
        cursor.execute(
            _LATELY,
            {
                "senders": [sender for sender, _name in pairs],
                "names": [name for _sender, name in pairs],
                "most": MOST_A_MINUTE,
            },
        )
        found = cursor.fetchall()
    return {row[:2]: row[2] for row in found}, {row[:2]: row[3] for row in found}


def _writer(reply: Reply) -> Writer:
    return reply.sender_id, reply.from_number or reply.from_user_id


def _asks_to_stop(reply: Reply) -> bool:
    return reply.kind == "text" and stop_words.is_stop(reply.text, reply.clinic.languages)
