import json
import random
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthmsg.clinic.models import Patient, Phone, PhoneState
from tests import factories
from whatsapp import inbox, plain, plain_receipts, receipts, webhook
from whatsapp.events import StatusReported
from whatsapp.folding import Standing, fold
from whatsapp.models import Delivery, Message, Sender, Stream
from whatsapp.status import Status

pytestmark = pytest.mark.django_db
EARLIER = datetime(2026, 11, 20, 8, 0, 0, 123000, tzinfo=UTC)
SECOND = int(factories.NOON.timestamp())


@dataclass(frozen=True)
class Came:
    """A receipt as it is drawn: of which message, and what it says."""

    message: int
    status: str
    second: int
    attempt: int = 1
    has_callback: bool = True
    is_known: bool = True
    charged_as: str = ""

    def told(self, message: Message) -> dict[str, object]:
        callback = message.callback if self.is_known else uuid.UUID(int=self.message)
        attempt = min(self.attempt, message.attempt)
        # A stray names a message by WhatsApp's id only where that was known from the beginning.
        is_meant = self.is_known or message.wamid
        told: dict[str, object] = {
            "id": f"wamid.{message.pk}.{attempt}" if is_meant else f"wamid.stray.{message.pk}",
            "status": self.status,
            "timestamp": str(SECOND + self.second),
            "recipient_id": f"549110000{message.phone_id}",
            "recipient_user_id": f"AR.{message.phone_id}",
        }
        # Without it a message is only known once it is known by WhatsApp's id.
        if self.has_callback or message.wamid != told["id"]:
            told["biz_opaque_callback_data"] = f"{callback}.{attempt}"
        if self.charged_as:
            told["pricing"] = {"type": "regular", "category": self.charged_as}
        if self.status == "failed":
            told["errors"] = [{"code": 131026, "title": "no"}]
        return told


ordinary = st.builds(
    Came,
    st.integers(0, 7),
    st.sampled_from(["sent", "delivered", "read"]),
    st.integers(0, 99),
    charged_as=st.sampled_from(["", "utility", "marketing"]),
)
unusual = st.builds(
    Came,
    st.integers(0, 7),
    st.sampled_from(["sent", "delivered", "read", "failed", "played"]),
    st.integers(0, 99),
    attempt=st.sampled_from([1, 2]),
    has_callback=st.booleans(),
    is_known=st.sampled_from([True, True, False]),
    charged_as=st.sampled_from(["", "utility"]),
)
# Turns of bodies of receipts.
turns = st.lists(
    st.lists(
        st.lists(ordinary | ordinary | unusual, min_size=1, max_size=5), min_size=1, max_size=4
    ),
    min_size=1,
    max_size=3,
)
beginnings: list[dict[str, object]] = [
    {"status": "ACCEPTED", "accepted_at": EARLIER},
    {"status": "SENT", "accepted_at": EARLIER, "sent_at": EARLIER},
    {"status": "SENT", "accepted_at": EARLIER, "sent_at": EARLIER + timedelta(days=9)},
    {"status": "DELIVERED", "accepted_at": EARLIER, "sent_at": EARLIER, "delivered_at": EARLIER},
    {"status": "READ", "accepted_at": EARLIER, "sent_at": EARLIER, "read_at": EARLIER},
    {"status": "ACCEPTED", "accepted_at": EARLIER, "attempt": 2},
    {"status": "DELIVERED", "accepted_at": EARLIER, "error_code": 131026, "error_title": "no"},
    {"status": "FAILED", "accepted_at": EARLIER, "failed_at": EARLIER, "reason": "REFUSED"},
    {"status": "UNCERTAIN", "wamid": "", "leased_until": EARLIER},
    {"status": "SENDING", "wamid": "", "leased_until": EARLIER},
    {"status": "QUEUED", "wamid": "", "send_after": EARLIER, "attempt": 1},
    {"status": "WITHHELD", "wamid": "", "reason": "TOO_LATE"},
]
_number = iter(range(1_000_000))


