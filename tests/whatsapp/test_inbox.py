import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Clinic,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
)
from tests import factories
from whatsapp import buttons, inbox, webhook
from whatsapp.buttons import Verb
from whatsapp.models import (
    Account,
    Conversation,
    Delivery,
    Message,
    Notice,
    Portfolio,
    Reply,
    ReplyOutcome,
    Sender,
)
from whatsapp.signals import reply_received
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent.parent / "webhook_samples"
NOON = factories.NOON


def deliver(*bodies: bytes) -> None:
    for body in bodies:
        factories.keep_notice(body)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def digest(now: datetime = NOON) -> int:
    return inbox.digest(now=now)


def receipt(message: Message, status: str, **fields: object) -> bytes:
    told = {
        "id": message.wamid or f"wamid.{message.pk}",
        "status": status,
        "timestamp": str(int(NOON.timestamp()) + 5),
        "biz_opaque_callback_data": f"{message.callback}.{message.attempt}",
    }
    return envelope(statuses=[told | fields])


def envelope(**value: object) -> bytes:
    metadata = {"phone_number_id": factories.PHONE_NUMBER_ID}
    changes = [{"field": "messages", "value": {"metadata": metadata} | value}]
    return json.dumps({"entry": [{"id": factories.WABA_ID, "changes": changes}]}).encode()


def written(
    phone: Phone, text: str = "", *, wamid: str = "", at: datetime = NOON, **fields: Any
) -> bytes:
    told: dict[str, Any] = {
        "from": phone.number.lstrip("+"),
        "id": wamid or f"wamid.in.{text}.{at.timestamp()}",
        "timestamp": str(int(at.timestamp())),
    }
    told |= fields or {"type": "text", "text": {"body": text}}
    return envelope(messages=[told])


def tapped(phone: Phone, payload: str, *, at: datetime = NOON) -> bytes:
    words = {"payload": payload, "text": "…"}
    return written(phone, payload[:6], at=at, type="button", button=words)


def hear(*bodies: bytes, now: datetime = NOON) -> None:
    deliver(*bodies)
    inbox.digest(now=now)
    inbox.handle_replies(now=now)


def answers_to(phone: Phone) -> list[str]:
    rows = Message.objects.filter(phone=phone, purpose=Purpose.REPLY, lane=0).order_by("pk")
    return [row.body for row in rows]


@pytest.fixture(autouse=True)
def nobody_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """The floors above have tests of their own."""
    monkeypatch.setattr(reply_received, "receivers", [])


@pytest.fixture
def phone(willing_patient: Patient) -> Phone:
    return factories.phone_of(willing_patient)


@pytest.fixture
def reminder(sender: Sender, willing_patient: Patient) -> Message:
    return factories.make_message(
        sender, willing_patient, status="ACCEPTED", attempt=1, send_after=None, wamid="wamid.out"
    )


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    """What a floor above hears; it confirms every tap on Confirm."""
    told: list[dict[str, Any]] = []

    def confirm(sender: object, **said: Any) -> ReplyOutcome | None:
        told.append(said)
        is_confirm = said["tap"] and said["tap"].verb == Verb.CONFIRM
        return ReplyOutcome.CONFIRMED if is_confirm else None

    reply_received.connect(confirm)
    yield told
    reply_received.disconnect(confirm)


# --- digesting -----------------------------------------------------------------------------------


def test_receipts_of_many_notices_are_applied_and_the_notices_done_with(
    reminder: Message,
) -> None:
    deliver(receipt(reminder, "delivered"), receipt(reminder, "sent"))

    assert digest() == 2
    assert digest() == 0

    reminder.refresh_from_db()
    assert reminder.status == Status.DELIVERED
    assert not Delivery.objects.filter(digest_after__isnull=False).exists()


