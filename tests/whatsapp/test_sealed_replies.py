"""What patients write lies sealed in the database: stored, understood, left for a key, removed."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models import F
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.models import Phone, PhoneState
from healthmsg.clinic.strongbox import WrongKeys
from healthmsg.desk.alarms import late, words
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Alarm
from tests import factories
from whatsapp import inbox, sealed_replies
from whatsapp.models import InboundFile, Notice, Reply, ReplyOutcome, Sender

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "Zwitscherfink"
NOON = factories.NOON
_text = st.text(st.characters(exclude_categories=["Cs"]))
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)


@given(text=_text, content=st.dictionaries(_text, _json, max_size=4))
def test_any_words_come_back_and_open_in_no_other_row(text: str, content: dict[str, Any]) -> None:
    reply = Reply(wamid="wamid.1")

    reply.sealed = sealed_replies.seal(text, content, wamid=reply.wamid)

    assert (reply.text, reply.content) == (text, content)
    assert (reply.sealed is None) == (not text and not content)
    if reply.sealed is not None:
        with pytest.raises(WrongKeys):
            sealed_replies.unseal(reply.sealed, wamid="wamid.2")


@pytest.fixture
def phone(sender: Sender) -> Phone:
    return factories.phone_of(factories.make_patient(sender.clinic))


def written(phone: Phone, wamid: str, **told: Any) -> None:
    """Have it kept and stored."""
    message = {"from": phone.number.lstrip("+"), "id": wamid, "timestamp": "1795257600", **told}
    metadata = {"phone_number_id": factories.PHONE_NUMBER_ID}
    change = {"field": "messages", "value": {"metadata": metadata, "messages": [message]}}
    entry = {"id": factories.WABA_ID, "changes": [change]}
    factories.keep_notice(json.dumps({"entry": [entry]}).encode())
    inbox.digest(now=NOON)


def wrote(phone: Phone, text: str, wamid: str = "wamid.1") -> None:
    written(phone, wamid, type="text", text={"body": text})


def sent_file(phone: Phone, wamid: str = "wamid.file") -> None:
    told = {"id": "4711", "mime_type": "application/pdf", "filename": f"{CANARY}.pdf"}
    written(phone, wamid, type="document", document=told | {"caption": f"for {CANARY}"})


def where_it_stands() -> list[str]:
    """Every table with the planted word, in clear or as bytes."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" row'  # noqa: S608
                " WHERE strpos(row::text, %s) + strpos(row::text, %s) > 0",
                [CANARY, CANARY.encode().hex()],
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_canary_no_table_tells_what_a_patient_wrote_and_attached(
    sender: Sender, phone: Phone
) -> None:
    wrote(phone, f"soy {CANARY}")
    sent_file(phone)
    assert where_it_stands() == []

    inbox.handle_replies(now=NOON)

    assert where_it_stands() == []
    assert [reply.text for reply in Reply.objects.order_by("pk")] == [
        f"soy {CANARY}",
        f"for {CANARY}",
    ]
    assert Reply.objects.latest("pk").content["document"]["filename"] == f"{CANARY}.pdf"
    assert InboundFile.objects.get().called == f"{CANARY}.pdf"


def test_canary_nor_what_was_odd_or_meant_for_another_number(sender: Sender, phone: Phone) -> None:
    written(phone, "", type="text", text={"body": CANARY})
    Sender.objects.update(phone_number_id="100000000000999")
    wrote(phone, f"soy {CANARY}")

    assert where_it_stands() == []
    told = [str(notice.content) for notice in Notice.objects.all()]
    assert len(told) == 2
    assert all(CANARY in one for one in told)


def test_the_release_before_can_read_what_is_stored_while_sealing_is_off(
    sender: Sender, phone: Phone, settings: LazySettings
) -> None:
    settings.SEAL_MESSAGES = False

    wrote(phone, f"soy {CANARY}")
    sent_file(phone)
    inbox.handle_replies(now=NOON)

    # The columns that it knows.
    first, second = Reply.objects.order_by("pk").values_list(
        "clear_text", "clear_content", "sealed"
    )
    assert first == (f"soy {CANARY}", {}, None)
    assert second[0] == f"for {CANARY}"
    assert second[1]["document"]["filename"] == f"{CANARY}.pdf"
    assert InboundFile.objects.get().said_name == f"{CANARY}.pdf"
    assert [reply.text for reply in Reply.objects.order_by("pk")] == [first[0], second[0]]


