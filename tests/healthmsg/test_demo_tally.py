"""The demo's sum at the end is able to be wrong: each fault put in is found."""

import uuid
from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Appointment, Clinic
from healthmsg.desk.demo import tally
from healthmsg.desk.demo.tally import Checked
from reminders.models import Reminder, ReminderStatus
from tests import factories
from tests.reminders.desk import Desk, tick
from whatsapp.models import Attempt, Message, Sender
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db
EVENING = timedelta(hours=6)
LEFT = (Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ)


@pytest.fixture
def evening(sunrise_clinic: Clinic, sender: Sender, noon: datetime) -> datetime:
    """Three visits tomorrow morning, of which everybody was told by a message that arrived."""
    desk = Desk(sunrise_clinic, sender)
    for n in range(3):
        patient = factories.make_patient(sunrise_clinic)
        desk.book(patient, noon + timedelta(hours=20 + n), now=noon)
    for minutes in (2, 60, 300):
        tick(noon + timedelta(minutes=minutes))
        arrive(at=noon + timedelta(minutes=minutes))
    assert Message.objects.filter(status=Status.DELIVERED).count() >= 3
    return noon + EVENING


def arrive(*, at: datetime) -> None:
    Message.objects.filter(status=Status.QUEUED).update(
        status=Status.DELIVERED,
        attempt=1,
        send_after=None,
        accepted_at=at,
        sent_at=at,
        delivered_at=at,
    )


def ledger() -> list[str]:
    return [f"{m.callback}.{m.attempt}" for m in Message.objects.filter(status__in=LEFT)]


def checked(now: datetime, *, taken: list[str] | None = None) -> Checked:
    return tally.check(Clinic.objects.get(), ledger() if taken is None else taken, now=now)


def test_a_day_without_faults_adds_up(evening: datetime) -> None:
    found = checked(evening)

    assert (found.lost, found.duplicates, found.sent_again, found.problems) == (0, 0, 0, ())
    assert found.ledger == len(ledger())


def test_a_message_that_the_ledger_does_not_know_is_lost(evening: datetime) -> None:
    first, *others = ledger()

    found = checked(evening, taken=others)

    assert found.problems == (f"we think {first.split('.')[0]} left, the ledger does not",)
    assert found.lost == 1


def test_a_message_that_we_do_not_know_is_found(evening: datetime) -> None:
    stranger = uuid.uuid4()

    found = checked(evening, taken=[*ledger(), f"{stranger}.1"])

    assert found.problems == (f"the ledger has {stranger}, we have not",)


def test_a_message_that_left_against_our_knowledge_is_found(evening: datetime) -> None:
    taken = ledger()
    Message.objects.filter(callback=taken[0].split(".")[0]).update(
        status=Status.WITHHELD, reason=Reason.TOO_LATE, delivered_at=None
    )

    assert any("and we think it did not" in p for p in checked(evening, taken=taken).problems)


def test_a_message_sent_twice_is_a_duplicate(evening: datetime) -> None:
    first, *_ = ledger()

    found = checked(evening, taken=[*ledger(), first])

    assert (found.lost, found.duplicates, found.sent_again) == (0, 1, 0)


@pytest.mark.parametrize(
    ("outcome", "duplicates", "sent_again"),
    [
        pytest.param("UNCERTAIN", 0, 1, id="nobody-could-know"),
        pytest.param("REFUSED", 1, 0, id="it-was-known"),
    ],
)
def test_what_was_sent_again_on_purpose_is_counted_apart(
    evening: datetime, outcome: str, duplicates: int, sent_again: int
) -> None:
    callback = ledger()[0].split(".")[0]
    message = Message.objects.get(callback=callback)
    Attempt.objects.create(message=message, number=1, ended_at=evening, outcome=outcome)

    found = checked(evening, taken=[*ledger(), f"{callback}.2"])

    assert (found.duplicates, found.sent_again) == (duplicates, sent_again)
    again = checked(evening, taken=[*ledger(), f"{callback}.2", f"{callback}.2"])
    assert again.duplicates == duplicates + 1


def test_a_forgotten_reminder_is_found(evening: datetime) -> None:
    reminder = Reminder.objects.filter(status=ReminderStatus.PLANNED).first()
    reminder = reminder or Reminder.objects.filter(message=None).first()
    assert reminder is not None
    Reminder.objects.filter(pk=reminder.pk).update(
        status=ReminderStatus.PLANNED, reason="", due_at=evening - timedelta(hours=2)
    )

    problems = checked(evening).problems

    assert f"reminder {reminder.pk} was due and is still planned" in problems


@pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.FAILED])
def test_a_message_without_an_end_or_a_reason_is_found(evening: datetime, status: Status) -> None:
    message = Message.objects.earliest("pk")
    Message.objects.filter(pk=message.pk).update(status=status)

    assert f"message {message.pk} did not arrive and has no reason" in checked(evening).problems


def test_a_visit_shown_as_told_without_a_receipt_is_found(evening: datetime) -> None:
    visit = Appointment.objects.earliest("pk")
    Message.objects.filter(appointment=visit).update(delivered_at=None, read_at=None)

    problems = checked(evening).problems

    assert f"visit {visit.pk} was not told and is on no list" in problems
    assert any("tomorrow is shown otherwise" in problem for problem in problems)


def test_a_call_that_nobody_needs_is_found(evening: datetime) -> None:
    visit = Appointment.objects.earliest("pk")
    Message.objects.filter(appointment=visit).update(status=Status.SENT)

    problems = checked(evening).problems

    assert f"visit {visit.pk} is to be called about without need" in problems


def test_who_is_on_the_call_list_is_not_lost(evening: datetime) -> None:
    visit = Appointment.objects.earliest("pk")
    Message.objects.filter(appointment=visit).update(
        status=Status.FAILED, reason=Reason.NOT_ON_WHATSAPP, delivered_at=None
    )

    assert checked(evening).problems == ()


def test_the_report_names_real_duplicates_alone(evening: datetime) -> None:
    found = Checked(lost=0, duplicates=1, sent_again=3, ledger=9, problems=())

    report = tally.as_report(tally.count(), found, seconds=1.0)

    assert report["duplicates"] == 1
