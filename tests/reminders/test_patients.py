from datetime import datetime, timedelta

from healthmsg.clinic.models import Patient, PatientState
from reminders import patients
from tests import factories
from tests.reminders.desk import Desk, plan_of, reminder, tick, told_of_booking
from whatsapp.models import Message
from whatsapp.status import Status

WEEK, DAY = timedelta(days=7), timedelta(days=1)


def test_a_death_takes_back_what_is_planned_and_what_waits(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    tick(noon + timedelta(minutes=2))

    assert patients.decease(willing_patient, now=noon + timedelta(minutes=3))
    assert not patients.decease(willing_patient, now=noon + timedelta(minutes=3))

    assert set(plan_of(visit).values()) == {"HAS_DIED"}
    message = Message.objects.get()
    assert (message.status, message.reason) == (Status.WITHHELD, "HAS_DIED")
    assert tick(noon + WEEK - DAY) == 0


def test_a_death_by_mistake_is_undone(desk: Desk, willing_patient: Patient, noon: datetime) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    patients.decease(willing_patient, now=noon)

    assert patients.revive(willing_patient, now=noon + timedelta(hours=1))

    assert plan_of(visit) == {
        "appointment_confirmation": "QUEUED",
        "appointment_reminder_days": "PLANNED",
        "appointment_reminder_tomorrow": "PLANNED",
    }


def test_a_pause_holds_what_falls_into_it_only(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)

    patients.pause(willing_patient, until=(noon + 5 * DAY).date(), now=noon)

    assert plan_of(visit)["appointment_reminder_days"] == "PAUSED"
    assert plan_of(visit)["appointment_reminder_tomorrow"] == "PLANNED"


def test_the_end_of_a_pause_plans_again(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    patients.pause(willing_patient, until=None, now=noon)
    assert set(plan_of(visit).values()) == {"PAUSED"}

    assert patients.resume(willing_patient, now=noon + timedelta(hours=1))

    assert set(plan_of(visit).values()) == {"PLANNED"}
    confirmation = reminder(visit, "appointment_confirmation")
    assert confirmation.due_at == noon + timedelta(hours=1)


def test_pauses_end_on_their_day_by_the_clinics_calendar(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 2 * WEEK, now=noon)
    until = (noon + DAY).date()
    patients.pause(willing_patient, until=until, now=noon)
    evening = noon + timedelta(hours=11, minutes=59)

    assert patients.end_pauses(now=evening) == 0
    assert patients.end_pauses(now=evening + timedelta(minutes=1)) == 1
    assert patients.end_pauses(now=evening + timedelta(minutes=1)) == 0

    willing_patient.refresh_from_db()
    assert willing_patient.state == PatientState.ACTIVE
    assert plan_of(visit)["appointment_confirmation"] == "PLANNED"


def test_who_is_let_go_hears_nothing_until_taken_back(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)

    assert patients.let_go(willing_patient, reason="moved away", now=noon)
    assert set(plan_of(visit).values()) == {"NO_LONGER_OURS"}
    assert patients.take_back(willing_patient, now=noon)

    assert set(plan_of(visit).values()) == {"PLANNED"}


def test_one_death_leaves_the_rest_of_the_family_alone(desk: Desk, noon: datetime) -> None:
    father, child = desk.family(2)
    desk.book(father, noon + WEEK, now=noon)
    visit = desk.book(child, noon + WEEK, now=noon)

    patients.decease(father, now=noon)

    assert set(plan_of(visit).values()) == {"PLANNED"}


def test_a_new_number_is_used_by_what_is_planned_again(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    willing_patient.contacts.update(phone=None)
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    willing_patient.contacts.update(phone=factories.make_phone(desk.clinic))

    patients.replan_future(willing_patient, now=noon)

    assert set(plan_of(visit).values()) == {"PLANNED"}
