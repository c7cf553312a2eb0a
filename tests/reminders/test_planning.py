from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinic,
    Discretion,
    GivenHow,
    Patient,
    PatientState,
    Phone,
    VisitStatus,
)
from reminders import booking, patients, planning, rules
from reminders.models import Reminder, ReminderRule
from reminders.planning import Known
from tests import factories
from tests.reminders.desk import Desk, plan_of, reminder, tick, told_of_booking
from whatsapp import outbox
from whatsapp.models import Message
from whatsapp.status import Reason

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("ahead", "planned"),
    [
        pytest.param(
            timedelta(minutes=30),
            {
                "appointment_confirmation": "BOOKED_LATE",
                "appointment_reminder_days": "BOOKED_LATE",
                "appointment_reminder_tomorrow": "BOOKED_LATE",
            },
            id="in-half-an-hour",
        ),
        pytest.param(
            20 * HOUR,
            {
                "appointment_confirmation": "PLANNED",
                "appointment_reminder_days": "BOOKED_LATE",
                "appointment_reminder_tomorrow": "SAID_ANYWAY",
            },
            id="for-tomorrow-the-confirmation-tells",
        ),
        pytest.param(
            2 * DAY,
            {
                "appointment_confirmation": "PLANNED",
                "appointment_reminder_days": "BOOKED_LATE",
                "appointment_reminder_tomorrow": "PLANNED",
            },
            id="in-two-days",
        ),
    ],
)
def test_a_late_booking_gets_what_still_makes_sense(
    desk: Desk, willing_patient: Patient, noon: datetime, ahead: timedelta, planned: dict[str, str]
) -> None:
    visit = desk.book(willing_patient, noon + ahead, now=noon)

    assert plan_of(visit) == planned


@pytest.mark.parametrize("ahead", [HOUR, 20 * HOUR, 2 * DAY, 9 * DAY])
def test_a_booking_is_planned_as_it_would_be_planned_anew(
    desk: Desk, willing_patient: Patient, noon: datetime, ahead: timedelta
) -> None:
    visit = desk.book(willing_patient, noon + ahead, now=noon)
    parts = ("rule", "version", "edition", "starts_at", "due_at", "useful_until", "status")
    rows = Reminder.objects.filter(appointment=visit).order_by("rule")
    first = list(rows.values_list(*parts, "reason"))

    Reminder.objects.filter(appointment=visit).delete()
    planning.replan(booking.visits_with_parts().get(pk=visit.pk), now=noon)

    assert first == list(rows.all().values_list(*parts, "reason"))