def messages_of(sender: Sender, patient: Patient, chosen: list[int]) -> list[Message]:
    """Eight messages on four phones, in a stream of their own."""
    stream = Stream.objects.create(clinic=sender.clinic, name="Flu")
    phones = [
        Phone.objects.create(clinic=sender.clinic, number=f"+549115{next(_number):07}")
        for _ in range(4)
    ]
    made = []
    for place, choice in enumerate(chosen):
        fields = {"attempt": 1, "send_after": None} | beginnings[choice]
        message = factories.make_message(sender, patient, stream=stream, **fields)
        message.phone = phones[place % 4]
        message.wamid = str(fields.get("wamid", f"wamid.{message.pk}.{message.attempt}"))
        message.save(update_fields=["phone", "wamid"])
        made.append(message)
    return made


def body(told: list[dict[str, object]]) -> bytes:
    value = {"metadata": {"phone_number_id": factories.PHONE_NUMBER_ID}, "statuses": told}
    change = {"field": "messages", "value": value}
    entry = {"id": factories.WABA_ID, "changes": [change]}
    return json.dumps({"entry": [entry]}).encode()


def standing(message: Message) -> Standing:
    names = list(Standing._fields)
    return Standing._make(Message.objects.filter(pk=message.pk).values_list(*names).get())


def whereabouts(messages: list[Message]) -> object:
    """What receipts made of phones and streams, without their own names."""
    stream = messages[0].stream
    assert stream is not None
    stream.refresh_from_db()
    phones = [Phone.objects.get(pk=message.phone_id) for message in messages]
    return (
        {k: v for k, v in stream.counts.items() if v},
        [(p.state, p.failed_days, p.wa_id == "", p.user_id == "") for p in phones],
    )


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.integers(0, len(beginnings) - 1), min_size=8, max_size=8), turns)
def test_what_is_written_at_once_is_what_folding_says(
    sender: Sender, willing_patient: Patient, chosen: list[int], told: list[list[list[Came]]]
) -> None:
    """Through the digest, whatever the order and batches, and beside the careful way alone."""
    messages = messages_of(sender, willing_patient, chosen)
    twins = messages_of(sender, willing_patient, chosen)
    before = [standing(message) for message in messages]

    heard: list[StatusReported] = []
    for turn in told:
        bodies = [body([one.told(messages[one.message]) for one in came]) for came in turn]
        heard += [e for b in bodies for e in webhook.parse(b) if isinstance(e, StatusReported)]
        Delivery.objects.bulk_create(Delivery(clear_body=b) for b in bodies)
        inbox.digest(now=factories.NOON)
        mirrored = [one.told(twins[one.message]) for came in turn for one in came]
        careful = [e for e in webhook.parse(body(mirrored)) if isinstance(e, StatusReported)]
        receipts.apply(careful, now=factories.NOON)

    for message, at_first in zip(messages, before, strict=True):
        own = [r for r in heard if r.callback == message.callback or _is_known(r, at_first)]
        expected = fold(at_first, own, now=factories.NOON)
        found = standing(message)
        if at_first.accepted_at is None:
            # The moment WhatsApp took it is what was heard first.
            expected = expected._replace(accepted_at=found.accepted_at)
        assert found == expected
    assert whereabouts(messages) == whereabouts(twins)
    Delivery.objects.all().delete()


def _is_known(receipt: StatusReported, message: Standing) -> bool:
    """True where WhatsApp's id says so, and the callback nothing."""
    is_stray = receipt.callback is None or receipt.callback.int < 8
    return is_stray and bool(message.wamid) and receipt.wamid == message.wamid


@pytest.fixture
def message(sender: Sender, willing_patient: Patient) -> Message:
    return messages_of(sender, willing_patient, [0] * 8)[0]


def folded(*came: tuple[Message, Came]) -> dict[str, plain.Told]:
    found = plain.read(body([one.told(message) for message, one in came]))
    assert found is not None
    into: dict[str, plain.Told] = {}
    assert plain.fold(found, into)
    return into


