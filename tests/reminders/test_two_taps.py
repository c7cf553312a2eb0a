"""Two patients, one time: whatever happens at once, one of them gets it and the other is told."""

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from healthmsg.clinic.free_slots import Slot
from healthmsg.clinic.models import (
    Appointment,
    Clinician,
    Contact,
    Patient,
    Phone,
    SlotHold,
    VisitKind,
    VisitStatus,
)
from reminders import another_time, booking, new_visits, waiting_list, waves
from reminders.models import FreedSlot, SlotEnd, SlotOffer
from tests import factories
from tests.reminders.desk import Desk
from tests.reminders.test_races import PATIENCE, Elsewhere
from whatsapp import deadlocks
from whatsapp.buttons import Tap, Verb
from whatsapp.models import Message, ReplyOutcome

pytestmark = pytest.mark.django_db(transaction=True)
WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
ROUNDS = 5


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    clinic = factories.make_clinic()
    desk = Desk(clinic, factories.make_sender(clinic))
    desk.site.opening_hours = {str(n): [["08:00", "18:00"]] for n in range(7)}
    desk.site.save()
    return desk


def at_once(*verbs: Callable[[], object]) -> list[object]:
    """Each on a connection and in a transaction of its own, from the same moment on."""
    start = threading.Barrier(len(verbs))

    def begin(verb: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            start.wait(PATIENCE)
            return deadlocks.again(lambda: _in_a_transaction(verb))

        return run

    return [thread.wait() for thread in [Elsewhere(begin(verb)) for verb in verbs]]


def _in_a_transaction(verb: Callable[[], object]) -> object:
    with transaction.atomic():
        return verb()


def tapping(visit: Appointment, verb: Verb, slot: Slot, now: datetime) -> Callable[[], object]:
    tap = Tap(verb, uuid.uuid4(), visit.pk, slot.starts_at, slot.clinician_id)

    def run() -> object:
        said = another_time.answer(booking.locked(visit), tap, now=now, language="es")
        assert said is not None
        return said.phrase

    return run


@pytest.mark.parametrize("with_clinician", [True, False], ids=["clinician", "nobody-named"])
@pytest.mark.parametrize("verb", [Verb.CHOOSE_TIME, Verb.TAKE_TIME], ids=["choose", "take"])
def test_two_taps_on_one_time_and_one_gets_it(
    desk: Desk, noon: datetime, verb: Verb, with_clinician: bool
) -> None:
    doctor = factories.make_clinician(desk.clinic) if with_clinician else None
    for n in range(ROUNDS):
        visits = [
            desk.book(
                factories.make_patient(desk.clinic),
                noon + 2 * WEEK + (2 * n + one) * HOUR / 3,
                now=noon,
                clinician=doctor,
            )
            for one in range(2)
        ]
        starts_at = noon + WEEK + n * HOUR / 3
        slot = Slot(starts_at, starts_at + HOUR / 3, doctor.pk if doctor else None)

        taken = at_once(*(tapping(visit, verb, slot, noon) for visit in visits))

        won = "time_moved" if verb == Verb.TAKE_TIME else "time_kept"
        assert sorted(map(str, taken)) == ["offered_others", won]
        there = Appointment.objects.filter(starts_at=starts_at).count()
        held = SlotHold.objects.filter(starts_at=starts_at).count()
        assert (there, held) == ((1, 0) if verb == Verb.TAKE_TIME else (0, 1))


def test_a_booking_and_a_tap_on_one_time_and_one_gets_it(desk: Desk, noon: datetime) -> None:
    doctor = factories.make_clinician(desk.clinic)
    for n in range(ROUNDS):
        visit = desk.book(
            factories.make_patient(desk.clinic),
            noon + 2 * WEEK + n * HOUR,
            now=noon,
            clinician=doctor,
        )
        starts_at = noon + WEEK + n * HOUR
        slot = Slot(starts_at, starts_at + HOUR / 3, doctor.pk)
        other = factories.make_patient(desk.clinic)

        at_once(
            tapping(visit, Verb.TAKE_TIME, slot, noon),
            lambda other=other, starts_at=starts_at: desk.book(  # type: ignore[misc]
                other, starts_at, now=noon, clinician=doctor
            ),
        )

        assert Appointment.objects.filter(starts_at=starts_at).count() == 1


def test_of_three_who_are_asked_the_first_tap_wins(desk: Desk, noon: datetime) -> None:
    doctor = offering(desk)
    leaving = desk.book(
        factories.make_patient(desk.clinic), noon + WEEK, now=noon, clinician=doctor
    )
    visits = [
        desk.book(
            factories.make_patient(desk.clinic),
            noon + 2 * WEEK + n * HOUR,
            now=noon,
            clinician=doctor,
        )
        for n in range(3)
    ]
    for visit in visits:
        waiting_list.wish(visit, by=None, now=noon)
    booking.cancel(leaving, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon)
    assert waves.offer_due(now=noon) == 3
    messages = list(Message.objects.filter(slot_offer__isnull=False).order_by("pk"))

    def take(message: Message) -> Callable[[], object]:
        tap = Tap(Verb.TAKE_EARLIER, message.callback)
        visit = message.appointment
        assert visit is not None

        def run() -> object:
            return waiting_list.answer(
                booking.locked(visit), tap, message, now=noon + HOUR / 60
            ).outcome

        return run

    outcomes = at_once(*(take(message) for message in messages))

    gone = ReplyOutcome.SLOT_GONE
    assert sorted(map(str, outcomes)) == sorted([ReplyOutcome.MOVED, gone, gone])
    assert Appointment.objects.filter(starts_at=noon + WEEK, status="BOOKED").count() == 1
    assert SlotOffer.objects.filter(is_taken=True).count() == 1
    assert FreedSlot.objects.get(left_by=leaving).ended == SlotEnd.TAKEN


def test_two_workers_offer_one_time_to_each_once(desk: Desk, noon: datetime) -> None:
    doctor = offering(desk)
    leaving = desk.book(
        factories.make_patient(desk.clinic), noon + WEEK, now=noon, clinician=doctor
    )
    for n in range(3):
        visit = desk.book(
            factories.make_patient(desk.clinic),
            noon + 2 * WEEK + n * HOUR,
            now=noon,
            clinician=doctor,
        )
        waiting_list.wish(visit, by=None, now=noon)
    booking.cancel(leaving, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon)

    asked = at_once(*[lambda: waves.offer_due(now=noon)] * 3)

    assert sorted(asked) == [0, 0, 3]  # type: ignore[type-var]
    assert Message.objects.filter(slot_offer__isnull=False).count() == 3


def test_a_worker_killed_in_a_wave_leaves_nothing_half_done(desk: Desk, noon: datetime) -> None:
    """A transaction that never ends well: as after kill -9, the next tick begins anew."""
    doctor = offering(desk)
    leaving = desk.book(
        factories.make_patient(desk.clinic), noon + WEEK, now=noon, clinician=doctor
    )
    visit = desk.book(
        factories.make_patient(desk.clinic), noon + 2 * WEEK, now=noon, clinician=doctor
    )
    waiting_list.wish(visit, by=None, now=noon)
    booking.cancel(leaving, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon)

    def dies() -> object:
        with transaction.atomic():
            waves.offer_due(now=noon)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return "lives"

    assert isinstance(Elsewhere(dies).wait(), Exception)
    assert not SlotOffer.objects.exists()
    assert waves.offer_due(now=noon) == 1
    assert Message.objects.filter(slot_offer__isnull=False).count() == 1


def offering(desk: Desk) -> Clinician:
    factories.make_template(
        desk.sender.account,
        name=waiting_list.TEMPLATE,
        body="Hola {{contact_name}}, {{clinic_name}}: {{earlier_when}}, no {{when}}. Gracias.",
        buttons=("Lo quiero", "Dejar", "Basta"),
        verbs=("take_earlier", "keep_mine", "no_earlier"),
    )
    return factories.make_clinician(desk.clinic)


def booking_by_tap(
    desk: Desk, patient: Patient, phone: Phone, slot: Slot, now: datetime
) -> Callable[[], object]:
    kind = VisitKind.objects.get(booked_by_patients=True)
    reply = factories.make_reply(
        clinic=desk.clinic,
        sender=desk.sender,
        phone=phone,
        wamid=f"wamid.{uuid.uuid4()}",
        kind="interactive",
        written_at=now,
    )
    taken = Tap(
        Verb.NEW_TAKE,
        uuid.uuid4(),
        about=patient.pk,
        at=slot.starts_at,
        who=slot.clinician_id,
        kind=kind.pk,
        site=desk.site.pk,
    )
    return lambda: new_visits.answer(reply=reply, tap=taken, now=now)


@pytest.mark.parametrize("with_clinician", [True, False], ids=["clinician", "nobody-named"])
def test_two_book_one_time_and_one_gets_it(
    desk: Desk, noon: datetime, with_clinician: bool
) -> None:
    factories.make_kind(desk.clinic, booked_by_patients=True)
    doctor = factories.make_clinician(desk.clinic) if with_clinician else None
    for n in range(ROUNDS):
        starts_at = noon + WEEK + n * HOUR / 3
        slot = Slot(starts_at, starts_at + HOUR / 3, doctor.pk if doctor else None)
        patients = [factories.make_patient(desk.clinic) for _ in range(2)]

        taken = at_once(
            *(booking_by_tap(desk, one, factories.phone_of(one), slot, noon) for one in patients)
        )

        assert sorted(map(str, taken)) == [ReplyOutcome.BOOKED, ReplyOutcome.OFFERED]
        assert Appointment.objects.filter(starts_at=starts_at).count() == 1
        assert not SlotHold.objects.exists()


def test_two_phones_that_book_for_one_child_book_once(desk: Desk, noon: datetime) -> None:
    factories.make_kind(desk.clinic, booked_by_patients=True)
    doctor = factories.make_clinician(desk.clinic)
    for n in range(ROUNDS):
        child = factories.make_patient(desk.clinic)
        first, other = factories.phone_of(child), factories.make_phone(desk.clinic)
        Contact.objects.create(patient=child, name="Leo", language="es", phone=other)
        begins = [noon + WEEK + (2 * n + one) * HOUR / 3 for one in range(2)]
        slots = [Slot(at, at + HOUR / 3, doctor.pk) for at in begins]

        at_once(
            *(
                booking_by_tap(desk, child, phone, slot, noon)
                for phone, slot in zip((first, other), slots, strict=True)
            )
        )

        assert Appointment.objects.filter(patient=child).count() == 1
