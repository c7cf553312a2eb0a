"""Notices lie sealed in the database: kept by the door, read, left for a key, found by a name."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models import F
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.desk.alarms import late, words
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Alarm
from tests import factories
from whatsapp import inbox, sealed_notices
from whatsapp.connection import connect
from whatsapp.keeper import Keeper
from whatsapp.models import Delivery, Reply, Sender

pytestmark = pytest.mark.django_db(transaction=True)

CANARY, DIGITS = "Zwitscherfink", "5491155550107"
NOON = factories.NOON
_names = st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True) | st.from_regex(
    r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", fullmatch=True
)


def said(text: str = CANARY, *, number: str = DIGITS, wamid: str = "wamid.1") -> bytes:
    told = {
        "from": number,
        "from_user_id": "AR.1349000000000001",
        "id": wamid,
        "timestamp": "1795257600",
        "type": "text",
        "text": {"body": text},
    }
    metadata = {
        "display_phone_number": "541155550000",
        "phone_number_id": factories.PHONE_NUMBER_ID,
    }
    change = {"field": "messages", "value": {"metadata": metadata, "messages": [told]}}
    return json.dumps({"entry": [{"id": factories.WABA_ID, "changes": [change]}]}).encode()


def brought(*bodies: bytes) -> None:
    """Keep them as the door's own keeper does, all in one COPY."""

    async def bring() -> None:
        keeper = Keeper(connect, ring=lambda: None)
        running = asyncio.create_task(keeper.run())
        while not keeper.is_ready:
            await asyncio.sleep(0.01)
        try:
            await asyncio.gather(*(keeper.keep(body) for body in bodies))
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(bring())


def in_the_table() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(notice::text, chr(10)) FROM whatsapp_delivery notice")
        (found,) = cursor.fetchone()
    return str(found)


def is_told(*planted: str) -> set[bool]:
    table = in_the_table()
    return {word in table or word.encode().hex() in table for word in planted}


@given(name=_names, before=st.text(max_size=9), key=st.text(max_size=9))
def test_whoever_is_named_is_found_whatever_the_key(name: str, before: str, key: str) -> None:
    is_a_moment = len(name) == 10 and name.startswith("1")
    told = [{"text": {"body": before}}, {f"{key}_": name}, {f"{key}+": f"+{name}"}]
    body = json.dumps(told).encode()

    found = sealed_notices.named(body)

    assert set(sealed_notices.marks([name.encode()])) <= set(found) or is_a_moment


def test_what_stands_in_every_notice_is_nobody() -> None:
    people = sealed_notices.marks([DIGITS.encode(), b"AR.1349000000000001"])
    ours = sealed_notices.ours([factories.PHONE_NUMBER_ID.encode()])

    assert sealed_notices.named(said()) == sorted([*people, *ours])
    # Nor is somebody found whose number reads as an id of ours.
    assert sealed_notices.marks([factories.PHONE_NUMBER_ID.encode()]) != ours


def test_what_is_about_an_account_is_found_by_it_and_the_rest_by_its_number() -> None:
    account, number = factories.WABA_ID.encode(), factories.PHONE_NUMBER_ID.encode()
    about_it = {"entry": [{"id": factories.WABA_ID, "changes": [{"field": "account_update"}]}]}

    assert sealed_notices.named(json.dumps(about_it).encode()) == sealed_notices.ours([account])
    assert not {*sealed_notices.ours([account])} & {*sealed_notices.named(said())}
    assert {*sealed_notices.ours([number])} <= {*sealed_notices.named(said())}


def test_hashes_say_nothing_without_the_key(settings: LazySettings) -> None:
    before = sealed_notices.marks([DIGITS.encode()])

    settings.NUMBERS_KEY = "another"

    assert sealed_notices.marks([DIGITS.encode()]) != before


