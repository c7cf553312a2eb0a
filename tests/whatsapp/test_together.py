"""Many people's messages in one transaction: as one by one, and one that breaks spoils no other."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthmsg.clinic.models import Clinic, Phone
from tests import factories
from tests.whatsapp.test_inbox import NOON, answers_to, deliver, digest, hear, written
from whatsapp import answers, inbox, together
from whatsapp.models import Conversation, Menu, Message, Reply, ReplyOutcome, Sender, Thread
from whatsapp.signals import reply_received

pytestmark = pytest.mark.django_db


@pytest.fixture
def phones(sunrise_clinic: Clinic) -> list[Phone]:
    return [factories.phone_of(factories.make_patient(sunrise_clinic)) for _ in range(8)]


def hello(phone: Phone, *, at: datetime = NOON) -> bytes:
    return written(phone, "¿Hola?", wamid=f"wamid.{phone.pk}.{at.timestamp()}", at=at)


def test_many_are_handled_with_few_questions_more_than_one(
    sender: Sender, phones: list[Phone]
) -> None:
    deliver(hello(phones[0]))
    digest()
    with CaptureQueriesContext(connection) as alone:
        inbox.handle_replies(now=NOON)
    deliver(*(hello(phone) for phone in phones[1:]))
    digest()

    with CaptureQueriesContext(connection) as many:
        inbox.handle_replies(now=NOON)

    # The one statement more notes together what is noted one by one.
    assert len(many) <= len(alone) + 1
    assert all(len(answers_to(phone)) == 1 for phone in phones)
    assert Thread.objects.count() == Conversation.objects.count() == len(phones)


def test_each_is_as_if_it_had_come_alone(sender: Sender, phones: list[Phone]) -> None:
    later = NOON + timedelta(minutes=5)
    hear(*(hello(phone) for phone in phones))
    hear(*(hello(phone, at=later) for phone in phones), now=later)

    talks = Conversation.objects.values_list("last_inbound_at", flat=True)
    assert set(talks) == {later}
    for phone in Phone.objects.all():
        assert phone.last_inbound_at == later
    replies = Reply.objects.all()
    assert {reply.outcome for reply in replies} == {ReplyOutcome.FOR_A_PERSON}
    assert all(reply.needs_person_at and reply.thread_id for reply in replies)
    # Once in twelve hours.
    assert Message.objects.count() == len(phones)


def test_where_one_breaks_none_is_half_done(sender: Sender, phones: list[Phone]) -> None:
    deliver(*(hello(phone) for phone in phones))
    digest()
    keys = list(Reply.objects.order_by("pk").values_list("pk", flat=True))

    def understand(reply: Reply, phone: Phone, _tap: None, now: object) -> ReplyOutcome:
        answers.send(reply, phone, "not_read_at_once", now=NOON)
        if reply.pk == keys[-1]:
            raise RuntimeError
        return ReplyOutcome.FOR_A_PERSON

    assert together.handle(keys, understand, now=NOON, most=9) == together.Handled(
        alone=frozenset(keys)
    )

    assert not Message.objects.exists()
    assert not Thread.objects.exists()
    assert inbox.handle_replies(now=NOON) == len(keys)


def test_a_stop_a_tap_and_a_stranger_are_handled_alone(sender: Sender, phones: list[Phone]) -> None:
    stranger = Phone(number="+5491155599999")
    deliver(
        written(phones[0], "STOP"),
        written(phones[1], "", type="button", button={"payload": "x", "text": "…"}),
        written(stranger, "¿Hola?", wamid="wamid.stranger"),
        written(phones[2], "¿Hola?"),
    )
    digest()
    keys = list(Reply.objects.values_list("pk", flat=True))

    def understand(_reply: Reply, phone: Phone, _tap: None, now: object) -> ReplyOutcome:
        assert phone == phones[2]
        return ReplyOutcome.FOR_A_PERSON

    handled = together.handle(keys, understand, now=NOON, most=9)

    assert (len(handled.done), len(handled.alone)) == (1, 3)


def test_two_ways_of_writing_one_number_are_handled_in_their_order(
    sender: Sender, sunrise_clinic: Clinic
) -> None:
    phone = factories.make_phone(sunrise_clinic, "+5491155501234")
    deliver(hello(phone), written(Phone(number="+541155501234"), "¿Hola?", wamid="wamid.other"))
    digest()
    keys = list(Reply.objects.order_by("pk").values_list("pk", flat=True))

    def understand(_reply: Reply, _phone: Phone, _tap: None, now: object) -> ReplyOutcome:
        return ReplyOutcome.FOR_A_PERSON

    handled = together.handle(keys, understand, now=NOON, most=9)

    assert (set(handled.done), set(handled.alone)) == ({keys[0]}, {keys[1]})
    assert inbox.handle_replies(now=NOON) == 1
    assert set(Reply.objects.values_list("phone", flat=True)) == {phone.pk}


@pytest.mark.parametrize("is_on", [False, True], ids=["no menu", "menu"])
def test_a_menu_costs_no_question_for_each(
    sender: Sender, phones: list[Phone], *, is_on: bool
) -> None:
    Menu.objects.create(clinic=sender.clinic, is_on=is_on)
    counts = []
    for some in (phones[:2], phones[2:]):
        deliver(*(hello(phone) for phone in some))
        digest()
        with CaptureQueriesContext(connection) as asked:
            inbox.handle_replies(now=NOON)
        counts.append(len(asked))

    assert counts[0] == counts[1]
    kinds = {m.payload["type"] for m in Message.objects.all()}
    assert kinds == ({"interactive"} if is_on else {"text"})


def test_a_number_too_long_for_the_fast_writer_is_stored_all_the_same(
    sender: Sender, phones: list[Phone]
) -> None:
    order = {"total": 10**40, "of": "ñandú"}
    strange = written(phones[0], wamid="wamid.strange", type="order", order=order)
    deliver(strange, hello(phones[1]))

    digest()
    digest()

    assert Reply.objects.count() == 2
    # As the fast reader has it, for which it is too long as well.
    assert Reply.objects.get(wamid="wamid.strange").content["order"]["total"] == float(10**40)


@pytest.mark.django_db(transaction=True)
def test_two_processes_share_the_people_and_keep_the_order_of_each(
    sender: Sender, phones: list[Phone]
) -> None:
    minutes = [NOON + timedelta(minutes=n) for n in range(4)]
    deliver(*(hello(phone, at=at) for at in minutes for phone in phones))
    digest()
    heard: list[tuple[int, datetime]] = []

    def note(*, reply: Reply, **_more: object) -> None:
        assert reply.phone is not None
        heard.append((reply.phone.pk, reply.written_at))

    def work() -> None:
        try:
            inbox.handle_replies(now=NOON, portion=2)
        finally:
            connection.close()

    reply_received.connect(note)
    try:
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)
        inbox.handle_replies(now=NOON)
    finally:
        reply_received.disconnect(note)

    for phone in phones:
        # A deadlock may have had one told again.
        assert list(dict.fromkeys(at for pk, at in heard if pk == phone.pk)) == minutes
    assert Message.objects.count() == len(phones)
