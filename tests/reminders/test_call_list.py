from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import Answer, Appointment, GivenHow, Patient, PhoneState, VisitStatus
from reminders import adding_up, booking, call_list, patients
from reminders.models import Reminder, ReminderRule
from reminders.standing import Standing
from reminders.timing import Anchor
from tests import factories
from tests.reminders.desk import Desk, leaves, reminder, tick
from whatsapp import wrong_numbers
from whatsapp.models import Message
from whatsapp.status import Reason, Status

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
DAY_BEFORE = "appointment_reminder_tomorrow"
EVIDENCE = consent.Evidence(GivenHow.AT_DESK)


def due(desk: Desk, patient: Patient, noon: datetime) -> Appointment:
    """A visit in a week, of which everything has arrived but the reminder queued just now."""
    visit = desk.book(patient, noon + WEEK, now=noon)
    for moment in (noon + timedelta(minutes=2), noon + 4 * DAY):
        tick(moment)
        for row in Reminder.objects.filter(appointment=visit, message__isnull=False):
            leaves(row.message, at=moment, status=Status.SENT)
    tick(this_morning(noon))
    return visit


def this_morning(noon: datetime) -> datetime:
    return noon + 6 * DAY - 2 * HOUR


def why(desk: Desk, noon: datetime, *, now: datetime | None = None) -> list[Standing]:
    now = now or noon + WEEK - 12 * HOUR
    return [row.standing for row in call_list.to_call(desk.clinic, now=now, within=2 * DAY)]


def test_who_was_told_or_confirmed_is_not_called(desk: Desk, noon: datetime) -> None:
    told, confirmed = (due(desk, factories.make_patient(desk.clinic), noon) for _ in range(2))
    leaves(reminder(told, DAY_BEFORE).message, at=noon, status=Status.READ)
    booking.answer(confirmed, version=1, answer=Answer.CONFIRMED, now=this_morning(noon))

    assert why(desk, noon) == []


@pytest.mark.parametrize(
    ("status", "reason", "standing"),
    [
        (Status.FAILED, Reason.NOT_ON_WHATSAPP, Standing.FAILED),
        (Status.WITHHELD, Reason.NEVER_ASKED, Standing.NOT_SENT),
        (Status.UNCERTAIN, "", Standing.NOT_ARRIVED),
        (Status.ACCEPTED, "", Standing.NOT_ARRIVED),
        (Status.SENT, "", Standing.NOT_ARRIVED),
    ],
)
def test_a_reminder_that_is_not_known_to_have_arrived_asks_for_a_call(
    desk: Desk,
    willing_patient: Patient,
    noon: datetime,
    status: Status,
    reason: str,
    standing: Standing,
) -> None:
    visit = due(desk, willing_patient, noon)
    leaves(reminder(visit, DAY_BEFORE).message, at=noon, status=status, reason=reason)

    (row,) = call_list.to_call(desk.clinic, now=noon + WEEK - 12 * HOUR, within=DAY)

    assert (row.appointment, row.standing, row.reason or "") == (visit, standing, reason)


def test_what_may_still_arrive_is_called_about_only_from_a_set_time_on(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    due(desk, willing_patient, noon)

    assert why(desk, noon, now=noon + WEEK - 19 * HOUR) == []
    assert why(desk, noon, now=noon + WEEK - 17 * HOUR) == [Standing.WAITING]


@pytest.mark.parametrize(("hours", "before"), [(18, 18), (6, 6), (40, 40)])
def test_each_clinic_says_from_when_it_calls(
    desk: Desk, willing_patient: Patient, noon: datetime, hours: int, before: int
) -> None:
    visit = due(desk, willing_patient, noon)
    leaves(reminder(visit, DAY_BEFORE).message, at=noon, status=Status.SENT)
    desk.clinic.call_from_hours = hours
    desk.clinic.save()

    assert why(desk, noon, now=noon + WEEK - (before * HOUR + timedelta(minutes=1))) == []
    assert why(desk, noon, now=noon + WEEK - before * HOUR) == [Standing.NOT_ARRIVED]


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.READ])
def test_delivered_is_enough_and_read_is_never_asked_for(
    desk: Desk, willing_patient: Patient, noon: datetime, status: Status
) -> None:
    visit = due(desk, willing_patient, noon)
    leaves(reminder(visit, DAY_BEFORE).message, at=noon, status=status)

    assert why(desk, noon, now=noon + WEEK - HOUR) == []


def skipped_for_the_limit(visit: Appointment, template: str) -> None:
    Reminder.objects.filter(pk=reminder(visit, template).pk).update(
        status="SKIPPED", reason=Reason.DAILY_LIMIT, message=None
    )


