"""From stored bodies to applied rows: `python -m tests.bench.receipts [messages] [to a body]`."""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

os.environ["HEALTHMSG_VAR_DURABLE"] = "1"

from tests.bench import house

MESSAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
TO_A_BODY = int(sys.argv[2]) if len(sys.argv) > 2 else 10
SPENT: defaultdict[str, float] = defaultdict(float)


def timed(name: str, verb: Callable[..., Any]) -> Callable[..., Any]:
    """Add the seconds a verb takes to its line; verbs inside it are counted there as well."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return verb(*args, **kwargs)
        finally:
            SPENT[name] += time.perf_counter() - began

    return wrapper


def main() -> None:
    house.open_house()
    # Models can only be imported once the house is open.
    from django.db import connection

    from tests import factories
    from whatsapp import deliveries, folding, inbox, receipts, repercussions, webhook
    from whatsapp.models import Delivery

    fill(MESSAGES)
    watched = [
        (webhook, "parse"),
        (receipts, "_rows"),
        (folding, "fold"),
        (receipts, "_write"),
        (repercussions, "follow"),
        (deliveries, "claim_fresh"),
        (deliveries, "finish"),
    ]
    for module, name in watched:
        verb = timed(f"{module.__name__}.{name}", getattr(module, name))
        setattr(module, name, verb)
    for status in ("sent", "delivered", "read"):
        store(status)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE whatsapp_delivery, whatsapp_message")
        SPENT.clear()
        began, cpu = time.perf_counter(), time.process_time()
        while inbox.digest(now=factories.NOON):
            pass
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        print(f"{status}: {MESSAGES / seconds:,.0f} receipts a second, {cpu:.1f} s of it in Python")
        print("  " + ", ".join(f"{n} {s:.2f} s" for n, s in sorted(SPENT.items())))
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, count(*) FROM whatsapp_message GROUP BY 1")
        print(cursor.fetchall())
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
            " WHERE relname = 'whatsapp_message'"
        )
        print("updates, heap-only of them:", cursor.fetchone())
    Delivery.objects.all().delete()


def fill(count: int) -> None:
    """Queue that many messages to as many phones, all accepted."""
    from django.db import connection

    from tests import factories

    clinic = factories.make_clinic()
    patient = factories.make_patient(clinic)
    message = factories.make_message(factories.make_sender(clinic), patient)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clinic_phone (clinic_id, number, state, failed_days, wa_id, user_id,"
            " parent_user_id, is_test) SELECT %s, '+5511' || (100000000 + n), 'NEW', 0, '', '', '',"
            " false FROM generate_series(1, %s) n",
            [clinic.pk, count],
        )
        cursor.execute("SELECT * FROM whatsapp_message LIMIT 0")
        names = [column.name for column in cursor.description or ()]
        own = {
            "phone_id": "phone.id",
            "dedupe_key": "'bench:' || phone.id",
            "callback": "gen_random_uuid()",
            "status": "'ACCEPTED'",
            "attempt": "1",
            "send_after": "NULL",
            "wamid": "'wamid.' || md5(phone.id::text)",
            "accepted_at": "now()",
        }
        columns = [name for name in names if name != "id"]
        chosen = ", ".join(own.get(name, f"message.{name}") for name in columns)
        cursor.execute(
            f"INSERT INTO whatsapp_message ({', '.join(columns)}) SELECT {chosen}"  # noqa: S608
            " FROM whatsapp_message message, clinic_phone phone"
            " WHERE message.id = %s AND phone.number LIKE '+5511%%'",
            [message.pk],
        )


def store(status: str) -> None:
    """Put one receipt for each message on disk, in an order of chance."""
    from tests import factories
    from whatsapp.models import Delivery, Message

    rows = Message.objects.filter(wamid__startswith="wamid.").order_by("?")
    told: list[dict[str, object]] = [
        {
            "id": wamid,
            "status": status,
            "timestamp": "1795257600",
            "recipient_id": number[1:],
            "recipient_user_id": f"AR.{number[1:]}",
            "biz_opaque_callback_data": f"{callback}.1",
            "pricing": {
                "billable": True,
                "pricing_model": "PMP",
                "type": "regular",
                "category": "utility",
            },
        }
        for wamid, callback, number in rows.values_list("wamid", "callback", "phone__number")
    ]
    metadata = {"phone_number_id": factories.PHONE_NUMBER_ID}
    for start in range(0, len(told), TO_A_BODY * 1000):
        bodies = [
            told[n : n + TO_A_BODY] for n in range(start, start + TO_A_BODY * 1000, TO_A_BODY)
        ]
        Delivery.objects.bulk_create(
            Delivery(body=json.dumps(envelope(metadata, some)).encode()) for some in bodies if some
        )


def envelope(metadata: dict[str, str], told: list[dict[str, object]]) -> dict[str, object]:
    value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": told}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "200000000000001", "changes": [{"field": "messages", "value": value}]}],
    }


if __name__ == "__main__":
    main()