def test_a_receipt_ahead_of_its_message_waits_for_it(sender: Sender, reminder: Message) -> None:
    callback = reminder.callback
    body = receipt(reminder, "delivered")
    Message.objects.filter(pk=reminder.pk).update(
        callback="00000000-0000-4000-8000-000000000000", wamid=""
    )
    deliver(body)

    digest()
    Message.objects.filter(pk=reminder.pk).update(callback=callback)
    Delivery.objects.update(digest_after=F("received_at"))
    digest()

    reminder.refresh_from_db()
    assert reminder.status == Status.DELIVERED
    assert not Notice.objects.exists()


def test_a_receipt_whose_message_never_comes_is_kept_after_ten_minutes(sender: Sender) -> None:
    deliver(sample("status_sent"))

    digest()
    assert Delivery.objects.get().digest_after is not None
    Delivery.objects.update(
        digest_after=F("received_at"), received_at=F("received_at") - timedelta(minutes=11)
    )
    digest()

    assert Delivery.objects.get().digest_after is None
    assert not Notice.objects.get().is_understood


def test_a_poisonous_notice_is_set_aside_alone(
    reminder: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parser with a bug cannot be injected: it is the code itself that is broken here."""
    parse = webhook.parse

    def broken(body: bytes) -> Any:
        if body == b"poison":
            raise KeyError("+5491155550101")
        return parse(body)

    monkeypatch.setattr(webhook, "parse", broken)
    deliver(b"poison", receipt(reminder, "read"))

    for _ in range(6):
        digest()
        Delivery.objects.filter(digest_after__isnull=False).update(digest_after=F("received_at"))

    reminder.refresh_from_db()
    assert reminder.status == Status.READ
    poisoned = next(one for one in Delivery.objects.all() if one.body == b"poison")
    assert (poisoned.digest_after, poisoned.problem) == (None, "KeyError")


def test_a_notice_that_kills_its_process_is_tried_alone_and_then_no_more(
    reminder: Message,
) -> None:
    deliver(receipt(reminder, "read"))
    Delivery.objects.update(tries=5, digest_after=F("received_at"))

    digest()

    killer = Delivery.objects.get()
    assert killer.problem
    assert killer.digest_after is None


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.json")))
def test_every_sample_is_digested_twice_without_a_problem(sender: Sender, name: str) -> None:
    deliver(sample(name), sample(name))

    digest()
    inbox.handle_replies(now=NOON)

    assert not Delivery.objects.exclude(problem="").exists()
    assert not Reply.objects.filter(handled_at=None).exists()
    assert Reply.objects.count() + Notice.objects.count() <= 2


def test_any_bytes_are_kept_as_not_understood(sender: Sender) -> None:
    deliver(
        b"\x00\xff", b'{"entry":[{"changes":[{"field":"new\\u0000","value":{"a":"\\ud83d"}}]}]}'
    )

    digest()

    assert list(Notice.objects.values_list("is_understood", flat=True)) == [False, False]


def test_a_message_to_a_number_that_is_not_ours_is_kept(sunrise_clinic: Clinic) -> None:
    deliver(sample("message_text"))

    digest()

    assert Notice.objects.get().field == "message to another number"


@pytest.mark.django_db(transaction=True)
def test_two_digests_at_once_apply_everything_once(
    sender: Sender, reminder: Message, phone: Phone
) -> None:
    bodies = [receipt(reminder, "delivered"), receipt(reminder, "read")] * 20
    bodies += [written(phone, f"hello {n}", wamid=f"wamid.{n}") for n in range(20)] * 2
    deliver(*bodies)
    looked_at = []

    def work() -> None:
        try:
            looked_at.append(inbox.digest(now=NOON, limit=3))
            inbox.handle_replies(now=NOON)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    inbox.handle_replies(now=NOON)

    assert sum(looked_at) == len(bodies)
    assert Reply.objects.count() == 20
    assert not Reply.objects.filter(handled_at=None).exists()
    assert len(answers_to(phone)) == 1
    reminder.refresh_from_db()
    assert reminder.status == Status.READ


# --- news ----------------------------------------------------------------------------------------


@pytest.fixture
def english_template(sender: Sender) -> Any:
    return factories.make_template(
        sender.account,
        name="appointment_reminder_v3",
        language="en_US",
        meta_id="300000000000001",
    )


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("template_paused", "status", "PAUSED"),
        ("template_rejected", "status", "REJECTED"),
        ("template_quality", "quality", "YELLOW"),
        ("template_quality_misnamed", "quality", "RED"),
        ("template_category_done", "category", "MARKETING"),
        ("template_category_impending", "category", "UTILITY"),
    ],
)
def test_news_about_a_template_changes_it(
    english_template: Any, name: str, field: str, value: str
) -> None:
    deliver(sample(name))

    digest()

    english_template.refresh_from_db()
    assert getattr(english_template, field) == value
    assert Notice.objects.get().is_understood


def test_older_news_about_a_template_does_not_undo_newer(english_template: Any) -> None:
    later = json.loads(sample("template_paused"))
    later["entry"][0]["time"] += 60
    later["entry"][0]["changes"][0]["value"]["event"] = "APPROVED"
    deliver(json.dumps(later).encode())
    digest()
    deliver(sample("template_paused"))

    digest()

    english_template.refresh_from_db()
    assert english_template.status == "APPROVED"


def test_a_restricted_account_is_stopped_and_lifted_again(sender: Sender) -> None:
    deliver(sample("account_disabled"))
    digest()
    stopped = Account.objects.get()
    deliver(sample("account_reinstated"))
    digest()

    assert stopped.held_at is not None
    assert Account.objects.get().held_at is None


def test_news_repeated_by_meta_does_not_undo_what_a_person_did(sender: Sender) -> None:
    deliver(sample("account_disabled"))
    digest()
    Account.objects.update(held_at=None, held_reason="")
    deliver(sample("account_disabled"))

    digest()

    assert Account.objects.get().held_at is None


def test_a_faster_number_and_a_new_limit_are_noted(sender: Sender) -> None:
    Sender.objects.update(display_number="+54 11 5555 0000")
    deliver(sample("capability"))
    digest()
    limited = Portfolio.objects.get()
    deliver(sample("number_quality"))
    digest()

    assert limited.daily_limit == 2000
    assert Portfolio.objects.get().daily_limit is None
    assert Sender.objects.get().rate_per_second == 1000


def test_whatsapps_own_stop_concerns_offers_and_its_resume_grants_nothing(
    sender: Sender, willing_patient: Patient, phone: Phone
) -> None:
    Phone.objects.filter(pk=phone.pk).update(wa_id="5491155550101")
    deliver(sample("user_preferences_stop"), sample("user_preferences_resume"))

    digest(now=datetime.fromtimestamp(1795258300, NOON.tzinfo))

    at = datetime.fromtimestamp(1795258400, NOON.tzinfo)
    assert consent.standing(willing_patient, phone, Purpose.MARKETING, at=at) == "WITHDRAWN"
    assert consent.standing(willing_patient, phone, Purpose.APPOINTMENTS, at=at) == "GRANTED"
    assert Notice.objects.count() == 2


# --- replies -------------------------------------------------------------------------------------


def test_a_message_is_left_to_a_person_and_answered_once_in_twelve_hours(
    sender: Sender, phone: Phone
) -> None:
    hear(written(phone, "¿Puedo ir a las 11?"))
    hear(written(phone, "¿Hola?", at=NOON + timedelta(hours=1)), now=NOON + timedelta(hours=1))
    first_day = len(answers_to(phone))
    later = NOON + timedelta(hours=13)
    hear(written(phone, "Sigo aquí", at=later), now=later)

    assert (first_day, len(answers_to(phone))) == (1, 2)
    assert sender.clinic.phone in answers_to(phone)[0]
    assert sender.clinic.emergency_number in answers_to(phone)[0]
    reply = Reply.objects.earliest("pk")
    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.FOR_A_PERSON, NOON)
    assert Conversation.objects.get().last_inbound_at == later
    assert Phone.objects.get(pk=phone.pk).last_inbound_at == later


def test_the_same_message_told_twice_is_one_reply(sender: Sender, phone: Phone) -> None:
    hear(written(phone, "Hola"), written(phone, "Hola"))
    hear(written(phone, "Hola"))

    assert Reply.objects.count() == 1


def test_a_stranger_gets_a_phone_of_the_clinic(sender: Sender) -> None:
    hear(sample("message_text"))

    reply = Reply.objects.get()
    assert reply.phone is not None
    assert reply.phone.number == "+5491155550101"
    assert reply.phone.clinic_id == sender.clinic_id


@pytest.mark.parametrize(
    ("known", "wa_id"),
    [
        pytest.param("+541155550101", "5491155550101", id="argentina"),
        pytest.param("+5511987654321", "551187654321", id="brazil"),
        pytest.param("+525512345678", "5215512345678", id="mexico"),
    ],
)
def test_a_number_is_recognized_by_whatsapps_other_form(
    sender: Sender, known: str, wa_id: str
) -> None:
    phone = factories.make_phone(sender.clinic, known)

    hear(envelope(messages=[{"from": wa_id, "id": "w", "type": "text", "text": {"body": "Hola"}}]))

    assert Reply.objects.get().phone == phone
    phone.refresh_from_db()
    assert phone.wa_id == wa_id


def test_a_hidden_number_is_known_by_its_user_id(sender: Sender, phone: Phone) -> None:
    Phone.objects.filter(pk=phone.pk).update(user_id="AR.1349000000000001")

    hear(sample("message_hidden_number"))

    assert Reply.objects.get().phone == phone


def test_a_hidden_and_unknown_number_is_left_to_a_person(sender: Sender) -> None:
    hear(sample("message_hidden_number"))

    reply = Reply.objects.get()
    assert (reply.phone, reply.outcome) == (None, ReplyOutcome.FOR_A_PERSON)


def test_a_tap_is_told_to_the_floors_above(
    reminder: Message, phone: Phone, heard: list[dict[str, Any]]
) -> None:
    hear(tapped(phone, buttons.payload(Verb.CONFIRM, reminder.callback)))

    reply = Reply.objects.get()
    assert (reply.outcome, reply.answers, reply.needs_person_at) == ("CONFIRMED", reminder, None)
    assert heard[0]["tap"].callback == reminder.callback
    assert answers_to(phone) == []


def test_a_tap_on_somebody_elses_message_changes_nothing(
    reminder: Message, sunrise_clinic: Clinic, heard: list[dict[str, Any]]
) -> None:
    other = factories.make_phone(sunrise_clinic)

    hear(tapped(other, buttons.payload(Verb.STOP_ALL, reminder.callback)))

    assert Reply.objects.get().outcome == ReplyOutcome.FOREIGN
    assert heard == []
    assert len(answers_to(other)) == 1
    assert Phone.objects.get(pk=other.pk).state == PhoneState.NEW


def test_a_forged_button_is_ordinary_text(
    reminder: Message, phone: Phone, heard: list[dict[str, Any]]
) -> None:
    hear(tapped(phone, buttons.payload(Verb.CONFIRM, reminder.callback) + "x"))

    assert heard[0]["tap"] is None
    assert Reply.objects.get().outcome == ReplyOutcome.FOR_A_PERSON


@pytest.mark.parametrize("words", ["BAJA", " ¡Stop! ", "darme de baja.", "No más mensajes"])
def test_a_stop_word_stops_every_purpose_and_is_acknowledged_once(
    sender: Sender, willing_patient: Patient, phone: Phone, words: str
) -> None:
    waiting = factories.make_message(sender, willing_patient)

    hear(written(phone, words))

    phone.refresh_from_db()
    waiting.refresh_from_db()
    assert phone.state == PhoneState.STOPPED
    assert (waiting.status, waiting.reason) == (Status.WITHHELD, Reason.ASKED_US_TO_STOP)
    for purpose in consent.LEDGER_PURPOSES:
        assert consent.standing(willing_patient, phone, purpose, at=NOON) == "WITHDRAWN"
    assert Reply.objects.get().outcome == ReplyOutcome.STOPPED
    [answer] = Message.objects.filter(phone=phone, purpose=Purpose.REPLY)
    assert (answer.status, answer.lane) == (Status.QUEUED, 0)
    assert answer.expires_at == NOON + timedelta(hours=24)
    buttons_told = answer.payload["interactive"]["action"]["buttons"]
    verbs = [buttons.read(b["reply"]["id"]).verb for b in buttons_told]  # type: ignore[union-attr]
    assert verbs == [Verb.KEEP_APPOINTMENTS, Verb.STOP_ALL]


@pytest.mark.parametrize(
    "words", ["cancelar", "Cancelar mi cita", "START", "ALTA", "no puedo parar"]
)
def test_words_that_are_no_stop_stop_nothing(sender: Sender, phone: Phone, words: str) -> None:
    hear(written(phone, words))

    phone.refresh_from_db()
    assert phone.state == PhoneState.NEW
    assert Reply.objects.get().outcome == ReplyOutcome.FOR_A_PERSON


def test_the_acknowledgement_names_the_next_visit_and_nothing_of_its_kind(
    sender: Sender, willing_patient: Patient, phone: Phone
) -> None:
    kind = factories.make_kind(sender.clinic, name="Oncología", discretion="FULL")
    factories.make_visit(willing_patient, starts_at=NOON + timedelta(days=2), kind=kind)

    hear(written(phone, "baja"))

    [words] = answers_to(phone)
    assert "12 de marzo, 12:00" in words
    assert "Oncología" not in words


def test_a_visit_that_is_never_spoken_of_is_not_named(
    sender: Sender, willing_patient: Patient, phone: Phone
) -> None:
    kind = factories.make_kind(sender.clinic, discretion="CONTACT_US")
    factories.make_visit(willing_patient, starts_at=NOON + timedelta(days=2), kind=kind)

    hear(written(phone, "baja"))

    assert "marzo" not in answers_to(phone)[0]


def test_stop_tapped_again_gets_one_more_answer_and_then_none(sender: Sender, phone: Phone) -> None:
    hear(written(phone, "STOP"))
    acknowledged = Message.objects.get(phone=phone, purpose=Purpose.REPLY)
    stop_all = buttons.payload(Verb.STOP_ALL, acknowledged.callback)
    for minute in (1, 2, 3):
        hear(tapped(phone, stop_all, at=NOON + timedelta(minutes=minute)))

    assert len(answers_to(phone)) == 2
    assert set(Reply.objects.values_list("outcome", flat=True)) == {ReplyOutcome.STOPPED}
    again = Message.objects.filter(phone=phone, purpose=Purpose.REPLY).latest("pk")
    (keep,) = again.payload["interactive"]["action"]["buttons"]
    assert buttons.read(keep["reply"]["id"]) == buttons.Tap(Verb.KEEP_APPOINTMENTS, again.callback)


def test_a_stop_after_a_yes_at_the_desk_stops_again(
    sender: Sender, willing_patient: Patient, phone: Phone
) -> None:
    hear(written(phone, "STOP"))
    recorded_by = StaffUser.objects.create(username="desk")
    consent.grant_again(
        willing_patient,
        phone,
        [Purpose.PREVENTION],
        evidence=consent.Evidence(GivenHow.AT_DESK, recorded_by=recorded_by),
        at=NOON + timedelta(minutes=1),
    )

    later = NOON + timedelta(minutes=2)
    hear(written(phone, "STOP", at=later), now=later)

    assert consent.standing(willing_patient, phone, Purpose.PREVENTION, at=later) == "WITHDRAWN"
    assert Phone.objects.get(pk=phone.pk).state == PhoneState.STOPPED


def test_keep_is_told_to_the_floors_above_once(
    sender: Sender, phone: Phone, heard: list[dict[str, Any]]
) -> None:
    hear(written(phone, "STOP"))
    acknowledged = Message.objects.get(phone=phone, purpose=Purpose.REPLY)
    kept = buttons.payload(Verb.KEEP_APPOINTMENTS, acknowledged.callback)
    for minute in (1, 2):
        later = NOON + timedelta(minutes=minute)
        hear(tapped(phone, kept, at=later), now=later)

    assert [said["tap"].verb for said in heard] == [Verb.KEEP_APPOINTMENTS]
    assert set(Reply.objects.filter(kind="button").values_list("outcome", flat=True)) == {
        ReplyOutcome.KEPT
    }


def test_keep_after_a_stop_allows_appointments_again(
    sender: Sender, willing_patient: Patient, phone: Phone
) -> None:
    hear(written(phone, "STOP"))
    acknowledged = Message.objects.get(phone=phone, purpose=Purpose.REPLY)
    later = NOON + timedelta(minutes=1)
    kept = buttons.payload(Verb.KEEP_APPOINTMENTS, acknowledged.callback)
    hear(tapped(phone, kept, at=later), now=later)
    hear(tapped(phone, kept, at=later + timedelta(minutes=1)), now=later + timedelta(minutes=1))

    at = later + timedelta(hours=1)
    assert consent.standing(willing_patient, phone, Purpose.APPOINTMENTS, at=at) == "GRANTED"
    assert consent.standing(willing_patient, phone, Purpose.MARKETING, at=at) == "WITHDRAWN"
    assert len(answers_to(phone)) == 2
    assert Reply.objects.latest("pk").outcome == ReplyOutcome.KEPT


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("message_image", 1),
        ("message_unsupported", 1),
        ("message_reaction", 0),
        ("message_user_changed_number", 0),
    ],
)
def test_what_is_no_text_is_left_to_a_person(sender: Sender, name: str, answers: int) -> None:
    hear(sample(name))

    reply = Reply.objects.get()
    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.FOR_A_PERSON, NOON)
    assert Message.objects.filter(purpose=Purpose.REPLY).count() == answers


def test_a_changed_number_moves_nothing(sender: Sender) -> None:
    phone = factories.make_phone(sender.clinic, "+5491155550101")

    hear(sample("message_user_changed_number"))

    phone.refresh_from_db()
    assert (phone.number, phone.wa_id, phone.last_inbound_at) == ("+5491155550101", "", None)
    assert Notice.objects.get().is_understood
    assert not Phone.objects.filter(number="+5491155550199").exists()


def test_a_reply_that_breaks_off_is_tried_again_and_then_left_to_a_person(
    sender: Sender, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(sender: object, **said: Any) -> None:
        raise KeyError(said["reply"].text)

    deliver(written(phone, "Hola"), written(phone, "Adiós", at=NOON + timedelta(minutes=1)))
    digest()
    reply_received.connect(broken)
    try:
        inbox.handle_replies(now=NOON)
        after_one = Reply.objects.earliest("written_at")
        for _ in range(4):
            inbox.handle_replies(now=NOON)
    finally:
        reply_received.disconnect(broken)

    assert (after_one.handled_at, after_one.failures) == (None, 1)
    given_up = Reply.objects.earliest("written_at")
    assert (given_up.outcome, given_up.needs_person_at) == (ReplyOutcome.FOR_A_PERSON, NOON)
    assert Reply.objects.latest("written_at").failures == 0  # it waited for its turn
    assert "Hola" not in caplog.text


def test_answers_are_in_the_language_of_the_contact(sender: Sender) -> None:
    arabic = factories.make_patient(sender.clinic, language="ar")

    hear(written(factories.phone_of(arabic), "مرحبا"))

    assert "شكرًا" in answers_to(factories.phone_of(arabic))[0]