@pytest.mark.parametrize("is_on", [True, False], ids=["sealed", "in-clear"])
def test_canary_no_column_of_a_notice_tells_what_a_patient_wrote(
    sender: Sender, settings: LazySettings, *, is_on: bool
) -> None:
    settings.SEAL_MESSAGES = is_on

    brought(said(), b'{"statuses": []}', said(f"{CANARY} again", wamid="wamid.2"))

    assert is_told(CANARY, DIGITS) == {not is_on}
    notices = Delivery.objects.order_by("pk")
    assert [notice.body for notice in notices][::2] == [
        said(),
        said(f"{CANARY} again", wamid="wamid.2"),
    ]
    assert [len(notice.named or ()) for notice in notices] == [3, 0, 3]
    # The one column that the release before knows.
    cleared = [bytes(notice.clear_body) for notice in notices]
    assert (cleared == [notice.body for notice in notices]) is not is_on
    inbox.digest(now=NOON)
    assert {reply.text for reply in Reply.objects.all()} == {CANARY, f"{CANARY} again"}


def test_what_no_key_opens_waits_and_is_an_alarm_and_is_read_once_the_key_is_there(
    sender: Sender, settings: LazySettings
) -> None:
    old = list(settings.AUDIT_KEYS)
    brought(said())
    settings.AUDIT_KEYS = ["another"]
    brought(*(said(number="5491155550199", wamid=f"wamid.other.{n}") for n in range(3)))

    assert inbox.digest(now=NOON, limit=1) == 3
    assert inbox.digest(now=NOON) == 0

    assert Reply.objects.count() == 3
    kept = Delivery.objects.order_by("pk")[0]
    assert (kept.tries, kept.problem, kept.body) == (0, sealed_notices.UNREADABLE, None)
    assert kept.digest_after is not None
    assert kept.digest_after > timezone.now() + timedelta(minutes=9)
    Delivery.objects.update(received_at=F("received_at") - timedelta(hours=1))
    (found,) = late.notices(Moment(timezone.now(), NOON))
    assert (found.kind, found.facts["count"]) == (Kind.NOTICES_WAIT, 1)
    assert "AUDIT_KEYS" in words.what_to_do(Alarm(kind=found.kind, facts=found.facts))

    settings.AUDIT_KEYS = ["another", *old]
    Delivery.objects.filter(pk=kept.pk).update(digest_after=timezone.now())
    inbox.digest(now=NOON)

    assert Delivery.objects.filter(pk=kept.pk, digest_after=None, problem="").exists()
    assert Reply.objects.filter(from_number=DIGITS).count() == 1


def _copied(notice: Delivery) -> None:
    Delivery.objects.filter(pk=notice.pk).update(sealed=Delivery.objects.latest("pk").sealed)


def _changed(notice: Delivery) -> None:
    sealed = bytearray(notice.sealed or b"")
    sealed[-1] ^= 1
    Delivery.objects.filter(pk=notice.pk).update(sealed=bytes(sealed))


@pytest.mark.parametrize("tamper", [_copied, _changed], ids=["another-row's", "a-bit"])
def test_attack_a_notice_put_in_place_of_another_is_not_believed(
    sender: Sender, tamper: Any
) -> None:
    brought(said("STOP"), said("Hola", wamid="wamid.2", number="5491155550199"))
    tamper(Delivery.objects.earliest("pk"))

    inbox.digest(now=NOON)

    assert [reply.text for reply in Reply.objects.all()] == ["Hola"]
    assert Delivery.objects.earliest("pk").problem == sealed_notices.UNREADABLE


def test_the_door_goes_on_with_rows_of_its_own_beside_another(sender: Sender) -> None:
    """Ids are drawn many at a time: two receivers never draw the same."""
    brought(said(wamid="wamid.1"))
    Delivery.objects.create(clear_body=said(wamid="wamid.2"))
    brought(said(wamid="wamid.3"))

    inbox.digest(now=NOON)

    assert Reply.objects.count() == 3
    assert Delivery.objects.filter(digest_after=None).count() == 3
