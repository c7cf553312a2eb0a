"""What the release before left in clear is sealed afterwards, and all of it goes under new keys."""

import os
import signal
import subprocess
import sys
from datetime import datetime

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection

from healthmsg.clinic import going_live
from healthmsg.clinic.models import Mode, Patient
from tests import factories
from tests.door_process import surroundings
from whatsapp import beginning, sealed_notices, sealing
from whatsapp.models import Delivery, InboundFile, Message, Notice, Reply, Sender
from whatsapp.status import Status

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "Zwitscherfink"
OVER = {"status": Status.READ, "send_after": None}
KINDS = pytest.mark.parametrize("kept", sealing.EVERYTHING, ids=lambda kept: str(kept.table))


def in_the_clear(sender: Sender, patient: Patient, noon: datetime, count: int) -> None:
    """What the release before has left of everything, and this one has read."""
    phone = factories.phone_of(patient)
    for n in range(count):
        Message.objects.filter(
            pk=factories.make_message(sender, patient, body=CANARY, **OVER).pk
        ).update(clear_body=f"{CANARY} {n}", clear_payload={"n": n}, sealed=None)
        reply = Reply.objects.create(
            clinic=sender.clinic,
            sender=sender,
            phone=phone,
            wamid=f"wamid.{n}",
            kind="document",
            clear_text=f"{CANARY} {n}",
            clear_content={"document": {"filename": f"{CANARY} {n}.pdf"}},
            written_at=noon,
            handled_at=noon,
        )
        InboundFile.objects.create(reply=reply, media_id="1", said_name=f"{CANARY} {n}.pdf")
        told = f'{{"from": "549115555010{n}", "body": "{CANARY} {n}"}}'.encode()
        Delivery.objects.create(clear_body=told, digest_after=None)
        Notice.objects.create(
            received_at=noon,
            field="messages",
            is_understood=False,
            fingerprint=str(n),
            clear_content={"messages": f"{CANARY} {n}"},
        )


def what_they_say() -> set[tuple[object, ...]]:
    """What can be read."""
    return {
        *((message.body, message.payload.get("n")) for message in Message.objects.all()),
        *((reply.text, str(reply.content)) for reply in Reply.objects.all()),
        *((file.called,) for file in InboundFile.objects.select_related("reply")),
        *((notice.body,) for notice in Delivery.objects.all()),
        *((str(news.content),) for news in Notice.objects.all()),
    }


def in_every_table() -> str:
    told = []
    with connection.cursor() as cursor:
        for table in (*(kept.table for kept in sealing.EVERYTHING), "whatsapp_inboundfile"):
            cursor.execute(f"SELECT string_agg(one::text, chr(10)) FROM {table} one")  # noqa: S608
            told.append(str(cursor.fetchone()[0]))
    return "\n".join(told)


def is_anything_in_clear() -> bool:
    told = in_every_table()
    return CANARY in told or CANARY.encode().hex() in told


def test_everything_the_release_before_left_is_sealed_and_a_notice_is_found_by_whom_it_names(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    in_the_clear(sender, willing_patient, noon, 5)
    said, unread = what_they_say(), b'{"from": "5491155550199"}'
    Delivery.objects.create(clear_body=unread)
    assert is_anything_in_clear()

    # By turns, two of each.
    assert sealing.seal_clear(seconds=0, together=2) == 8
    assert sealing.seal_clear(seconds=5, together=2) == 12
    assert sealing.seal_clear(seconds=5) == 0

    assert not is_anything_in_clear()
    assert what_they_say() == said | {(unread,)}
    marks = sealed_notices.marks([b"5491155550103"])
    assert Delivery.objects.filter(named__overlap=marks).count() == 1
    assert bytes(Delivery.objects.get(sealed=None).clear_body) == unread


@KINDS
def test_everything_goes_on_under_new_keys_and_what_none_opens_is_counted(
    sender: Sender,
    willing_patient: Patient,
    noon: datetime,
    settings: LazySettings,
    kept: sealing.Kept,
) -> None:
    in_the_clear(sender, willing_patient, noon, 4)
    sealing.seal_clear(seconds=5)
    said = what_they_say()
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {kept.table} SET sealed = 'lost' WHERE id ="  # noqa: S608 - our own words
            f" (SELECT max(id) FROM {kept.table})"
        )
    settings.AUDIT_KEYS = ["new", *settings.AUDIT_KEYS]

    with pytest.raises(CommandError, match=f"these: 1 {kept.name}. Everything else"):
        call_command("rewrap_audit_keys")

    settings.AUDIT_KEYS = ["new"]
    assert sealing.locked() == [kept.name]
    assert len(said - what_they_say()) == (2 if kept is sealing.REPLIES else 1)


@KINDS
def test_a_live_clinic_is_not_served_with_keys_that_do_not_open_the_newest(
    sender: Sender,
    willing_patient: Patient,
    noon: datetime,
    settings: LazySettings,
    kept: sealing.Kept,
) -> None:
    in_the_clear(sender, willing_patient, noon, 2)
    sealing.seal_clear(seconds=5)
    for other in sealing.EVERYTHING:
        if other is not kept:
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {other.table} SET sealed = NULL")  # noqa: S608
    old = list(settings.AUDIT_KEYS)
    settings.AUDIT_KEYS = ["another"]
    beginning.look()
    going_live.change_mode(
        sender.clinic, mode=Mode.LIVE, by=None, next_day_messages=0, missing=(), now=noon
    )

    with pytest.raises(going_live.LiveWithoutSettings, match=kept.name):
        beginning.look()

    settings.AUDIT_KEYS = ["another", *old]
    beginning.look()


_KILLED = """
import os, signal
import django
django.setup()
from django.db import connection
from whatsapp import sealing

def killed(execute, sql, *rest):
    done = execute(sql, *rest)
    if "told.sealed" in sql and "notice" in sql:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

with connection.execute_wrapper(killed):
    sealing.seal_clear(seconds=5, together=2)
"""


def test_a_portion_whose_process_is_killed_is_whole_afterwards(
    sender: Sender, willing_patient: Patient, noon: datetime, settings: LazySettings
) -> None:
    in_the_clear(sender, willing_patient, noon, 5)
    said = what_they_say()
    variables = surroundings(settings.EMBEDDED, database=str(connection.settings_dict["NAME"]))

    process = subprocess.run(
        [sys.executable, "-c", _KILLED], env={**os.environ, **variables}, check=False
    )

    assert process.returncode == -signal.SIGKILL
    assert what_they_say() == said
    # The portion of notices is as it was; those of the others were committed before.
    assert Delivery.objects.filter(sealed=None).count() == 5
    assert Reply.objects.filter(sealed=None).count() == 3
    assert sealing.seal_clear(seconds=5) == 16
    assert what_they_say() == said
    assert not is_anything_in_clear()
