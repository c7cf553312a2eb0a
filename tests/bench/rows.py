"""
Many rows quickly: a made example of each, multiplied by the database itself.

Models are imported: import it once the house is open.
"""

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pgtrigger
from django.db import connection
from django.db.models import Count, Model

from campaigns import stamps
from campaigns.models import Campaign
from healthmsg.clinic.models import Patient
from tests import factories
from whatsapp import sealed_words
from whatsapp.models import Message, Sender

# What the sandbox's phones do depends on the last four digits; these all read, and none answers.
NUMBER = "'+54911' || lpad((n / 7000)::text, 4, '0') || lpad((n % 7000)::text, 4, '0')"


def practice(*, rate_per_second: int) -> Sender:
    """Make a clinic that may write at any hour, and its number."""
    clinic = factories.make_clinic(sending_opens=time(0), sending_closes=time(23, 59, 59, 999999))
    sender = factories.make_sender(clinic)
    set_pace(sender, rate_per_second)
    return sender


def set_pace(sender: Sender, rate_per_second: int) -> None:
    """Set the limit, and forget that WhatsApp ever slowed the number down."""
    sender.rate_per_second = rate_per_second
    sender.slowed_to = sender.slowed_at = None
    sender.slowed_reason = ""
    sender.save(update_fields=["rate_per_second", "slowed_to", "slowed_at", "slowed_reason"])


def approved(**fields: Any) -> Campaign:
    """Make a campaign as somebody who approves it leaves it."""
    campaign = Campaign(**fields)
    campaign.save()
    campaign.approved_parts = stamps.of(campaign)
    campaign.save(update_fields=["approved_parts"])
    return campaign


def people(sender: Sender, count: int) -> Patient:
    """Make that many patients who may be reminded, each on a phone of their own; gives one more."""
    clinic, yesterday = sender.clinic, datetime.now(UTC) - timedelta(days=1)
    one = factories.make_patient(clinic, consented_at=yesterday, family_name="One")
    contact, permission = one.contacts.get(), one.consent_records.get()
    assert contact.phone is not None
    multiply(contact.phone, _series(count), number=NUMBER)
    multiply(one, _series(count), family_name="'Many'")
    each = (
        "SELECT patient_id, phone_id FROM (SELECT id AS patient_id, row_number() OVER (ORDER BY id)"
        f" AS n FROM clinic_patient WHERE clinic_id = {clinic.pk} AND family_name = 'Many') a JOIN"
        " (SELECT id AS phone_id, row_number() OVER (ORDER BY id) AS n FROM clinic_phone"
        f" WHERE clinic_id = {clinic.pk} AND number LIKE '+549110%') b USING (n)"
    )
    multiply(contact, each, patient_id="one.patient_id", phone_id="one.phone_id")
    multiply(permission, each, patient_id="one.patient_id", phone_id="one.phone_id")
    return one


def queue(sender: Sender, one: Patient, count: int, **fields: object) -> None:
    """
    Queue one message to each of the first patients, due now, in place of all messages there were.

    :param fields: of the message, such as its lane
    """
    now = datetime.now(UTC)
    # It empties steps of incidents too, which nobody else may.
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE whatsapp_message CASCADE")
    defaults = {"created_at": now, "expires_at": now + timedelta(hours=12), "send_after": None}
    example = factories.make_message(sender, one, **(defaults | fields))
    words = json.dumps(example.payload)
    each = (
        "SELECT patient_id, phone_id, id AS contact_id FROM clinic_contact"
        f" WHERE patient_id <> {one.pk} ORDER BY id LIMIT {count}"
    )
    multiply(
        example,
        each,
        patient_id="one.patient_id",
        phone_id="one.phone_id",
        contact_id="one.contact_id",
        dedupe_key="'bench:' || one.patient_id",
        callback="gen_random_uuid()",
        sealed="NULL",
        payload=f"$words${words}$words$::jsonb",
        send_after="now()",
    )
    _seal(words.encode())


def _seal(words: bytes) -> None:
    """Seal what all of them say, each for its own row, as the outbox does."""
    while True:
        rows = list(Message.objects.filter(sealed=None).values_list("pk", "callback")[:20_000])
        if not rows or not sealed_words.are_kept():
            break
        sealed = [sealed_words.seal_text("", words, callback=callback) for _, callback in rows]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_message message SET sealed = told.sealed, payload = '{}'"
                " FROM unnest(%s::bigint[], %s::bytea[]) AS told(id, sealed)"
                " WHERE message.id = told.id",
                [[pk for pk, _ in rows], sealed],
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE whatsapp_message")


def queued() -> int:
    """Return how many messages still wait."""
    return Message.objects.filter(send_after__isnull=False).count()


def unaccepted() -> list[tuple[str, str, int]]:
    """Return status, reason and count of what was multiplied and WhatsApp did not take."""
    told = Message.objects.filter(dedupe_key__startswith="bench:", accepted_at=None)
    return list(told.values_list("status", "reason").annotate(count=Count("pk")))


def multiply(example: Model, each: str, **columns: str) -> None:
    """
    Insert a copy of a row for each row of a query, but for its key and these columns.

    :param columns: SQL over the query's columns
    """
    table = example._meta.db_table
    fields = [field for field in example._meta.concrete_fields if not field.primary_key]
    names = [str(field.column) for field in fields]
    chosen = [columns.get(name, f"example.{name}") for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(chosen)}"
            f" FROM {table} example, ({each}) one WHERE example.id = {example.pk}"
        )
        # Now, and not by autovacuum in the middle of a measurement. Without it, each foreign key
        # of the next table is looked up by reading this one from end to end.
        cursor.execute(f"VACUUM ANALYZE {table}")


def _series(count: int) -> str:
    return f"SELECT n FROM generate_series(1, {count}) n"