def test_an_ordinary_receipt_is_written_and_nothing_is_left(message: Message) -> None:
    told = folded((message, Came(0, "read", 5, charged_as="marketing")))

    left = plain_receipts.apply(told, now=factories.NOON)

    message.refresh_from_db()
    assert not left
    assert (message.status, message.charged_as) == (Status.READ, "marketing")
    assert message.sent_at == message.read_at == factories.NOON + timedelta(seconds=5)
    assert Phone.objects.get(pk=message.phone_id).state == PhoneState.REACHED


def test_twice_is_once(message: Message) -> None:
    told = folded((message, Came(0, "delivered", 5)))
    plain_receipts.apply(told, now=factories.NOON)

    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid FROM whatsapp_message WHERE id = %s", [message.pk])
        place = cursor.fetchone()
        assert not plain_receipts.apply(told, now=factories.NOON)
        cursor.execute("SELECT ctid FROM whatsapp_message WHERE id = %s", [message.pk])
        assert cursor.fetchone() == place
    assert message.stream is not None
    message.stream.refresh_from_db()
    assert message.stream.counts == {"SENT": 1, "DELIVERED": 1, "READ": 0}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"status": "UNCERTAIN"}, id="unknown-outcome"),
        pytest.param({"status": "FAILED", "failed_at": EARLIER}, id="failed"),
        pytest.param({"attempt": 2}, id="a-later-try"),
        pytest.param({"wamid": "wamid.other"}, id="another-id"),
        pytest.param({"error_code": 131026}, id="a-known-error"),
        pytest.param({"accepted_at": None}, id="never-accepted"),
    ],
)
def test_what_is_not_plain_is_left_and_not_touched(
    message: Message, fields: dict[str, object]
) -> None:
    told = folded((message, Came(0, "delivered", 5)))
    Message.objects.filter(pk=message.pk).update(**fields)
    before = standing(message)

    assert plain_receipts.apply(told, now=factories.NOON) == set(told)
    assert standing(message) == before


def test_a_receipt_whose_message_is_not_there_is_left(message: Message) -> None:
    told = folded((message, Came(3, "sent", 5, is_known=False)))

    assert plain_receipts.apply(told, now=factories.NOON) == set(told)


def test_two_ids_for_one_try_are_shown_as_doubled(message: Message) -> None:
    for wamid in (f"wamid.{message.pk}.1", "wamid.other"):
        told = Came(0, "sent", 5).told(message) | {"id": wamid}
        Delivery.objects.create(clear_body=body([told]))

    inbox.digest(now=factories.NOON)

    message.refresh_from_db()
    assert (message.status, message.doubled_at) == (Status.SENT, factories.NOON)


@pytest.mark.django_db(transaction=True)
def test_digests_beside_careful_writers_lose_nothing(
    sender: Sender, willing_patient: Patient
) -> None:
    """Two digests and one that knows messages by WhatsApp's id alone, all on the same messages."""
    messages = [one for _ in range(20) for one in messages_of(sender, willing_patient, [0] * 8)]
    chance = random.Random(5)  # noqa: S311 - repeatable
    bodies = []
    for status in ("sent", "delivered", "read"):
        for has_callback in (True, False):
            came = [Came(0, status, 1, has_callback=has_callback).told(m) for m in messages]
            chance.shuffle(came)
            bodies += [body(came[n : n + 7]) for n in range(0, len(came), 7)]
    chance.shuffle(bodies)
    Delivery.objects.bulk_create(Delivery(clear_body=b) for b in bodies)

    def work() -> None:
        try:
            inbox.digest(now=factories.NOON, limit=11, turn=timedelta(seconds=25))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    pks = [message.pk for message in messages]
    assert set(Message.objects.filter(pk__in=pks).values_list("status", flat=True)) == {"READ"}
    assert not Delivery.objects.filter(digest_after__isnull=False).exists()
    counts = [stream.counts for stream in Stream.objects.all()]
    assert {tuple(sorted((k, v) for k, v in c.items() if v)) for c in counts} == {
        (("DELIVERED", 8), ("READ", 8), ("SENT", 8))
    }
