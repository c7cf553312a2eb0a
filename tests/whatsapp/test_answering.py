"""What people write: inside the window free words, outside it approved templates; sent once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from healthmsg.clinic.models import Clinic, Patient, Phone, PhoneState, Purpose, StaffUser
from tests import factories
from tests.sandbox_process import TOKEN, SandboxProcess
from tests.whatsapp.test_inbox import NOON, hear, written
from tests.whatsapp.turning import around_the, take_a_turn
from whatsapp import answering, sweeping, threads
from whatsapp.graph import Graph
from whatsapp.models import (
    Answer,
    Message,
    Portfolio,
    Sender,
    Switch,
    Thread,
    ThreadState,
    TierSeat,
)
from whatsapp.status import Lane, Reason, Status

pytestmark = pytest.mark.django_db
Say = Callable[..., Message]


@pytest.fixture
def phone(willing_patient: Patient) -> Phone:
    return factories.phone_of(willing_patient)


@pytest.fixture
def maria(sunrise_clinic: Clinic) -> StaffUser:
    person = factories.make_person("maria")
    person.clinics.add(sunrise_clinic)
    return person


@pytest.fixture
def thread(sender: Sender, phone: Phone) -> Thread:
    hear(written(phone, "¿Puedo ir antes?"))
    return Thread.objects.select_related("phone", "sender__account", "clinic").get()


@pytest.fixture
def say(thread: Thread, maria: StaffUser) -> Say:
    def say(text: str = "Claro.", *, once: str = "1", now: object = NOON) -> Message:
        return answering.say(thread, text, by=maria, once=once, now=now)  # type: ignore[arg-type]

    return say


def test_an_answer_goes_first_and_says_who_wrote_it(
    thread: Thread, say: Say, maria: StaffUser, willing_patient: Patient
) -> None:
    message = say("Claro, venga a las 9.")

    assert (message.lane, message.purpose) == (int(Lane.REPLY), Purpose.REPLY)
    assert message.body == "Claro, venga a las 9."
    assert message.expires_at == NOON + timedelta(hours=24)
    assert message.patient == willing_patient
    assert Answer.objects.get().written_by == maria
    thread.refresh_from_db()
    assert (thread.state, thread.taken_by, thread.waits_since) == (ThreadState.TAKEN, maria, None)


def test_an_answer_that_is_sent_twice_is_one(say: Say) -> None:
    assert say().pk == say().pk
    assert say(once="2").pk != say().pk
    assert Answer.objects.count() == 2


def test_the_window_ends_while_somebody_types(say: Say, thread: Thread) -> None:
    say(now=NOON + timedelta(hours=24) - timedelta(seconds=1))

    with pytest.raises(ValidationError, match="24 hours are over"):
        say(once="2", now=NOON + timedelta(hours=24))

    assert Answer.objects.count() == 1


def test_the_next_message_opens_the_window_again(say: Say, phone: Phone) -> None:
    later = NOON + timedelta(hours=30)
    hear(written(phone, "¿Hola?", at=later), now=later)

    assert say(now=later + timedelta(hours=1)).expires_at == later + timedelta(hours=24)


@pytest.mark.django_db(transaction=True)
def test_the_window_that_ends_before_it_leaves_opens_the_conversation_again(
    say: Say, thread: Thread, maria: StaffUser, sandbox: SandboxProcess
) -> None:
    message = say()
    threads.finish(thread, by=maria, seen=threads.last_seen(thread), now=NOON)

    take_a_turn(around_the(sandbox, NOON + timedelta(hours=25)))
    sweeping.sweep(now=NOON + timedelta(hours=25))

    message.refresh_from_db()
    thread.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.TOO_LATE)
    assert message.body == "Claro."
    assert thread.state == ThreadState.NEW
    assert not Answer.objects.filter(unsettled_since__isnull=False).exists()


def test_what_arrived_needs_nobody(say: Say, thread: Thread) -> None:
    say()
    Message.objects.update(status=Status.READ, send_after=None)

    assert sweeping.sweep(now=NOON)["answers"] == 1

    thread.refresh_from_db()
    assert thread.waits_since is None


def test_nothing_empty_or_too_long_is_sent(say: Say) -> None:
    with pytest.raises(ValidationError, match="too long"):
        say("x" * 4097)

    assert not Answer.objects.exists()


def test_a_number_of_somebody_else_gets_nothing(say: Say, thread: Thread) -> None:
    Phone.objects.update(state=PhoneState.WRONG_PERSON)
    assert thread.phone is not None
    thread.phone.refresh_from_db()

    with pytest.raises(ValidationError, match="somebody else"):
        say()


def test_a_document_is_given_to_whatsapp_and_sent(
    thread: Thread, maria: StaffUser, sandbox: SandboxProcess
) -> None:
    graph = Graph(base_url=sandbox.base_url, version="v25.0", token=TOKEN)
    attached = answering.Attached("plan.pdf", b"%PDF-1.7 of a test", caption="Su plan")

    message, again = (
        answering.say_file(thread, attached, graph=graph, by=maria, once="1", now=NOON)
        for _ in range(2)
    )

    assert message.pk == again.pk
    assert message.payload["type"] == "document"
    assert message.payload["document"]["caption"] == "Su plan"
    assert message.payload["document"]["filename"] == "plan.pdf"
    assert message.body == "[plan.pdf]\n\nSu plan"


def test_a_document_that_is_none_or_cannot_be_given_is_said_so(
    thread: Thread, maria: StaffUser
) -> None:
    nowhere = Graph(base_url="http://127.0.0.1:9", version="v25.0", token=TOKEN)
    say = {"graph": nowhere, "by": maria, "once": "1", "now": NOON}

    with pytest.raises(ValidationError, match="neither a PDF"):
        answering.say_file(thread, answering.Attached("a.pdf", b"MZ"), **say)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="did not take the file"):
        answering.say_file(thread, answering.Attached("a.pdf", b"%PDF-"), **say)  # type: ignore[arg-type]

    assert all(m.payload.get("type") != "document" for m in Message.objects.all())


@pytest.mark.django_db(transaction=True)
def test_after_the_window_an_approved_template_goes_to_who_allowed_it(
    thread: Thread, maria: StaffUser, willing_patient: Patient, sandbox: SandboxProcess
) -> None:
    factories.make_contact_us(thread.sender.account)
    factories.make_template(thread.sender.account, name="about_a_visit", language="en")
    willing_patient.contacts.update(language="en")
    later = NOON + timedelta(days=3)

    (offer,) = answering.offers(thread, willing_patient, now=later)
    message = answering.say_template(
        thread, willing_patient, offer.name, by=maria, once="1", now=later
    )

    assert offer.name == "please_contact_us"
    assert message.body == offer.rendered.body
    assert (message.lane, message.purpose) == (int(Lane.REPLY), Purpose.APPOINTMENTS)
    take_a_turn(around_the(sandbox, later))
    message.refresh_from_db()
    assert message.status == Status.ACCEPTED
    assert TierSeat.objects.get().phone == thread.phone


def test_a_template_about_a_visit_is_offered_where_there_is_one(
    thread: Thread, willing_patient: Patient
) -> None:
    factories.make_template(thread.sender.account, name="about_a_visit")
    factories.make_visit(willing_patient, starts_at=NOON + timedelta(days=5))

    (offer,) = answering.offers(thread, willing_patient, now=NOON)

    assert offer.name == "about_a_visit"


def test_who_allowed_nothing_gets_no_template(
    thread: Thread, maria: StaffUser, sunrise_clinic: Clinic
) -> None:
    factories.make_contact_us(thread.sender.account)
    stranger = factories.make_patient(sunrise_clinic, phone=thread.phone, consents=())

    with pytest.raises(ValidationError, match="allowed"):
        answering.say_template(thread, stranger, "please_contact_us", by=maria, once="1", now=NOON)

    assert not Answer.objects.exists()


def stop_number(sender: Sender) -> None:
    Sender.objects.filter(pk=sender.pk).update(held_at=NOON, held_reason="looking into it")


def stop_everything(_sender: Sender) -> None:
    Switch.objects.update_or_create(name="everything", defaults={"held_at": NOON})


def fill_the_day(sender: Sender) -> None:
    Portfolio.objects.update(daily_limit=1)
    other = factories.make_phone(sender.clinic)
    TierSeat.objects.create(
        portfolio=sender.account.portfolio, phone=other, last_at=NOON + timedelta(days=2, hours=20)
    )


@pytest.mark.parametrize(
    ("hinder", "why"),
    [
        pytest.param(stop_number, "looking into it", id="number"),
        pytest.param(stop_everything, "Nothing leaves our number", id="everything"),
        pytest.param(fill_the_day, "write first to 1 people", id="day-full"),
    ],
)
def test_a_template_that_could_not_leave_is_not_queued_silently(
    thread: Thread,
    maria: StaffUser,
    willing_patient: Patient,
    hinder: Callable[[Sender], None],
    why: str,
) -> None:
    factories.make_contact_us(thread.sender.account)
    later = NOON + timedelta(days=3)
    hinder(thread.sender)
    send = {"by": maria, "once": "1", "now": later}

    assert why in answering.obstacle_to_templates(thread, now=later)
    with pytest.raises(ValidationError, match=why):
        answering.say_template(thread, willing_patient, "please_contact_us", **send)  # type: ignore[arg-type]

    assert not Answer.objects.exists()
    assert not Message.objects.filter(purpose=Purpose.APPOINTMENTS).exists()
    thread.refresh_from_db()
    assert thread.waits_since is not None


def test_who_has_a_place_of_today_is_written_to_on_a_full_day(
    thread: Thread, maria: StaffUser, willing_patient: Patient
) -> None:
    factories.make_contact_us(thread.sender.account)
    later = NOON + timedelta(days=3)
    say = {"by": maria, "now": later}
    willing_patient.contacts.update(language="en")
    Portfolio.objects.update(daily_limit=1)
    name = "please_contact_us"

    first = answering.say_template(thread, willing_patient, name, once="1", **say)  # type: ignore[arg-type]
    second = answering.say_template(thread, willing_patient, name, once="2", **say)  # type: ignore[arg-type]

    assert {first.status, second.status} == {Status.QUEUED}


def test_an_answer_on_a_stopped_number_is_kept_and_says_so(say: Say, thread: Thread) -> None:
    assert answering.waits_because(thread) == ""
    stop_number(thread.sender)

    message = say()

    assert message.status == Status.QUEUED
    assert "looking into it" in answering.waits_because(thread)
