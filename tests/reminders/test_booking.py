import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission

from healthmsg.clinic.models import Answer, Appointment, Patient, StaffUser, VisitStatus
from reminders import booking
from reminders.booking import Change
from reminders.models import Reminder
from reminders.refusals import (
    ElsewhereAtHome,
    KnownAlready,
    NotAllowed,
    NotLive,
    PastTime,
    SlotTaken,
    TwiceAtOneTime,
)
from tests import factories
from tests.reminders.desk import Desk, leaves, plan_of, reminder, tick, told_of_booking
from whatsapp.models import Message
from whatsapp.status import Status

WEEK = timedelta(days=7)


def test_a_booking_plans_its_reminders(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)

    assert plan_of(visit) == {
        "appointment_confirmation": "PLANNED",
        "appointment_reminder_days": "PLANNED",
        "appointment_reminder_tomorrow": "PLANNED",
    }
    assert visit.ends_at - visit.starts_at == desk.kind.length


def test_a_past_time_is_refused(desk: Desk, willing_patient: Patient, noon: datetime) -> None:
    with pytest.raises(PastTime):
        desk.book(willing_patient, noon, now=noon)

    assert not Appointment.objects.exists()


def test_a_taken_slot_is_refused_with_its_time_and_nobodys_name(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    doctor = factories.make_clinician(desk.clinic)
    desk.book(willing_patient, noon + WEEK, now=noon, clinician=doctor)
    other = factories.make_patient(desk.clinic)

    with pytest.raises(SlotTaken) as refused:
        desk.book(other, noon + WEEK + timedelta(minutes=5), now=noon, clinician=doctor)

    assert str(refused.value) == "The clinician already sees somebody at 12:05."
    assert Appointment.objects.count() == 1


def test_booking_beside_another_visit_needs_the_permission(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    doctor = factories.make_clinician(desk.clinic)
    desk.book(willing_patient, noon + WEEK, now=noon, clinician=doctor)
    other = factories.make_patient(desk.clinic)
    request = desk.request(other, noon + WEEK, clinician=doctor, is_overbooked=True)
    trainee = StaffUser.objects.create_user("trainee")
    head = StaffUser.objects.create_user("head")
    head.user_permissions.add(Permission.objects.get(codename="overbook"))

    with pytest.raises(NotAllowed):
        booking.book(request, by=trainee, now=noon)

    assert booking.book(request, by=head, now=noon).is_overbooked


def test_the_same_visit_twice_at_one_time_is_refused(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    desk.book(willing_patient, noon + WEEK, now=noon)

    with pytest.raises(TwiceAtOneTime):
        desk.book(willing_patient, noon + WEEK, now=noon)

    assert Appointment.objects.count() == 1


def test_an_identifier_is_used_once(desk: Desk, willing_patient: Patient, noon: datetime) -> None:
    desk.book(willing_patient, noon + WEEK, now=noon, external_id="A1")

    with pytest.raises(KnownAlready):
        desk.book(willing_patient, noon + 2 * WEEK, now=noon, external_id="A1")


def test_rows_of_two_clinics_are_not_mixed(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    elsewhere = factories.make_site(factories.make_clinic())

    with pytest.raises(ElsewhereAtHome):
        desk.book(willing_patient, noon + WEEK, now=noon, site=elsewhere)


def test_a_move_keeps_the_row_and_forgets_the_answer(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    booking.answer(visit, version=1, answer=Answer.CONFIRMED, now=noon)

    moved = booking.move(visit, Change(noon + 2 * WEEK), by=None, now=noon)

    assert (moved.pk, moved.version, moved.answer) == (visit.pk, 2, Answer.NONE)
    assert moved.ends_at - moved.starts_at == desk.kind.length
    first_version = Reminder.objects.filter(appointment=visit, version=1)
    assert {r.status for r in first_version} == {"WITHDRAWN"}


def test_a_move_to_where_it_is_changes_nothing(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)

    assert booking.move(visit, Change(noon + WEEK), by=None, now=noon).version == 1


def test_a_move_is_refused_into_the_past_onto_another_and_when_over(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    doctor = factories.make_clinician(desk.clinic)
    visit = desk.book(willing_patient, noon + WEEK, now=noon, clinician=doctor)
    other = factories.make_patient(desk.clinic)
    desk.book(other, noon + 2 * WEEK, now=noon, clinician=doctor)

    with pytest.raises(PastTime):
        booking.move(visit, Change(noon), by=None, now=noon)
    with pytest.raises(SlotTaken):
        booking.move(visit, Change(noon + 2 * WEEK), by=None, now=noon)
    booking.see(visit, now=noon)
    with pytest.raises(NotLive):
        booking.move(visit, Change(noon + 3 * WEEK), by=None, now=noon)

    visit.refresh_from_db()
    assert (visit.version, visit.starts_at) == (1, noon + WEEK)


def test_who_was_told_hears_of_the_move_with_both_times(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)

    later = noon + timedelta(hours=1)
    booking.move(visit, Change(noon + 2 * WEEK), by=None, now=later)
    tick(later + timedelta(minutes=2))

    assert "appointment_confirmation" not in plan_of(visit)
    message = reminder(visit, "appointment_moved").message
    assert message is not None
    assert re.search("17 de marzo, 12:00 a .*24 de marzo, 12:00", message.body)


def test_who_was_not_told_gets_a_confirmation_of_the_new_time(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    tick(noon + timedelta(minutes=2))

    booking.move(visit, Change(noon + 2 * WEEK), by=None, now=noon + timedelta(minutes=3))
    tick(noon + timedelta(minutes=5))

    assert "appointment_moved" not in plan_of(visit)
    waiting = Message.objects.get(status=Status.QUEUED)
    assert "24 de marzo" in waiting.body
    assert Message.objects.get(status=Status.WITHHELD).reason == "VISIT_CHANGED"


def test_moving_back_before_anybody_read_of_it_says_nothing(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    later = noon + timedelta(hours=1)

    booking.move(visit, Change(noon + 2 * WEEK), by=None, now=later)
    booking.move(visit, Change(noon + WEEK), by=None, now=later)

    assert set(plan_of(visit)) == {"appointment_reminder_days", "appointment_reminder_tomorrow"}


def test_a_second_move_takes_back_the_time_that_was_told(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    later = noon + timedelta(hours=1)

    booking.move(visit, Change(noon + 2 * WEEK), by=None, now=later)
    booking.move(visit, Change(noon + 3 * WEEK), by=None, now=later)
    tick(later + timedelta(minutes=2))

    message = reminder(visit, "appointment_moved").message
    assert message is not None
    assert re.search("17 de marzo, 12:00 a .*31 de marzo, 12:00", message.body)


def test_another_site_at_the_same_time_is_confirmed_anew(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    annex = factories.make_site(desk.clinic)

    booking.move(visit, Change(noon + WEEK, site=annex), by=None, now=noon + timedelta(hours=1))

    assert plan_of(visit)["appointment_confirmation"] == "PLANNED"


def test_a_moved_message_waits_until_the_older_one_settles(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    tick(noon + timedelta(minutes=2))
    confirmation = reminder(visit, "appointment_confirmation").message
    leaves(confirmation, at=noon + timedelta(minutes=2), status=Status.UNCERTAIN)
    booking.move(visit, Change(noon + 2 * WEEK), by=None, now=noon + timedelta(minutes=3))

    tick(noon + timedelta(minutes=5))
    assert reminder(visit, "appointment_moved").status == "PLANNED"
    Message.objects.filter(pk=confirmation.pk).update(status=Status.ACCEPTED)  # type: ignore[union-attr]
    tick(noon + timedelta(minutes=6))
    assert reminder(visit, "appointment_moved").status == "PLANNED"
    tick(noon + timedelta(minutes=12))
    assert reminder(visit, "appointment_moved").status == "QUEUED"


def test_a_cancellation_is_told_once_the_visit_was(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    later = noon + timedelta(hours=1)

    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, reason="ill", now=later)
    again = booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=later)
    tick(later + timedelta(minutes=2))

    assert again.status == VisitStatus.CANCELLED_BY_CLINIC
    assert plan_of(visit) == {
        "appointment_confirmation": "QUEUED",
        "appointment_reminder_days": "VISIT_CANCELLED",
        "appointment_reminder_tomorrow": "VISIT_CANCELLED",
        "appointment_cancelled": "QUEUED",
    }


def test_cancelling_a_booking_that_nobody_read_of_says_nothing(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    tick(noon + timedelta(minutes=2))

    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + timedelta(minutes=3))

    assert tick(noon + timedelta(hours=1)) == 0
    assert not Message.objects.filter(status=Status.QUEUED).exists()


def test_a_patients_own_cancellation_is_not_told_to_her(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)

    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon + timedelta(hours=1))

    assert "appointment_cancelled" not in plan_of(visit)


def test_an_undone_cancellation_brings_the_reminders_back(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon)

    undone = booking.undo_cancel(visit, now=noon)
    booking.undo_cancel(visit, now=noon)

    assert (undone.status, undone.version) == (VisitStatus.BOOKED, 1)
    assert plan_of(visit)["appointment_reminder_tomorrow"] == "PLANNED"
    assert plan_of(visit)["appointment_confirmation"] == "QUEUED"


def test_who_read_of_the_cancellation_reads_that_it_is_on_again(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + timedelta(hours=1))
    tick(noon + timedelta(hours=2))
    leaves(reminder(visit, "appointment_cancelled").message, at=noon + timedelta(hours=2))

    booking.undo_cancel(visit, now=noon + timedelta(hours=3))

    assert plan_of(visit)["appointment_confirmation"] == "PLANNED"


def test_a_cancellation_is_not_undone_once_the_slot_is_gone(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    doctor = factories.make_clinician(desk.clinic)
    visit = desk.book(willing_patient, noon + WEEK, now=noon, clinician=doctor)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon)
    desk.book(factories.make_patient(desk.clinic), noon + WEEK, now=noon, clinician=doctor)

    with pytest.raises(SlotTaken):
        booking.undo_cancel(visit, now=noon)

    visit.refresh_from_db()
    assert visit.status == VisitStatus.CANCELLED_BY_PATIENT


def test_arriving_ends_the_reminders_and_a_mistake_brings_them_back(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)

    booking.arrive(visit, now=noon)
    booking.arrive(visit, now=noon)
    assert plan_of(visit)["appointment_reminder_tomorrow"] == "VISIT_OVER"
    booking.expect_again(visit, now=noon)

    assert plan_of(visit)["appointment_reminder_tomorrow"] == "PLANNED"


def test_only_what_may_follow_follows(desk: Desk, willing_patient: Patient, noon: datetime) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)

    with pytest.raises(NotLive):
        booking.miss(visit, now=noon)
    booking.leave(visit, now=noon + WEEK)
    for verb in (booking.arrive, booking.see, booking.miss):
        with pytest.raises(NotLive):
            verb(visit, now=noon + WEEK)
    with pytest.raises(NotLive):
        booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + WEEK)
    with pytest.raises(NotLive):
        booking.undo_cancel(visit, now=noon)


def test_a_missed_visit_is_written_about_only_where_the_rule_is_on_and_a_person_said_so(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    desk.rules["appointment_missed"].is_active = True
    desk.rules["appointment_missed"].save()
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    silent = desk.book(willing_patient, noon + WEEK + timedelta(hours=1), now=noon)

    booking.miss(visit, now=noon + WEEK + timedelta(hours=2))
    tick(noon + WEEK + timedelta(days=2))

    assert reminder(visit, "appointment_missed").status == "QUEUED"
    assert "appointment_missed" not in plan_of(silent)


def test_an_answer_counts_for_the_present_time_only(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)

    assert not booking.answer(visit, version=2, answer=Answer.CONFIRMED, now=noon)
    assert booking.answer(visit, version=1, answer=Answer.CONFIRMED, now=noon)
    assert not booking.answer(visit, version=1, answer=Answer.CONFIRMED, now=noon)
    assert not booking.answer(visit, version=1, answer=Answer.WANTS_TO_CANCEL, now=visit.starts_at)


def test_send_now_skips_the_wait_while_it_waits(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)

    assert booking.send_now(visit, now=noon)
    assert tick(noon) == 1
    assert not booking.send_now(visit, now=noon)
