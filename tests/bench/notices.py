"""
Accepted messages by the hundred thousand, and stored notices full of receipts of them.

Models are imported: import it once the house is open.
"""

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection

from tests import factories
from tests.bench import rows
from whatsapp import sealed_notices
from whatsapp.models import Delivery, Message, Sender
from whatsapp.status import Status

# In this order for each message; that is the most work, as nothing of one batch can be folded.
STEPS = ("sent", "delivered", "read")
# Phones answer sooner or later: how far receipts stray from the order of sending.
STRAY = 5_000
# A claim and a settle of the pump move about so many rows.
PORTION = 250
_TOLD_AT = "1795257600"

_CHOOSE = """
SELECT message.id, message.wamid, message.callback::text, ltrim(phone.number, '+')
  FROM (SELECT * FROM whatsapp_message WHERE sent_at IS NULL AND accepted_at IS NOT NULL
         ORDER BY {order} LIMIT %s) message
  JOIN clinic_phone phone ON phone.id = message.phone_id
"""
_KEEP = "COPY whatsapp_delivery (id, body, sealed, named) FROM STDIN (FORMAT BINARY)"
_CLAIM = """
UPDATE whatsapp_message SET status = 'SENDING', attempt = 1, send_after = NULL, leased_until = now()
 WHERE id >= %s AND id < %s
"""
_ACCEPT = """
UPDATE whatsapp_message
   SET status = 'ACCEPTED', accepted_at = now(), leased_until = NULL,
       wamid = 'wamid.HBgN' || replace(callback::text, '-', '') || '=='
 WHERE id >= %s AND id < %s
"""


class Accepted(NamedTuple):
    """A message that nobody was told of yet."""

    id: int
    wamid: str
    callback: str
    wa_id: str


def fill(count: int) -> None:
    """
    Make that many accepted messages, each to a phone that no message has reached yet.

    They have been claimed and settled as the pump does it, so that their pages look as in life.
    """
    clinic = factories.make_clinic()
    one = factories.make_patient(clinic)
    message = factories.make_message(factories.make_sender(clinic), one)
    with _hastily():
        series = f"SELECT n FROM generate_series(1, {count}) n"
        number = "'+5511' || (100000000 + n)"
        rows.multiply(factories.phone_of(one), series, number=number)
        rows.multiply(
            message,
            "SELECT id FROM clinic_phone WHERE number LIKE '+5511%' ORDER BY id",
            phone_id="one.id",
            dedupe_key="'bench:' || one.id",
            callback="gen_random_uuid()",
        )
        _send_all()


@contextmanager
def _hastily() -> Iterator[None]:
    """What is only there to be measured needs no sync and no look at each foreign key."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("RESET session_replication_role")
        cursor.execute("RESET synchronous_commit")


def _send_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM whatsapp_message")
        lowest, highest = cursor.fetchone()
        for start in range(lowest, highest + 1, PORTION):
            for step in (_CLAIM, _ACCEPT):
                cursor.execute(step, [start, start + PORTION])
        cursor.execute("VACUUM ANALYZE whatsapp_message")
        cursor.execute("CHECKPOINT")


def choose(count: int, *, by_chance: bool = False) -> list[Accepted]:
    """Return so many in about the order of sending, or from anywhere among all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_CHOOSE.format(order="random()" if by_chance else "id"), [count])
        chosen = [Accepted(*row) for row in cursor.fetchall()]
    if by_chance:
        return chosen
    return sorted(chosen, key=lambda one: one.id + random.random() * STRAY)  # noqa: S311


def store(chosen: Sequence[Accepted], *, to_a_body: int) -> None:
    """Store notices of all steps of these, in place of all notices there were."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE whatsapp_delivery CASCADE")
        cursor.execute("SELECT last_value + 1 FROM whatsapp_delivery_id_seq")
        (first,) = cursor.fetchone()
        with cursor.copy(_KEEP) as copy:
            copy.set_types(["int8", "bytea", "bytea", "int8[]"])
            for notice, body in enumerate(_bodies(chosen, to_a_body), first):
                sealed = sealed_notices.seal(body, notice=notice)
                copy.write_row((notice, b"", sealed, sealed_notices.named(body)))
        cursor.execute("VACUUM ANALYZE whatsapp_delivery")
        cursor.execute("CHECKPOINT")


def fill_old(sender: Sender, many: int, *, received_at: str) -> None:
    """
    Make that many that were read, each as long as with a few receipts, of another person.

    :param received_at: SQL over `one.n`, from 0 on
    """
    (ours,) = sealed_notices.ours([sender.phone_number_id.encode()])
    notice = Delivery.objects.create(
        clear_body=b"", sealed=b"x", named=[ours], digest_after=None, received_at=factories.NOON
    )
    rows.multiply(
        notice,
        f"SELECT n FROM generate_series(0, {many - 1}) n ORDER BY n",
        sealed="decode(repeat(md5(one.n::text), 56), 'hex')",
        named=f"ARRAY[{ours}::bigint, one.n]",
        received_at=received_at,
    )
    notice.delete()


def are_applied(chosen: Sequence[Accepted]) -> bool:
    """Say whether each has all its receipts, and no notice waits or was not understood."""
    with_all = Message.objects.filter(
        pk__in=[one.id for one in chosen],
        status=Status.READ,
        sent_at__isnull=False,
        delivered_at__isnull=False,
        read_at__isnull=False,
    )
    waiting = Delivery.objects.filter(digest_after__isnull=False)
    odd = Delivery.objects.exclude(problem="")
    return with_all.count() == len(chosen) and not waiting.exists() and not odd.exists()


def updates() -> tuple[int, int]:
    """Return how many updates of messages there were so far, and how many were heap-only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
            " WHERE relname = 'whatsapp_message'"
        )
        every, heap_only = cursor.fetchone()
    return every, heap_only


def _bodies(chosen: Sequence[Accepted], to_a_body: int) -> Iterator[bytes]:
    for step in STEPS:
        for start in range(0, len(chosen), to_a_body):
            told = [_receipt(one, step) for one in chosen[start : start + to_a_body]]
            yield json.dumps(_envelope(told)).encode()


def _receipt(one: Accepted, step: str) -> dict[str, object]:
    return {
        "id": one.wamid,
        "status": step,
        "timestamp": _TOLD_AT,
        "recipient_id": one.wa_id,
        "recipient_user_id": f"BR.{one.wa_id}",
        "biz_opaque_callback_data": f"{one.callback}.1",
        "pricing": {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": "utility",
        },
    }


def _envelope(told: list[dict[str, object]]) -> dict[str, object]:
    metadata = {"phone_number_id": factories.PHONE_NUMBER_ID}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": told}
    change = {"field": "messages", "value": value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": factories.WABA_ID, "changes": [change]}],
    }