def test_what_no_key_opens_waits_and_is_an_alarm_and_is_heard_once_the_key_is_there(
    sender: Sender, phone: Phone, settings: LazySettings
) -> None:
    other = factories.phone_of(factories.make_patient(sender.clinic))
    old = list(settings.AUDIT_KEYS)
    wrote(phone, "STOP")
    settings.AUDIT_KEYS = ["another", *old]
    wrote(phone, "Hola", "wamid.after")
    wrote(other, "Hola", "wamid.other")
    settings.AUDIT_KEYS = ["another"]

    for _ in range(7):
        inbox.handle_replies(now=NOON)

    waits = Reply.objects.get(wamid="wamid.1")
    assert (waits.handled_at, waits.failures, waits.outcome) == (None, 0, "")
    assert "a key is missing" in waits.text
    # What the same phone wrote after it waits behind it; everybody else's goes on.
    assert Reply.objects.filter(handled_at=None).count() == 2
    assert Reply.objects.get(wamid="wamid.other").handled_at is not None
    Reply.objects.update(stored_at=F("stored_at") - timedelta(hours=1))
    (found,) = late.replies(Moment(timezone.now(), NOON))
    assert (found.kind, found.facts["count"]) == (Kind.REPLIES_WAIT, 2)
    assert "AUDIT_KEYS" in words.what_to_do(Alarm(kind=found.kind, facts=found.facts))

    settings.AUDIT_KEYS = ["another", *old]
    inbox.handle_replies(now=NOON)

    phone.refresh_from_db()
    assert phone.state == PhoneState.STOPPED
    assert Reply.objects.get(wamid="wamid.1").outcome == ReplyOutcome.STOPPED
    assert not Reply.objects.filter(handled_at=None).exists()


def test_many_that_wait_for_a_key_are_in_nobodys_way(
    sender: Sender, phone: Phone, settings: LazySettings
) -> None:
    old = list(settings.AUDIT_KEYS)
    settings.AUDIT_KEYS = ["lost"]
    for n in range(30):
        factories.make_reply(
            clinic=sender.clinic,
            sender=sender,
            from_number=f"54911{n:08}",
            wamid=f"wamid.{n}",
            kind="text",
            text="Hola",
            written_at=NOON,
        )
    settings.AUDIT_KEYS = old
    wrote(phone, "Hola", "wamid.last")
    Reply.objects.filter(wamid="wamid.last").update(written_at=NOON + timedelta(hours=1))

    assert inbox.handle_replies(now=NOON, portion=5) == 1

    assert Reply.objects.filter(handled_at=None, failures=0).count() == 30


def _copied(reply: Reply) -> None:
    Reply.objects.filter(pk=reply.pk).update(sealed=Reply.objects.latest("pk").sealed)


def _changed(reply: Reply) -> None:
    sealed = bytearray(reply.sealed or b"")
    sealed[-1] ^= 1
    Reply.objects.filter(pk=reply.pk).update(sealed=bytes(sealed))


@pytest.mark.parametrize("tamper", [_copied, _changed], ids=["another-row's", "a-bit"])
def test_attack_words_put_into_another_patients_mouth_are_not_heard(
    sender: Sender, phone: Phone, tamper: Any
) -> None:
    other = factories.phone_of(factories.make_patient(sender.clinic))
    wrote(phone, "Hola")
    wrote(other, "STOP", "wamid.2")
    tamper(Reply.objects.earliest("pk"))

    inbox.handle_replies(now=NOON)

    phone.refresh_from_db()
    other.refresh_from_db()
    assert (phone.state == PhoneState.STOPPED, other.state) == (False, PhoneState.STOPPED)
    assert Reply.objects.earliest("pk").handled_at is None


def test_what_is_removed_is_gone(sender: Sender, phone: Phone, noon: datetime) -> None:
    wrote(phone, f"soy {CANARY}")

    Reply.objects.update(**Reply.NO_WORDS, words_removed_at=noon)

    reply = Reply.objects.get()
    assert (reply.sealed, reply.text, reply.content) == (None, "", {})
