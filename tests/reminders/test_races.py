import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from healthmsg.clinic.models import Answer, Appointment, Clinic, Patient, VisitStatus
from reminders import apart, booking, patients, queueing
from reminders.models import Reminder
from reminders.queueing import Half
from reminders.refusals import NotBooked, SlotTaken
from tests import factories
from tests.reminders.desk import Desk, reminder, tick
from whatsapp.models import Message
from whatsapp.status import Status

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = timedelta(days=7)
PATIENCE = 60


@pytest.fixture
def open_desk(transactional_db: None) -> Desk:
    clinic: Clinic = factories.make_clinic()
    return Desk(clinic, factories.make_sender(clinic))


class Elsewhere(threading.Thread):
    """A verb on a connection of its own; what it returned or raised is kept."""

    def __init__(self, verb: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.verb = verb
        self.outcome: object = None
        self.start()

    def run(self) -> None:
        try:
            self.outcome = self.verb()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.outcome = error
        finally:
            connection.close()

    def wait(self) -> object:
        self.join(PATIENCE)
        assert not self.is_alive()
        return self.outcome


def test_two_receptionists_book_one_slot_and_one_gets_it(open_desk: Desk, noon: datetime) -> None:
    doctor = factories.make_clinician(open_desk.clinic)
    start = threading.Barrier(2)

    def book() -> Appointment:
        patient = factories.make_patient(open_desk.clinic)
        request = open_desk.request(patient, noon + WEEK, clinician=doctor)
        start.wait(PATIENCE)
        return booking.book(request, by=None, now=noon)

    outcomes = [thread.wait() for thread in (Elsewhere(book), Elsewhere(book))]

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Appointment", "SlotTaken"]
    assert Appointment.objects.count() == 1
    assert any(isinstance(outcome, SlotTaken) for outcome in outcomes)


def test_a_move_while_a_tick_is_writing_takes_its_message_back(
    open_desk: Desk, noon: datetime
) -> None:
    patient = factories.make_patient(open_desk.clinic)
    visit = open_desk.book(patient, noon + WEEK, now=noon)
    now = noon + timedelta(minutes=2)

    with transaction.atomic():
        assert tick(now) == 1
        move = Elsewhere(
            lambda: booking.move(visit, booking.Change(noon + 2 * WEEK), by=None, now=now)
        )
        move.join(0.5)
        assert move.is_alive()  # it waits for the tick
    assert isinstance(move.wait(), Appointment)

    assert Message.objects.get().status == Status.WITHHELD
    assert reminder(visit, "appointment_confirmation", version=1).status == "WITHDRAWN"
    assert reminder(visit, "appointment_confirmation", version=2).status == "PLANNED"


def test_a_tick_leaves_a_visit_that_is_being_moved_for_later(
    open_desk: Desk, noon: datetime
) -> None:
    patient = factories.make_patient(open_desk.clinic)
    visit = open_desk.book(patient, noon + WEEK, now=noon)
    now = noon + timedelta(minutes=2)

    with transaction.atomic():
        booking.move(visit, booking.Change(noon + 2 * WEEK), by=None, now=now)
        assert Elsewhere(lambda: tick(now)).wait() == 0

    assert not Message.objects.exists()
    assert tick(now + timedelta(minutes=2)) == 1


def test_two_ticks_write_everything_once(open_desk: Desk, noon: datetime) -> None:
    for n in range(40):
        patient = factories.make_patient(open_desk.clinic)
        open_desk.book(patient, noon + WEEK + n * timedelta(minutes=1), now=noon)
    now = noon + timedelta(minutes=2)

    def small_ticks() -> int:
        return sum(queueing.queue_due(now=now, limit=5) for _ in range(12))

    written = [thread.wait() for thread in (Elsewhere(small_ticks), Elsewhere(small_ticks))]

    assert sum(written) == 40  # type: ignore[arg-type]
    assert Message.objects.count() == 40
    assert Reminder.objects.filter(status="QUEUED").count() == 40


def test_a_death_and_a_booking_at_once_send_nothing(open_desk: Desk, noon: datetime) -> None:
    patient = factories.make_patient(open_desk.clinic)

    with transaction.atomic():
        open_desk.book(patient, noon + WEEK, now=noon)
        death = Elsewhere(lambda: patients.decease(patient, now=noon))
        death.join(0.5)
    assert death.wait() is True

    tick(noon + timedelta(minutes=2))
    assert not Message.objects.exists()


def test_a_cancel_and_a_move_at_once_end_in_one_of_the_two(open_desk: Desk, noon: datetime) -> None:
    patient = factories.make_patient(open_desk.clinic)
    visit = open_desk.book(patient, noon + WEEK, now=noon)
    start = threading.Barrier(2)

    def cancel() -> object:
        start.wait(PATIENCE)
        return booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon)

    def move() -> object:
        start.wait(PATIENCE)
        return booking.move(visit, booking.Change(noon + 2 * WEEK), by=None, now=noon)

    outcomes = [thread.wait() for thread in (Elsewhere(cancel), Elsewhere(move))]

    visit.refresh_from_db()
    assert visit.status == VisitStatus.CANCELLED_BY_CLINIC
    assert not Reminder.objects.filter(status="PLANNED").exists()
    assert isinstance(outcomes[0], Appointment)


