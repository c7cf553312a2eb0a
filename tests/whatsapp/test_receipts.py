import random
import threading
import uuid
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from django.db import connection, transaction

from healthmsg.clinic import consent
from healthmsg.clinic.models import Patient, Phone, PhoneState, Purpose
from tests import factories
from whatsapp import receipts
from whatsapp.events import Origin, StatusReported
from whatsapp.models import Message, Restriction, Sender, Stream, Template
from whatsapp.status import Status

pytestmark = pytest.mark.django_db
NOWHERE = Origin(factories.WABA_ID, "messages", {}, phone_number_id=factories.PHONE_NUMBER_ID)


def told(message: Message, status: Status, second: int = 0, **fields: object) -> StatusReported:
    known: dict[str, object] = {
        "origin": NOWHERE,
        "wamid": f"wamid.{message.pk}.1",
        "status": status,
        "at": factories.NOON + timedelta(seconds=second),
        "callback": message.callback,
        "attempt": 1,
        "recipient": "",
    }
    return StatusReported(**(known | fields))  # type: ignore[arg-type]


def apply(*came: StatusReported, now: datetime = factories.NOON) -> receipts.Applied:
    with transaction.atomic():
        return receipts.apply(came, now=now)


def accepted(sender: Sender, patient: Patient, **fields: object) -> Message:
    message = factories.make_message(
        sender,
        patient,
        **{"status": "ACCEPTED", "attempt": 1, "send_after": None} | fields,
    )
    if not message.wamid:
        message.wamid = f"wamid.{message.pk}.1"
        message.save(update_fields=["wamid"])
    return message


@pytest.fixture
def message(sender: Sender, willing_patient: Patient) -> Message:
    return accepted(sender, willing_patient)


def test_receipts_carry_a_message_from_sent_to_read(message: Message) -> None:
    apply(told(message, Status.SENT, 1), told(message, Status.DELIVERED, 2))
    apply(told(message, Status.READ, 3))

    message.refresh_from_db()
    assert message.status == Status.READ
    assert message.sent_at == factories.NOON + timedelta(seconds=1)
    assert message.delivered_at == factories.NOON + timedelta(seconds=2)
    assert message.read_at == factories.NOON + timedelta(seconds=3)


def test_a_receipt_told_twice_writes_nothing_the_second_time(message: Message) -> None:
    first = apply(told(message, Status.SENT, 1))
    again = apply(told(message, Status.SENT, 1))

    assert (first.changed, again.changed) == (1, 0)


def test_without_our_callback_a_message_is_known_by_whatsapps_id(message: Message) -> None:
    apply(told(message, Status.DELIVERED, callback=None, attempt=None))

    message.refresh_from_db()
    assert message.status == Status.DELIVERED


def test_a_callback_of_somebody_elses_falls_back_to_whatsapps_id(message: Message) -> None:
    apply(told(message, Status.DELIVERED, callback=uuid.uuid4()))

    message.refresh_from_db()
    assert message.status == Status.DELIVERED


def test_a_receipt_without_its_message_is_given_back(message: Message) -> None:
    stray = told(message, Status.SENT, callback=uuid.uuid4(), wamid="wamid.stray")

    assert apply(stray, told(message, Status.SENT)).unknown == (stray,)


