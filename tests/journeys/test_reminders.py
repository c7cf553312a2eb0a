"""From the booking to the answer, through every process."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Answer, Appointment, Patient, PhoneState, VisitStatus
from reminders import booking, call_list, patients
from reminders.booking import Booking, Change
from tests import factories
from tests.running_house import House, Practice
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.status import Reason, Status

TOMORROW = timedelta(days=1)


def book(practice: Practice, patient: Patient, starts_at: datetime) -> Appointment:
    """Reception's own way to a visit."""
    request = Booking(
        patient=patient,
        kind=factories.make_kind(practice.clinic),
        site=factories.make_site(practice.clinic),
        starts_at=starts_at,
        contact=patient.contacts.first(),
    )
    return booking.book(request, by=None, now=practice.house.now)


def templates_sent(house: House, patient: Patient) -> list[str]:
    number = factories.phone_of(patient).number
    return [
        entry["template"]
        for entry in house.sandbox.accepted()
        if entry["to"].lstrip("+") == number.lstrip("+") and entry["template"]
    ]


def answered(visit: Appointment) -> Callable[[], bool]:
    return lambda: Reply.objects.filter(
        answers__appointment=visit, handled_at__isnull=False
    ).exists()


def test_a_booking_becomes_a_reminder_a_receipt_and_a_confirmation(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient("confirms")
    visit = book(practice, patient, noon + timedelta(days=2))

    house.at(noon + timedelta(minutes=3))
    house.settle()
    assert templates_sent(house, patient) == ["appointment_confirmation"]

    house.at(noon + TOMORROW)
    house.settle()

    assert templates_sent(house, patient)[1:] == ["appointment_reminder_tomorrow"]
    reminder = Message.objects.get(template_version__template__name="appointment_reminder_tomorrow")
    assert reminder.status == Status.READ
    assert reminder.delivered_at is not None
    visit.refresh_from_db()
    assert visit.answer == Answer.CONFIRMED
    answer = Message.objects.get(lane=0)
    assert answer.status in {Status.DELIVERED, Status.READ}
    phone = factories.phone_of(patient)
    assert phone.state == PhoneState.REACHED


def test_a_moved_visit_takes_back_what_waits_and_tells_the_new_time(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient()
    visit = book(practice, patient, noon + timedelta(days=2))
    house.at(noon + timedelta(minutes=3))
    house.settle()

    booking.move(visit, Change(starts_at=noon + timedelta(days=6)), by=None, now=house.now)
    house.at(noon + timedelta(minutes=20))
    house.settle()
    house.at(noon + TOMORROW)
    house.settle()

    assert templates_sent(house, patient) == ["appointment_confirmation", "appointment_moved"]


def test_a_move_before_anything_was_said_is_told_as_a_booking(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient()
    visit = book(practice, patient, noon + timedelta(days=2))

    booking.move(visit, Change(starts_at=noon + timedelta(days=4)), by=None, now=noon)
    house.at(noon + timedelta(minutes=20))
    house.settle()

    assert templates_sent(house, patient) == ["appointment_confirmation"]


def test_a_patient_cancels_and_takes_it_back(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient("cancels_and_undoes")
    visit = book(practice, patient, noon + timedelta(days=2))

    house.at(noon + TOMORROW)
    house.settle()

    outcomes = list(Reply.objects.order_by("pk").values_list("outcome", flat=True))
    assert outcomes == [ReplyOutcome.CANCELLED, ReplyOutcome.UNDONE]
    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED


def test_a_cancelled_visit_is_not_spoken_of_again(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient("cancels")
    visit = book(practice, patient, noon + timedelta(days=3))
    house.at(noon + timedelta(minutes=3))
    house.settle()
    visit.refresh_from_db()
    house.at(noon + timedelta(days=2, minutes=5))
    house.settle()

    visit.refresh_from_db()
    told = templates_sent(house, patient)
    if visit.status == VisitStatus.CANCELLED_BY_PATIENT:
        house.at(noon + timedelta(days=2, hours=3))
        house.settle()
        assert templates_sent(house, patient) == told
    assert visit.status == VisitStatus.CANCELLED_BY_PATIENT


def test_a_late_booking_gets_one_message_that_still_makes_sense(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient()
    book(practice, patient, noon + timedelta(hours=20))

    house.at(noon + timedelta(minutes=5))
    house.settle()

    assert templates_sent(house, patient) == ["appointment_confirmation"]


def test_stop_ends_everything_and_keep_brings_appointments_back(
    practice: Practice, house: House, noon: datetime
) -> None:
    silent, keeping = practice.patient("stops"), practice.patient("stops_but_keeps_visits")
    for patient in (silent, keeping):
        book(practice, patient, noon + timedelta(days=2))
    house.at(noon + timedelta(minutes=3))
    house.settle()

    house.at(noon + TOMORROW)
    house.settle()

    assert templates_sent(house, silent) == ["appointment_confirmation"]
    assert templates_sent(house, keeping) == [
        "appointment_confirmation",
        "appointment_reminder_tomorrow",
    ]
    assert factories.phone_of(silent).state == PhoneState.STOPPED
    acknowledged = Message.objects.filter(lane=0, phone=factories.phone_of(silent))
    assert acknowledged.count() == 1
    why = call_list.asked_not(practice.clinic, now=house.now, within=timedelta(days=3))
    assert [row.appointment.patient_id for row in why] == [silent.pk]


def test_visits_of_one_number_on_one_day_share_one_reminder(
    practice: Practice, house: House, noon: datetime
) -> None:
    mother = practice.patient("confirms")
    phone = factories.phone_of(mother)
    child = factories.make_patient(practice.clinic, phone=phone)
    visits = [
        book(practice, mother, noon + timedelta(days=2)),
        book(practice, child, noon + timedelta(days=2, minutes=30)),
    ]

    house.at(noon + TOMORROW)
    house.settle()

    assert templates_sent(house, mother).count("appointments_several") == 1
    for visit in visits:
        visit.refresh_from_db()
        assert visit.answer == Answer.CONFIRMED


def test_after_a_death_nothing_leaves(practice: Practice, house: House, noon: datetime) -> None:
    patient = practice.patient()
    book(practice, patient, noon + timedelta(days=2))

    patients.decease(patient, now=noon)
    house.at(noon + TOMORROW)
    house.settle()

    assert house.sandbox.accepted() == []


@pytest.mark.parametrize(
    "visit_at",
    [
        pytest.param(datetime.fromisoformat("2026-03-29T09:00:00+02:00"), id="spring"),
        pytest.param(datetime.fromisoformat("2026-10-25T09:00:00+01:00"), id="autumn"),
    ],
)
def test_on_the_night_the_clocks_change_the_reminder_names_the_local_time(
    practice: Practice, house: House, visit_at: datetime
) -> None:
    type(practice.clinic).objects.update(time_zone="Europe/Madrid", country="ES")
    practice.clinic.refresh_from_db()
    house.at(visit_at - timedelta(days=5))
    patient = practice.patient(consented_at=visit_at - timedelta(days=30))
    book(practice, patient, visit_at)

    house.at(visit_at - timedelta(hours=22))
    house.settle()

    reminder = Message.objects.get(template_version__template__name="appointment_reminder_tomorrow")
    assert reminder.status in {Status.DELIVERED, Status.READ}
    assert "9:00" in reminder.body


def test_a_family_that_never_was_asked_gets_nothing_and_is_called(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient(consents=())
    visit = book(practice, patient, noon + timedelta(days=1, hours=2))

    house.at(noon + timedelta(hours=1))
    house.settle()

    assert house.sandbox.accepted() == []
    reasons = set(Message.objects.values_list("reason", flat=True))
    assert reasons <= {Reason.NEVER_ASKED}
    rows = call_list.to_call(practice.clinic, now=house.now, within=timedelta(days=2))
    assert [row.appointment.pk for row in rows] == [visit.pk]
