"""Notices that nobody signed, that come again, or that speak for another clinic's number."""

import hashlib
import hmac
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from healthmsg.clinic.models import Answer, Patient, PhoneState, VisitStatus
from tests import factories
from whatsapp import buttons, inbox, webhook
from whatsapp.buttons import Verb
from whatsapp.models import Message, Reply, Sender
from whatsapp.status import Status

OTHER_NUMBER, OTHER_ACCOUNT = "990000000000009", "990000000000008"


def notice(number: str, account: str, **value: Any) -> bytes:
    value["metadata"] = {"phone_number_id": number}
    changes = [{"field": "messages", "value": value}]
    return json.dumps({"entry": [{"id": account, "changes": changes}]}).encode()


def stop(number: str, account: str, patient: Patient, now: datetime) -> bytes:
    said = {
        "from": factories.phone_of(patient).number.lstrip("+"),
        "id": "wamid.stop",
        "timestamp": str(int(now.timestamp())),
        "type": "text",
        "text": {"body": "STOP"},
    }
    return notice(number, account, messages=[said])


def hear(*bodies: bytes, now: datetime) -> None:
    for body in bodies:
        factories.keep_notice(body)
    inbox.digest(now=now)
    inbox.handle_replies(now=now)


def test_attack_a_signature_holds_for_one_body_and_one_secret() -> None:
    body, secret = b'{"a":1}', "secret"
    signed = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

    assert webhook.is_signed(body, signed, [secret])
    assert not webhook.is_signed(body + b" ", signed, [secret])
    assert not webhook.is_signed(body, signed, ["another"])
    assert not webhook.is_signed(body, "sha256=", [secret])


def test_attack_a_notice_that_comes_again_changes_nothing(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    body = stop(sender.phone_number_id, sender.account.waba_id, willing_patient, noon)

    hear(body, now=noon)
    answers = Message.objects.count()
    hear(body, body, now=noon)

    assert Reply.objects.count() == 1
    assert Message.objects.count() == answers


def test_attack_another_clinics_notice_stops_nobody_here(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    other = factories.make_clinic()
    theirs = factories.make_sender(other, phone_number_id=OTHER_NUMBER, waba_id=OTHER_ACCOUNT)

    hear(stop(theirs.phone_number_id, OTHER_ACCOUNT, willing_patient, noon), now=noon)

    phone = factories.phone_of(willing_patient)
    assert phone.state != PhoneState.STOPPED
    assert {reply.clinic for reply in Reply.objects.all()} == {other}


def test_attack_a_receipt_that_guesses_moves_no_message(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    ours = factories.make_message(
        sender, willing_patient, status="ACCEPTED", attempt=1, send_after=None, wamid="wamid.out"
    )
    told = {"id": "wamid.guessed", "status": "failed", "timestamp": str(int(noon.timestamp()) + 5)}
    guesses = [told, told | {"biz_opaque_callback_data": f"{uuid.uuid4()}.1"}]

    hear(notice(sender.phone_number_id, sender.account.waba_id, statuses=guesses), now=noon)

    ours.refresh_from_db()
    assert ours.status == Status.ACCEPTED


@pytest.fixture
def theirs(sender: Sender) -> Sender:
    """A number of another clinic, under the same Meta app."""
    return factories.make_sender(
        factories.make_clinic(), phone_number_id=OTHER_NUMBER, waba_id=OTHER_ACCOUNT
    )


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "failed"])
def test_attack_a_swapped_receipt_moves_only_the_message_whose_random_word_it_bears(
    sender: Sender, theirs: Sender, willing_patient: Patient, noon: datetime, status: str
) -> None:
    """
    Rated low: whoever could send it knows the app's secret, and could name the right number too.

    The word is random, and stands nowhere but here and at Meta; the number in it adds nothing.
    """
    left = {"status": "ACCEPTED", "attempt": 1, "send_after": None, "accepted_at": noon}
    ours = factories.make_message(sender, willing_patient, **left, wamid="wamid.ours")
    patient = factories.make_patient(theirs.clinic)
    other = factories.make_message(theirs, patient, **left, wamid="wamid.other")
    told = {"id": "wamid.ours", "status": status, "timestamp": str(int(noon.timestamp()) + 5)}
    told["biz_opaque_callback_data"] = f"{ours.callback}.1"

    hear(notice(OTHER_NUMBER, OTHER_ACCOUNT, statuses=[told]), now=noon)

    ours.refresh_from_db()
    other.refresh_from_db()
    assert ours.status == status.upper()
    assert other.status == Status.ACCEPTED
    assert factories.phone_of(patient).state == PhoneState.NEW


@pytest.mark.parametrize(
    "named",
    [
        pytest.param({"id": "wamid.x"}, id="no-word"),
        pytest.param({"id": "wamid.x", "biz_opaque_callback_data": "word"}, id="no-word-of-ours"),
        pytest.param(
            {"id": "wamid.x", "biz_opaque_callback_data": f"{uuid.uuid4()}.1"}, id="guessed"
        ),
        pytest.param({"id": "", "biz_opaque_callback_data": "1"}, id="a-rows-number"),
    ],
)
def test_attack_a_swapped_receipt_without_it_moves_nothing(
    sender: Sender, theirs: Sender, willing_patient: Patient, noon: datetime, named: dict[str, str]
) -> None:
    left = {"status": "ACCEPTED", "attempt": 1, "send_after": None, "accepted_at": noon}
    ours = factories.make_message(sender, willing_patient, **left, wamid="wamid.ours")
    told = named | {"status": "read", "timestamp": str(int(noon.timestamp()) + 5)}

    for number, account in (
        (OTHER_NUMBER, OTHER_ACCOUNT),
        (sender.phone_number_id, OTHER_ACCOUNT),
        (OTHER_NUMBER, sender.account.waba_id),
        ("1", "2"),
    ):
        hear(notice(number, account, statuses=[told]), now=noon)

    ours.refresh_from_db()
    assert ours.status == Status.ACCEPTED


def test_attack_a_tap_under_another_clinics_number_changes_no_visit_here(
    sender: Sender, theirs: Sender, willing_patient: Patient, noon: datetime
) -> None:
    """The button is real, and so is the patient's phone; the number it came in by is not ours."""
    visit = factories.make_visit(willing_patient, starts_at=noon + timedelta(days=1))
    asked = factories.make_message(
        sender,
        willing_patient,
        status="READ",
        send_after=None,
        appointment=visit,
        appointment_version=visit.version,
    )
    number = factories.phone_of(willing_patient).number.lstrip("+")
    at = str(int(noon.timestamp()))
    for verb in (Verb.CONFIRM, Verb.CANCEL):
        tapped = buttons.payload(verb, asked.callback, about=visit.pk)
        said: dict[str, Any] = {"from": number, "id": f"wamid.{verb}", "timestamp": at}
        said |= {"type": "button", "button": {"payload": tapped, "text": "Confirm"}}
        hear(notice(OTHER_NUMBER, OTHER_ACCOUNT, messages=[said]), now=noon)

    visit.refresh_from_db()
    assert Reply.objects.filter(clinic=theirs.clinic).count() == 2
    assert (visit.answer, visit.status) == (Answer.NONE, VisitStatus.BOOKED)