def test_a_crowd_of_verbs_on_one_family_locks_nobody_up(open_desk: Desk, noon: datetime) -> None:
    family = open_desk.family(4)
    visits = [
        open_desk.book(patient, noon + WEEK + n * timedelta(minutes=20), now=noon)
        for n, patient in enumerate(family)
    ]
    morning = noon + timedelta(days=6, hours=-2)

    def busy(seed: int) -> int:
        chance = random.Random(seed)  # noqa: S311 - the same crowd in every run
        return sum(at_random(chance, visits, family, morning) for _ in range(40))

    done = [thread.wait() for thread in [Elsewhere(partial(busy, seed)) for seed in range(4)]]

    assert all(isinstance(count, int) for count in done), done
    queued = Reminder.objects.filter(status="QUEUED", message__status=Status.QUEUED)
    for row in queued.select_related("appointment"):
        assert row.version == row.appointment.version


def at_random(
    chance: random.Random, visits: list[Appointment], family: list[Patient], now: datetime
) -> int:
    """One verb that people and ticks do at once; a refusal is an answer too."""
    visit, patient = chance.choice(visits), chance.choice(family)
    verbs: list[Callable[[], object]] = [
        lambda: tick(now + WEEK),
        lambda: apart.replan_withheld(now=now, limit=50),
        lambda: patients.replan_future(patient, now=now),
        lambda: booking.answer(visit, version=1, answer=Answer.CONFIRMED, now=now),
        lambda: booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=now),
        lambda: booking.undo_cancel(visit, now=now),
        lambda: booking.move(
            visit,
            booking.Change(now + timedelta(days=9, minutes=chance.randrange(600))),
            by=None,
            now=now,
        ),
    ]
    try:
        chance.choice(verbs)()
    except NotBooked:
        return 0
    return 1


def test_two_halves_write_everything_once_and_part_no_family(
    open_desk: Desk, noon: datetime
) -> None:
    families = [open_desk.family(3) for _ in range(6)]
    for n, family in enumerate(families):
        for child in family:
            open_desk.book(child, noon + WEEK + n * timedelta(minutes=20), now=noon)
    tick(noon + timedelta(minutes=2))
    start = threading.Barrier(2)

    def write(half: Half) -> int:
        start.wait(PATIENCE)
        return queueing.queue_due(now=noon + timedelta(days=4), limit=1000, half=half)

    halves = [Elsewhere(partial(write, half)) for half in Half]
    outcomes = [half.wait() for half in halves]

    assert sum(n for n in outcomes if isinstance(n, int)) == 18
    assert tick(noon + timedelta(days=4)) == 0
    rows = Reminder.objects.filter(rule__template_name="appointment_reminder_days")
    assert rows.filter(status="QUEUED").count() == 18
    assert rows.values("message").distinct().count() == len(families)