def test_left_out_by_whatsapps_limit_it_is_a_call_before_its_time_has_come(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    tick(noon + timedelta(minutes=2))
    leaves(reminder(visit, "appointment_confirmation").message, at=noon)

    skipped_for_the_limit(visit, "appointment_reminder_days")
    assert why(desk, noon, now=noon + WEEK - 47 * HOUR) == []

    skipped_for_the_limit(visit, DAY_BEFORE)
    assert why(desk, noon, now=noon + WEEK - 47 * HOUR) == [Standing.NOT_SENT]


def test_a_reminder_skipped_or_lost_to_an_outage_asks_for_a_call(
    desk: Desk, noon: datetime
) -> None:
    for patient in desk.family(5):
        desk.book(patient, noon + WEEK, now=noon)
    tick(noon + timedelta(minutes=2))
    for message in Message.objects.all():
        leaves(message, at=noon)

    tick(this_morning(noon))
    assert set(why(desk, noon)) == {Standing.NOT_SENT}

    lost = desk.book(factories.make_patient(desk.clinic), noon + 3 * WEEK, now=noon)
    tick(noon + timedelta(minutes=2))
    leaves(reminder(lost, "appointment_confirmation").message, at=noon)
    tick(noon + 3 * WEEK - timedelta(minutes=30))
    now = noon + 3 * WEEK - timedelta(minutes=20)
    assert why(desk, noon, now=now) == [Standing.NOT_SENT]


def test_booked_late_the_confirmation_that_arrived_is_enough(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 20 * HOUR, now=noon)
    tick(noon + timedelta(minutes=2))
    leaves(reminder(visit, "appointment_confirmation").message, at=noon)

    assert why(desk, noon, now=noon + 10 * HOUR) == []


def test_wishes_are_called_about_even_by_who_asked_us_to_stop(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = due(desk, willing_patient, noon)
    booking.answer(visit, version=1, answer=Answer.WANTS_ANOTHER_TIME, now=this_morning(noon))
    consent.stop(factories.phone_of(willing_patient), evidence=EVIDENCE, at=noon)

    assert why(desk, noon) == [Standing.WANTS_ANOTHER_TIME]


def test_who_asked_us_to_stop_stands_apart(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = due(desk, willing_patient, noon)
    consent.stop(factories.phone_of(willing_patient), evidence=EVIDENCE, at=noon)
    now = noon + WEEK - 12 * HOUR

    assert why(desk, noon) == []
    (row,) = call_list.asked_not(desk.clinic, now=now, within=DAY)
    assert row.appointment == visit


def test_who_cannot_be_reached_is_called(desk: Desk, noon: datetime) -> None:
    without, wrong = (factories.make_patient(desk.clinic) for _ in range(2))
    without.contacts.update(phone=None)
    for patient in (without, wrong):
        desk.book(patient, noon + WEEK, now=noon)
    type(factories.phone_of(wrong)).objects.update(state=PhoneState.WRONG_PERSON)

    assert set(why(desk, noon)) == {Standing.CANNOT_BE_REACHED}


def test_what_told_a_stranger_told_nobody(desk: Desk, noon: datetime) -> None:
    patient = factories.make_patient(desk.clinic)
    leaves(reminder(due(desk, patient, noon), DAY_BEFORE).message, at=noon)

    wrong_numbers.mark(factories.phone_of(patient), now=noon)

    assert why(desk, noon) == [Standing.CANNOT_BE_REACHED]


def test_an_older_version_told_is_not_the_present_one(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = due(desk, willing_patient, noon)
    leaves(reminder(visit, DAY_BEFORE).message, at=noon)
    booking.move(visit, booking.Change(noon + WEEK + HOUR), by=None, now=noon + WEEK - 14 * HOUR)

    assert why(desk, noon) == [Standing.WAITING]


@pytest.mark.parametrize(
    ("leave", "reason"),
    [(patients.decease, Reason.HAS_DIED), (patients.let_go, Reason.NO_LONGER_OURS)],
)
@pytest.mark.parametrize("answer", [Answer.NONE, Answer.WANTS_ANOTHER_TIME, Answer.CONFIRMED])
def test_who_does_not_come_is_not_called_and_has_a_slot_to_free(
    desk: Desk,
    willing_patient: Patient,
    noon: datetime,
    leave: Callable[..., bool],
    reason: Reason,
    answer: Answer,
) -> None:
    visit = due(desk, willing_patient, noon)
    booking.answer(visit, version=1, answer=answer, now=this_morning(noon))
    leave(willing_patient, now=this_morning(noon))
    now = noon + WEEK - 12 * HOUR

    assert why(desk, noon) == []
    (row,) = call_list.not_coming(desk.clinic, now=now, within=DAY)
    assert (row.appointment, row.standing, row.reason) == (visit, Standing.NOT_COMING, reason)
    tally = adding_up.tomorrow(desk.clinic, day=(noon + WEEK).date(), now=now)
    assert tally == adding_up.Tally(visits=0, told=0, to_call=0, asked_not=0, not_coming=1)


def test_a_rule_switched_off_makes_nobody_call(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    ReminderRule.objects.filter(anchor=Anchor.STARTS).update(is_active=False)
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    ReminderRule.objects.update(is_active=True)
    patients.replan_future(willing_patient, now=noon)
    ReminderRule.objects.filter(anchor=Anchor.STARTS).update(is_active=False)
    for moment in (noon + timedelta(minutes=2), noon + 4 * DAY, this_morning(noon)):
        tick(moment)
    leaves(reminder(visit, "appointment_confirmation").message, at=noon)

    assert why(desk, noon) == []


def test_other_clinics_and_ended_visits_are_not_listed(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon)
    elsewhere = factories.make_patient(factories.make_clinic())
    factories.make_visit(elsewhere, starts_at=noon + WEEK)

    assert why(desk, noon) == []


def suffer(visit: Appointment, fate: str, noon: datetime) -> None:
    if fate in Status.values:
        reason = Reason.REFUSED if fate in {Status.FAILED, Status.WITHHELD} else ""
        Message.objects.filter(reminders__appointment=visit).update(
            status=fate, reason=reason, send_after=None
        )
    elif fate in Answer.values:
        booking.answer(visit, version=1, answer=Answer(fate), now=noon)
    elif fate == "stopped":
        consent.stop(factories.phone_of(visit.patient), evidence=EVIDENCE, at=noon)
    elif fate == "no number":
        visit.patient.contacts.update(phone=None)
    elif fate == "died":
        patients.decease(visit.patient, now=noon)
    elif fate == "cancelled":
        booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon)
    else:
        Reminder.objects.filter(appointment=visit).delete()
