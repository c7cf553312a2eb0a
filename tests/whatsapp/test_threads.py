"""Conversations: opened by messages, taken by one person, and closed with nothing unseen."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from healthmsg.clinic.models import Clinic, Patient, Phone, StaffUser
from tests import factories
from tests.whatsapp.test_inbox import NOON, hear, written
from tests.whatsapp.test_second_thoughts import hidden
from whatsapp import arriving, sweeping, threads
from whatsapp.models import LineKind, Reply, Sender, Thread, ThreadLine, ThreadState, UrgentWord

LATER = timedelta(hours=1)


@pytest.fixture
def phone(willing_patient: Patient) -> Phone:
    return factories.phone_of(willing_patient)


@pytest.fixture
def maria(sunrise_clinic: Clinic) -> StaffUser:
    return member(sunrise_clinic, "maria")


@pytest.fixture
def jose(sunrise_clinic: Clinic) -> StaffUser:
    return member(sunrise_clinic, "jose")


def member(clinic: Clinic, name: str) -> StaffUser:
    person = factories.make_person(name)
    person.clinics.add(clinic)
    return person


def wrote(phone: Phone, text: str, *, at: datetime = NOON, **fields: Any) -> Thread:
    hear(written(phone, text, at=at, **fields), now=at)
    return Thread.objects.get(phone=phone)


@pytest.mark.django_db
def test_what_is_not_understood_opens_one_conversation(sender: Sender, phone: Phone) -> None:
    wrote(phone, "¿Puedo ir antes?")
    thread = wrote(phone, "¿Hola?", at=NOON + LATER)

    assert thread.state == ThreadState.NEW
    assert (thread.clinic, thread.sender) == (sender.clinic, sender)
    assert (thread.waits_since, thread.last_written_at) == (NOON, NOON + LATER)
    assert thread.replies.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"type": "reaction", "reaction": {"message_id": "w", "emoji": "👍"}}, id="👍"),
        pytest.param({"type": "audio", "audio": {"id": "1", "voice": True}}, id="voice-note"),
        pytest.param({"type": "hologram", "hologram": {}}, id="unknown-kind"),
        pytest.param({"type": "edit", "edit": {"original_message_id": "w"}}, id="edit"),
    ],
)
def test_every_kind_of_message_is_somebodys_work(
    sender: Sender, phone: Phone, fields: dict[str, Any]
) -> None:
    thread = wrote(phone, "", **fields)

    assert thread.replies.get().kind == fields["type"]


@pytest.mark.django_db
def test_a_hidden_number_has_a_conversation_too(sender: Sender) -> None:
    hear(hidden("AR.77"))
    hear(hidden("AR.78"))

    assert set(Thread.objects.values_list("hidden_as", flat=True)) == {"AR.77", "AR.78"}
    assert not Thread.objects.exclude(phone=None).exists()


@pytest.mark.django_db
def test_what_was_understood_is_nobodys_work(sender: Sender, phone: Phone) -> None:
    hear(written(phone, "STOP"))

    assert not Thread.objects.exists()


@pytest.mark.django_db
def test_it_concerns_the_site_of_the_next_visit_else_the_last(
    sender: Sender, phone: Phone, willing_patient: Patient
) -> None:
    visit = factories.make_visit(willing_patient, starts_at=NOON - 3 * LATER)
    assert wrote(phone, "¿Hola?").site == visit.site

    following = factories.make_visit(willing_patient, starts_at=NOON + timedelta(days=20))

    assert wrote(phone, "¿Hola?", at=NOON + LATER).site == following.site


@pytest.mark.django_db
def test_one_takes_it_and_the_other_is_told_who(
    sender: Sender, phone: Phone, maria: StaffUser, jose: StaffUser
) -> None:
    thread = wrote(phone, "¿Hola?")

    assert threads.take(thread, by=maria, now=NOON)
    assert not threads.take(thread, by=jose, now=NOON)

    thread.refresh_from_db()
    assert (thread.state, thread.taken_by) == (ThreadState.TAKEN, maria)
    assert threads.whose(thread) == "maria has taken it."
    assert ThreadLine.objects.get().kind == LineKind.TAKEN


@pytest.mark.django_db
def test_done_until_the_patient_writes_again(
    sender: Sender, phone: Phone, maria: StaffUser
) -> None:
    thread = wrote(phone, "¿Hola?")
    threads.take(thread, by=maria, now=NOON)

    assert threads.finish(thread, by=maria, seen=threads.last_seen(thread), now=NOON)

    thread.refresh_from_db()
    assert (thread.state, thread.done_by) == (ThreadState.DONE, maria)
    assert not Reply.objects.filter(needs_person_at__isnull=False).exists()
    again = wrote(phone, "¿Y?", at=NOON + LATER)
    assert (again.pk, again.state, again.done_at) == (thread.pk, ThreadState.NEW, None)
    assert again.waits_since == NOON + LATER


@pytest.mark.django_db
def test_a_message_that_nobody_has_seen_keeps_it_open(
    sender: Sender, phone: Phone, maria: StaffUser
) -> None:
    thread = wrote(phone, "¿Hola?")
    seen = threads.last_seen(thread)
    wrote(phone, "Tengo fiebre", at=NOON + LATER)

    assert not threads.finish(thread, by=maria, seen=seen, now=NOON + LATER)

    thread.refresh_from_db()
    assert thread.state == ThreadState.NEW
    assert Reply.objects.filter(needs_person_at__isnull=False).count() == 2


@pytest.mark.django_db
def test_it_is_handed_over_by_who_knows_whose_it_is(
    sender: Sender, phone: Phone, maria: StaffUser, jose: StaffUser
) -> None:
    thread = wrote(phone, "¿Hola?")
    threads.take(thread, by=maria, now=NOON)
    stale, fresh = Thread.objects.get(), Thread.objects.get()

    assert threads.hand(fresh, to=jose, by=maria, now=NOON)
    assert not threads.hand(stale, to=None, by=maria, now=NOON)

    thread.refresh_from_db()
    assert thread.taken_by == jose
    assert threads.hand(thread, to=None, by=jose, now=NOON)
    thread.refresh_from_db()
    assert thread.state == ThreadState.NEW


@pytest.mark.django_db
def test_reading_the_last_message_closes_it(sender: Sender, phone: Phone, maria: StaffUser) -> None:
    wrote(phone, "¿Hola?")
    wrote(phone, "¿Y?", at=NOON + LATER)
    first, second = Reply.objects.order_by("pk")

    assert threads.read(Reply.objects.filter(pk=first.pk), by=maria, now=NOON) == 1
    assert Thread.objects.get().state == ThreadState.NEW
    assert threads.read(Reply.objects.filter(pk=second.pk), by=maria, now=NOON) == 1
    assert Thread.objects.get().state == ThreadState.DONE
    assert threads.read(Reply.objects.filter(pk=second.pk), by=maria, now=NOON) == 0


@pytest.mark.django_db
def test_what_could_not_be_understood_is_gathered(sender: Sender, phone: Phone) -> None:
    for n, number in enumerate((phone.number.lstrip("+"), "", "")):
        factories.make_reply(
            clinic=sender.clinic,
            sender=sender,
            wamid=f"wamid.{n}",
            from_number=number,
            from_user_id="" if number else f"AR.{n}",
            kind="text",
            text="I am bleeding",
            written_at=NOON,
            needs_person_at=NOON,
            handled_at=NOON,
        )

    assert sweeping.sweep(now=NOON)["gathered"] == 3
    assert sweeping.sweep(now=NOON)["gathered"] == 0

    assert Thread.objects.count() == 3
    assert Thread.objects.get(phone=phone).urgent_because == "bleeding"
    assert not Reply.objects.filter(thread=None).exists()


@pytest.mark.django_db
def test_words_that_need_haste_are_on_top_with_a_deadline(sender: Sender, phone: Phone) -> None:
    thread = wrote(phone, "Tengo DOLOR en el pecho")

    assert thread.urgent_because == "dolor en el pecho"
    assert thread.urgent_since == NOON
    assert thread.urgent_until == NOON + timedelta(minutes=15)
    assert list(threads.alarming()) == [thread]


@pytest.mark.django_db
def test_taking_it_ends_the_alarm_and_leaves_it_on_top(
    sender: Sender, phone: Phone, maria: StaffUser
) -> None:
    thread = wrote(phone, "sangrado")

    threads.take(thread, by=maria, now=NOON)

    assert not threads.alarming().exists()
    thread.refresh_from_db()
    assert thread.is_urgent


@pytest.mark.django_db
def test_who_wrote_hastily_is_an_alarm_again_once_the_deadline_has_passed(
    sender: Sender, phone: Phone, maria: StaffUser
) -> None:
    thread = wrote(phone, "sangrado")
    threads.take(thread, by=maria, now=NOON)

    wrote(phone, "más sangrado", at=NOON + timedelta(minutes=5))
    assert not threads.alarming().exists()
    wrote(phone, "sangrado otra vez", at=NOON + timedelta(hours=9))

    (thread,) = threads.alarming()
    assert (thread.urgent_since, thread.taken_by) == (NOON + timedelta(hours=9), maria)
    assert threads.see(thread, by=maria, now=NOON + timedelta(hours=9))
    assert not threads.alarming().exists()


@pytest.mark.django_db
def test_what_is_given_back_is_an_alarm_again(
    sender: Sender, phone: Phone, maria: StaffUser
) -> None:
    thread = wrote(phone, "sangrado")
    threads.take(thread, by=maria, now=NOON)
    thread.refresh_from_db()

    threads.hand(thread, to=None, by=maria, now=NOON)

    assert list(threads.alarming()) == [thread]


@pytest.mark.django_db
def test_the_clinics_own_words_count_instead_of_ours(sender: Sender, phone: Phone) -> None:
    UrgentWord.objects.create(clinic=sender.clinic, language="es", words="puntos abiertos")

    assert not wrote(phone, "sangrado").is_urgent
    assert wrote(phone, "Se me salió: PUNTOS  abiertos", at=NOON + LATER).is_urgent


@pytest.mark.django_db
def test_our_words_are_taken_over_once(sunrise_clinic: Clinic) -> None:
    assert arriving.install_words(sunrise_clinic) > 50
    assert arriving.install_words(sunrise_clinic) == 0


@pytest.fixture
def at_once(transactional_db: None) -> Callable[..., list[Any]]:
    """Run verbs at the same moment, each on a connection of its own."""

    def run(*verbs: Callable[[], Any]) -> list[Any]:
        start, said = threading.Barrier(len(verbs)), {}

        def one(n: int) -> None:
            start.wait(10)
            try:
                said[n] = verbs[n]()
            finally:
                connection.close()

        hands = [threading.Thread(target=one, args=(n,)) for n in range(len(verbs))]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join(20)
        return [said[n] for n in range(len(verbs))]

    return run


def test_of_eight_who_take_it_at_once_one_has_it(
    at_once: Callable[..., list[Any]], sunrise_clinic: Clinic, sender: Sender, phone: Phone
) -> None:
    thread = wrote(phone, "¿Hola?")
    people = [member(sunrise_clinic, f"person {n}") for n in range(8)]

    said = at_once(*(partial(threads.take, thread, by=p, now=NOON) for p in people))

    assert sorted(said) == [False] * 7 + [True]
    thread.refresh_from_db()
    assert thread.taken_by == people[said.index(True)]
    assert ThreadLine.objects.count() == 1


def test_a_message_that_comes_while_it_is_closed_is_never_closed_unseen(
    at_once: Callable[..., list[Any]], sender: Sender, phone: Phone, maria: StaffUser
) -> None:
    for n in range(6):
        at = NOON + n * LATER
        thread = wrote(phone, "¿Hola?", at=at)
        close = partial(threads.finish, thread, by=maria, seen=threads.last_seen(thread), now=at)
        wamid = f"wamid.and.{n}"

        at_once(close, partial(hear, written(phone, "¿Y?", wamid=wamid, at=at), now=at))

        thread.refresh_from_db()
        assert Reply.objects.get(wamid=wamid).needs_person_at is not None
        assert thread.state != ThreadState.DONE