def test_without_a_confirmation_the_late_reminder_goes_at_once(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    ReminderRule.objects.filter(anchor="BOOKED").update(is_active=False)

    visit = desk.book(willing_patient, noon + 20 * HOUR, now=noon)

    assert reminder(visit, "appointment_reminder_tomorrow").due_at == noon


def test_planning_twice_is_planning_once(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)
    before = list(Reminder.objects.order_by("pk").values("pk", "due_at", "status", "edition"))

    planning.replan(visit, now=noon)

    assert before == list(
        Reminder.objects.order_by("pk").values("pk", "due_at", "status", "edition")
    )


def test_what_was_told_is_not_told_again(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)
    told_of_booking(visit, now=noon)

    planning.replan(visit, now=noon + HOUR)
    tick(noon + HOUR)

    assert Message.objects.count() == 1


def test_a_message_taken_back_is_written_again_under_a_key_of_its_own(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)
    tick(noon + timedelta(minutes=2))

    planning.replan(visit, now=noon + HOUR)
    tick(noon + HOUR)

    first, second = Message.objects.order_by("pk")
    assert (first.status, second.status) == ("WITHHELD", "QUEUED")
    assert second.dedupe_key == f"{first.dedupe_key}:1"


def test_what_staff_took_back_is_not_written_again(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)
    tick(noon + timedelta(minutes=2))
    outbox.withdraw(Message.objects.all(), reason=Reason.CANCELLED_BY_STAFF, now=noon)

    patients.replan_future(willing_patient, now=noon + HOUR)
    tick(noon + 2 * HOUR)

    assert Message.objects.get().reason == Reason.CANCELLED_BY_STAFF
    previews = booking_previews(visit, noon + HOUR)
    assert "appointment_confirmation" not in previews


def booking_previews(visit: Appointment, now: datetime) -> set[str]:
    return {shown.rule.template_name for shown in planning.preview(visit, now=now)}


def test_a_reminder_that_was_in_time_survives_planning_again(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)
    told_of_booking(visit, now=noon)
    now = reminder(visit, "appointment_reminder_days").due_at + HOUR
    tick(now)

    planning.replan(visit, now=now)

    assert plan_of(visit)["appointment_reminder_days"] == "PLANNED"
    assert reminder(visit, "appointment_reminder_days").due_at == now


def test_ten_in_the_morning_is_the_sites_on_a_clock_change_night(noon: datetime, db: None) -> None:
    clinic = factories.make_clinic(time_zone="America/New_York", country="US", languages=["es"])
    desk = Desk(clinic, factories.make_sender(clinic))
    desk.site.time_zone = "America/Chicago"
    desk.site.save()
    patient = factories.make_patient(clinic)
    starts_at = datetime(2026, 11, 1, 16, tzinfo=UTC)  # the day the clocks went back

    visit = desk.book(patient, starts_at, now=starts_at - 20 * DAY)

    due_at = reminder(visit, "appointment_reminder_tomorrow").due_at
    assert due_at == datetime(2026, 10, 31, 15, tzinfo=UTC)  # still summer time


def test_a_rule_for_one_kind_leaves_the_others_alone(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    desk.rules["appointment_reminder_days"].kinds.add(factories.make_kind(desk.clinic))

    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)

    assert "appointment_reminder_days" not in plan_of(visit)


@pytest.mark.parametrize(
    ("told", "reason"),
    [("nobody", Reason.NO_CONTACT), ("no number", Reason.NO_NUMBER)],
)
def test_nobody_to_tell_is_said_at_once(
    desk: Desk, willing_patient: Patient, noon: datetime, told: str, reason: Reason
) -> None:
    contact = willing_patient.contacts.get()
    contact.phone = None
    contact.save()

    visit = desk.book(
        willing_patient,
        noon + 7 * DAY,
        now=noon,
        contact=None if told == "nobody" else contact,
    )

    assert set(plan_of(visit).values()) == {reason}


def test_a_wish_for_another_time_silences_the_reminders_until_it_is_taken_back(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)

    booking.answer(visit, version=1, answer=Answer.WANTS_ANOTHER_TIME, now=noon)
    assert plan_of(visit)["appointment_reminder_tomorrow"] == "ANSWERED"
    booking.answer(visit, version=1, answer=Answer.CONFIRMED, now=noon)

    assert plan_of(visit)["appointment_reminder_tomorrow"] == "PLANNED"


def test_a_preview_of_an_unsaved_booking_is_what_will_be_sent(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    request = desk.request(willing_patient, noon + 7 * DAY)

    shown = booking.preview(request, now=noon)

    assert not Reminder.objects.exists()
    visit = booking.book(request, by=None, now=noon)
    for row in Reminder.objects.filter(appointment=visit):
        tick(row.due_at)
    sent = Message.objects.order_by("created_at")
    assert [one.body for one in shown] == [message.body for message in sent]
    assert [one.due_at for one in shown] == [message.created_at for message in sent]
    assert {one.number for one in shown} == {factories.phone_of(willing_patient).masked}
    assert {one.language for one in shown} == {"es"}
    assert shown[1].buttons == ("Confirmo", "Otro horario", "Cancelar")
    assert not any(one.reason for one in shown)


def test_a_preview_names_what_stands_in_the_way(desk: Desk, noon: datetime) -> None:
    unasked = factories.make_patient(desk.clinic, consents=())
    stopped = factories.make_patient(desk.clinic)
    evidence = consent.Evidence(GivenHow.BY_MESSAGE)
    consent.stop(factories.phone_of(stopped), evidence=evidence, at=noon)
    resting = factories.make_patient(desk.clinic, state=PatientState.PAUSED)
    unreachable = factories.make_patient(desk.clinic)
    unreachable.contacts.update(phone=None)

    def blockers(patient: Patient) -> list[Reason | None]:
        request = desk.request(patient, noon + 7 * DAY)
        return [one.reason for one in booking.preview(request, now=noon)]

    assert set(blockers(unasked)) == {Reason.NEVER_ASKED}
    assert set(blockers(stopped)) == {Reason.ASKED_US_TO_STOP}
    assert set(blockers(resting)) == {Reason.PAUSED}
    assert set(blockers(unreachable)) == {Reason.NO_NUMBER}


def test_a_preview_says_that_who_practises_writes_to_test_phones_only(
    desk: Desk, willing_patient: Patient, noon: datetime, settings: LazySettings
) -> None:
    def reasons() -> set[Reason | None]:
        request = desk.request(willing_patient, noon + 7 * DAY)
        return {one.reason for one in booking.preview(request, now=noon)}

    assert reasons() == {None}
    settings.USES_SANDBOX = False
    assert reasons() == {Reason.PRACTICE}
    Phone.objects.update(is_test=True)
    assert reasons() == {None}


def test_a_preview_shows_the_spare_template_where_the_first_is_not_approved(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    template = desk.templates["appointment_confirmation"]
    template.status = "PAUSED"
    template.save()

    first = booking.preview(desk.request(willing_patient, noon + 7 * DAY), now=noon)[0]

    assert first.body.endswith("llama a Sunrise.")


def test_a_preview_of_a_move_shows_the_moved_message_and_changes_nothing(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)
    told_of_booking(visit, now=noon)
    later = noon + HOUR

    shown = booking.preview_move(visit, booking.Change(noon + 9 * DAY), now=later)

    assert "19 de marzo" in shown[0].body
    visit.refresh_from_db()
    assert visit.version == 1


def test_told_messages_leave_the_preview(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)
    told_of_booking(visit, now=noon)

    shown = planning.preview(visit, now=noon + HOUR)

    assert [one.rule.template_name for one in shown] == [
        "appointment_reminder_days",
        "appointment_reminder_tomorrow",
    ]


def test_what_a_kind_is_for_is_told_only_where_everything_may_be(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    factories.make_template(
        desk.sender.account, name="telling", body="Hola {{contact_name}}: {{kind_name}}, {{when}}."
    )
    ReminderRule.objects.filter(anchor="BOOKED").update(template_name="telling")
    contact = willing_patient.contacts.get()

    def body(level: Discretion, told: Discretion) -> str:
        kind = factories.make_kind(desk.clinic, name=f"Kind {level} {told}", discretion=level)
        contact.may_be_told = told
        contact.save()
        request = desk.request(willing_patient, noon + 7 * DAY, kind=kind, contact=contact)
        return booking.preview(request, now=noon)[0].body

    assert "Kind" in body(Discretion.FULL, Discretion.FULL)
    assert body(Discretion.NEUTRAL, Discretion.FULL).endswith("llama a Sunrise.")
    assert body(Discretion.FULL, Discretion.NEUTRAL).endswith("llama a Sunrise.")
    assert body(Discretion.FULL, Discretion.CONTACT_US).endswith("llama a Sunrise.")


def test_default_rules_are_installed_once_and_keep_what_the_clinic_changed(
    sunrise_clinic: Clinic,
) -> None:
    installed = rules.install(sunrise_clinic)
    ReminderRule.objects.filter(pk=installed[0].pk).update(name="Ours", offset=HOUR)

    assert rules.install(sunrise_clinic) == []
    assert ReminderRule.objects.get(name="Ours").offset == HOUR
    assert not ReminderRule.objects.get(anchor="MISSED").is_active


def test_a_missed_or_cancelled_visit_is_not_announced(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = factories.make_visit(
        willing_patient,
        starts_at=noon + 7 * DAY,
        status=VisitStatus.CANCELLED_BY_PATIENT,
        site=desk.site,
    )

    assert planning.plan(visit, desk.rules.values(), Known(), now=noon) == ()