def test_a_fast_receipt_settles_a_message_still_on_its_way(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = accepted(sender, willing_patient, status="SENDING", leased_until=noon, wamid="-")
    Message.objects.filter(pk=message.pk).update(wamid="")

    apply(told(message, Status.SENT, wamid="wamid.fast"))

    message.refresh_from_db()
    assert (message.status, message.wamid, message.leased_until) == ("SENT", "wamid.fast", None)
    assert message.accepted_at == noon


@pytest.mark.parametrize(
    ("attempt", "callback_attempt"), [(1, 1), (2, 1)], ids=["same-try", "older-try"]
)
def test_a_message_waiting_to_be_sent_again_is_not_once_its_receipt_comes(
    sender: Sender, willing_patient: Patient, attempt: int, callback_attempt: int
) -> None:
    message = factories.make_message(sender, willing_patient, attempt=attempt)

    apply(told(message, Status.DELIVERED, attempt=callback_attempt))

    message.refresh_from_db()
    assert (message.status, message.send_after) == (Status.DELIVERED, None)


def test_two_accepted_tries_are_shown_as_doubled(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = accepted(sender, willing_patient, attempt=2, wamid="wamid.second")

    apply(told(message, Status.DELIVERED, wamid="wamid.first", attempt=1))

    message.refresh_from_db()
    assert message.doubled_at == noon
    assert message.wamid == "wamid.second"


def test_delivered_makes_a_number_reached_and_learns_what_whatsapp_calls_it(
    message: Message,
) -> None:
    apply(told(message, Status.DELIVERED, recipient="541155500001", user_id="AR.1"))

    phone = Phone.objects.get(pk=message.phone_id)
    assert phone.state == PhoneState.REACHED
    assert (phone.wa_id, phone.user_id) == ("541155500001", "AR.1")


def test_a_number_called_as_it_is_dialled_needs_no_second_name(message: Message) -> None:
    apply(told(message, Status.DELIVERED, recipient=message.phone.number.lstrip("+")))

    assert Phone.objects.get(pk=message.phone_id).wa_id == ""


def test_a_number_is_failing_only_after_two_different_days(
    sender: Sender, willing_patient: Patient
) -> None:
    day = 24 * 60 * 60
    states = []
    for second in (0, 60, day):
        one = accepted(sender, willing_patient)
        apply(told(one, Status.FAILED, second, code=131026))
        states.append(Phone.objects.get(pk=one.phone_id).state)

    assert states == [PhoneState.NEW, PhoneState.NEW, PhoneState.FAILING]
    phone = factories.phone_of(willing_patient)
    standing = consent.standing(
        willing_patient, phone, Purpose.APPOINTMENTS, at=factories.NOON + timedelta(days=2)
    )
    assert standing == "GRANTED"


def test_two_days_told_at_once_make_a_number_failing_and_an_arrival_undoes_it(
    sender: Sender, willing_patient: Patient
) -> None:
    one, two, three = (accepted(sender, willing_patient) for _ in range(3))

    apply(
        told(one, Status.FAILED, code=131026),
        told(two, Status.FAILED, 24 * 60 * 60, code=131026),
    )
    failing = Phone.objects.get(pk=one.phone_id)
    apply(told(three, Status.DELIVERED, 48 * 60 * 60))

    assert failing.state == PhoneState.FAILING
    phone = Phone.objects.get(pk=one.phone_id)
    assert (phone.state, phone.failed_days) == (PhoneState.REACHED, 0)


def test_a_stop_of_offers_withdraws_marketing_alone(message: Message, noon: datetime) -> None:
    apply(told(message, Status.FAILED, code=131050))

    message.refresh_from_db()
    assert (message.status, message.reason) == ("FAILED", "MARKETING_STOPPED")
    assert message.patient is not None
    patient, phone = message.patient, message.phone
    assert consent.standing(patient, phone, Purpose.MARKETING, at=noon) == "WITHDRAWN"
    assert consent.standing(patient, phone, Purpose.APPOINTMENTS, at=noon) == "GRANTED"


def test_a_stop_of_offers_concerns_prevention_where_its_template_is_an_offer(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    template = factories.make_template(sender.account, category="MARKETING")
    message = accepted(
        sender,
        willing_patient,
        purpose=Purpose.PREVENTION,
        template_version=template.current,
    )

    apply(told(message, Status.FAILED, code=131050))

    standing = consent.standing(willing_patient, message.phone, Purpose.PREVENTION, at=noon)
    assert standing == "WITHDRAWN"


@pytest.mark.parametrize(("code", "status"), [(132015, "PAUSED"), (132016, "DISABLED")])
def test_a_code_about_a_template_stops_the_template(
    sender: Sender, willing_patient: Patient, code: int, status: str
) -> None:
    template = factories.make_template(sender.account)
    message = accepted(sender, willing_patient, template_version=template.current)

    apply(told(message, Status.FAILED, code=code))

    assert Template.objects.get(pk=template.pk).status == status


def test_a_problem_with_the_payment_closes_what_costs_money(message: Message) -> None:
    apply(told(message, Status.FAILED, code=131042))

    closed = Restriction.objects.order_by("kind")
    assert [c.kind for c in closed] == ["AUTHENTICATION", "MARKETING", "UTILITY"]
    assert all("payment" in c.held_reason for c in closed)
    assert Sender.objects.get().held_at is None


def test_a_phone_set_up_anew_waits_for_a_person(message: Message) -> None:
    apply(told(message, Status.FAILED, code=137000))

    assert Phone.objects.get(pk=message.phone_id).state == PhoneState.WRONG_PERSON


def test_the_counts_of_a_stream_follow_its_messages(
    sender: Sender, willing_patient: Patient
) -> None:
    stream = Stream.objects.create(clinic=sender.clinic, name="Flu")
    one, two = (accepted(sender, willing_patient, stream=stream) for _ in range(2))

    apply(told(one, Status.SENT), told(two, Status.FAILED, code=131026))
    apply(told(one, Status.READ), told(one, Status.SENT), told(two, Status.DELIVERED))

    stream.refresh_from_db()
    assert {k: v for k, v in stream.counts.items() if v} == {"SENT": 2, "DELIVERED": 2, "READ": 1}


def test_ten_thousand_random_orders_end_in_the_same_state(
    sender: Sender, willing_patient: Patient
) -> None:
    """Every message gets the same four receipts in an order of its own, doubled, in batches."""
    chance = random.Random(7)  # noqa: S311 - repeatable
    messages = _many(sender, willing_patient, 10_000)
    steps = [(Status.SENT, 1), (Status.DELIVERED, 2), (Status.FAILED, 3), (Status.READ, 4)]
    orders = [chance.sample(p, 4) for p in permutations(steps)]
    came: list[list[StatusReported]] = [[] for _ in range(6)]
    for message in messages:
        order = chance.choice(orders)
        for place, (status, second) in enumerate([*order, *chance.choices(order, k=2)]):
            code = 131026 if status == Status.FAILED else None
            came[place].append(told(message, status, second, code=code))

    for batch in came:
        chance.shuffle(batch)
        for start in range(0, len(batch), 2500):
            apply(*batch[start : start + 2500])

    ends = Message.objects.filter(dedupe_key__startswith="many:").values_list(
        "status", "reason", "error_code", "sent_at", "delivered_at", "read_at", "failed_at"
    )
    at = [factories.NOON + timedelta(seconds=s) for s in range(5)]
    assert set(ends) == {("READ", "", 131026, at[1], at[2], at[4], None)}


def _many(sender: Sender, patient: Patient, count: int) -> list[Message]:
    first = accepted(sender, patient)
    return Message.objects.bulk_create(
        Message(
            clinic=first.clinic,
            sender=sender,
            phone=first.phone,
            patient=patient,
            lane=2,
            purpose=Purpose.APPOINTMENTS,
            dedupe_key=f"many:{n}",
            status=Status.ACCEPTED,
            attempt=1,
            expires_at=factories.NOON,
            created_at=factories.NOON,
        )
        for n in range(count)
    )


@pytest.mark.django_db(transaction=True)
def test_two_writers_on_the_same_messages_do_not_lock_up(
    sender: Sender, willing_patient: Patient
) -> None:
    messages = _many(sender, willing_patient, 300)
    chance = random.Random(3)  # noqa: S311 - repeatable

    def write(status: Status) -> None:
        try:
            for _ in range(5):
                batch = [told(m, status) for m in chance.sample(messages, 200)]
                apply(*batch, *(told(m, status) for m in messages))
        finally:
            connection.close()

    writers = [
        threading.Thread(target=write, args=(status,))
        for status in (Status.SENT, Status.DELIVERED, Status.READ)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)

    pks = [message.pk for message in messages]
    assert set(Message.objects.filter(pk__in=pks).values_list("status", flat=True)) == {"READ"}
