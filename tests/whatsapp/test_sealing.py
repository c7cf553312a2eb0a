"""Messages' words lie sealed in the database: written, sent, read and kept under newer keys."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.models import Patient, Purpose
from healthmsg.clinic.strongbox import WrongKeys
from healthmsg.desk.alarms import late, words
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Alarm
from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import take_a_turn
from whatsapp import outbox, sealed_words, sealing
from whatsapp.draft import Draft, FreeText, Subject
from whatsapp.models import Conversation, Message, Sender
from whatsapp.settling import UNREADABLE
from whatsapp.status import Lane, Status
from whatsapp.turns import Surroundings

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "Zwitscherfink"
OVER = {"status": Status.READ, "send_after": None}
_text = st.text(st.characters(exclude_categories=["Cs"]))
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)


@given(body=_text, payload=st.dictionaries(_text, _json, max_size=4))
def test_any_words_come_back_and_open_in_no_other_row(body: str, payload: dict[str, Any]) -> None:
    message, other = Message(), Message()

    message.sealed = sealed_words.seal(body, payload, callback=message.callback)

    assert (message.body, message.payload) == (body, payload)
    assert (message.sealed is None) == (not body and not payload)
    if message.sealed is not None:
        with pytest.raises(WrongKeys):
            sealed_words.unseal(message.sealed, callback=other.callback)


def said(sender: Sender, patient: Patient, now: datetime) -> Message:
    """What somebody answers, in the window that a patient has opened."""
    phone = factories.phone_of(patient)
    Conversation.objects.get_or_create(
        sender=sender, phone=phone, defaults={"last_inbound_at": now}
    )
    draft = Draft(
        clinic=sender.clinic,
        phone=phone,
        subjects=(Subject(patient),),
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        dedupe_key=f"answer:{uuid.uuid4()}",
        expires_at=now + timedelta(hours=2),
        sender=sender,
    )
    return outbox.queue(draft, FreeText(f"Hola {CANARY}"), now=now)


def in_the_table() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(message::text, chr(10)) FROM whatsapp_message message")
        (found,) = cursor.fetchone()
    return str(found)


def in_clear() -> int:
    return Message.objects.filter(clear_body__gt="").count()


def test_canary_no_column_of_a_message_tells_its_words(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = said(sender, willing_patient, noon)

    assert message.body == f"Hola {CANARY}"
    assert message.payload["text"] == {"body": f"Hola {CANARY}"}
    for one in (CANARY, CANARY.encode().hex()):
        assert one not in in_the_table()


@pytest.mark.parametrize("is_on", [True, False], ids=["sealed", "in-clear"])
def test_the_release_before_can_read_what_is_written_while_sealing_is_off(
    sender: Sender, willing_patient: Patient, noon: datetime, settings: LazySettings, *, is_on: bool
) -> None:
    settings.SEAL_MESSAGES = is_on

    message = said(sender, willing_patient, noon)

    body, payload = f"Hola {CANARY}", {"type": "text", "text": {"body": f"Hola {CANARY}"}}
    assert (message.body, message.payload) == (body, payload)
    # The columns that it knows.
    columns = Message.objects.values_list("clear_body", "clear_payload", "sealed").get()
    assert (columns == (body, payload, None)) is not is_on
    assert (CANARY in in_the_table()) is not is_on


def test_both_are_sent_as_they_were_written(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
    settings: LazySettings,
) -> None:
    settings.SEAL_MESSAGES = False
    said(sender, willing_patient, noon)
    settings.SEAL_MESSAGES = True
    said(sender, willing_patient, noon)

    take_a_turn(around)

    assert set(Message.objects.values_list("status", flat=True)) == {Status.ACCEPTED}
    assert [entry["text"] for entry in sandbox.accepted()] == [f"Hola {CANARY}"] * 2


def test_what_no_key_opens_waits_and_is_an_alarm_and_leaves_once_the_key_is_there(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
    settings: LazySettings,
) -> None:
    old = list(settings.AUDIT_KEYS)
    kept = said(sender, willing_patient, noon)
    settings.AUDIT_KEYS = ["another"]
    readable = said(sender, willing_patient, noon)

    take_a_turn(around)

    kept.refresh_from_db()
    readable.refresh_from_db()
    assert readable.status == Status.ACCEPTED
    assert (kept.status, kept.error_title) == (Status.QUEUED, UNREADABLE)
    assert kept.send_after == noon + timedelta(minutes=10)
    assert kept.sealed is not None
    assert "a key is missing" in kept.body
    assert len(sandbox.accepted()) == 1
    (found,) = late.queue(Moment(timezone.now(), noon))
    assert (found.kind, found.facts["count"]) == (Kind.QUEUE_LATE, 1)
    assert "AUDIT_KEYS" in words.what_to_do(Alarm(kind=found.kind, facts=found.facts))

    settings.AUDIT_KEYS = ["another", *old]
    Message.objects.filter(pk=kept.pk).update(send_after=noon)
    take_a_turn(around)
    take_a_turn(around)

    kept.refresh_from_db()
    assert kept.status == Status.ACCEPTED
    assert [entry["callback"] for entry in sandbox.accepted()].count(f"{kept.callback}.2") == 1
    assert len(sandbox.accepted()) == 2


def test_what_is_over_is_sealed_in_portions_and_what_moves_is_left_alone(
    sender: Sender, willing_patient: Patient, settings: LazySettings
) -> None:
    settings.SEAL_MESSAGES = False
    over = [
        factories.make_message(sender, willing_patient, body=f"{CANARY} {n}", **OVER)
        for n in range(5)
    ]
    moving = [
        factories.make_message(sender, willing_patient, body=CANARY, **fields)
        for fields in (
            {},
            {"status": Status.SENDING, "send_after": None, "leased_until": timezone.now()},
            {"status": Status.UNCERTAIN, "send_after": None},
        )
    ]
    assert sealing.seal_clear(seconds=5) == 0
    payload = over[0].payload

    settings.SEAL_MESSAGES = True
    assert sealing.seal_clear(seconds=0, together=2) == 2
    assert in_clear() == 6
    assert sealing.seal_clear(seconds=5, together=2) == 3
    assert sealing.seal_clear(seconds=5) == 0

    assert in_clear() == len(moving)
    for n, message in enumerate(over):
        message.refresh_from_db()
        assert (message.body, message.payload) == (f"{CANARY} {n}", payload)
        assert message.sealed is not None
        assert (message.clear_body, message.clear_payload) == ("", {})


def test_words_go_on_under_new_keys_also_where_it_was_stopped_in_the_middle(
    sender: Sender, willing_patient: Patient, settings: LazySettings
) -> None:
    for n in range(5):
        factories.make_message(sender, willing_patient, body=f"{CANARY} {n}")
    settings.AUDIT_KEYS = ["new", *settings.AUDIT_KEYS]
    first = sealing.seal_anew(sealing.MESSAGES, after=0, together=2)
    assert (first.sealed, first.looked_at) == (2, 2)
    before = list(Message.objects.order_by("pk").values_list("sealed", flat=True))

    call_command("rewrap_audit_keys")

    after = list(Message.objects.order_by("pk").values_list("sealed", flat=True))
    # What had been done is only read.
    assert [bytes(a or b"") == bytes(b or b"") for a, b in zip(before, after, strict=True)] == [
        *(True, True),
        *(False, False, False),
    ]
    settings.AUDIT_KEYS = ["new"]
    bodies = [message.body for message in Message.objects.order_by("pk")]
    assert bodies == [f"{CANARY} {n}" for n in range(5)]


def test_words_that_no_key_opens_are_counted_and_everything_else_is_done(
    sender: Sender, willing_patient: Patient, settings: LazySettings
) -> None:
    old = list(settings.AUDIT_KEYS)
    settings.AUDIT_KEYS = ["lost"]
    factories.make_message(sender, willing_patient, body=CANARY)
    settings.AUDIT_KEYS = old
    fine = factories.make_message(sender, willing_patient, body=CANARY)
    settings.AUDIT_KEYS = ["new", *old]

    with pytest.raises(CommandError, match="1 messages"):
        call_command("rewrap_audit_keys")

    settings.AUDIT_KEYS = ["new"]
    fine.refresh_from_db()
    assert fine.body == CANARY


def test_words_removed_while_they_are_sealed_anew_stay_removed(
    sender: Sender, willing_patient: Patient, settings: LazySettings
) -> None:
    message = factories.make_message(sender, willing_patient, body=CANARY, **OVER)
    settings.AUDIT_KEYS = ["new", *settings.AUDIT_KEYS]

    def removed_meanwhile(execute: Any, sql: str, *rest: Any) -> object:
        if "told.after" in sql:
            Message.objects.filter(pk=message.pk).update(**Message.NO_WORDS)
        return execute(sql, *rest)

    with connection.execute_wrapper(removed_meanwhile):
        assert sealing.seal_anew(sealing.MESSAGES, after=0).sealed == 1

    message.refresh_from_db()
    assert (message.sealed, message.body, message.payload) == (None, "", {})
