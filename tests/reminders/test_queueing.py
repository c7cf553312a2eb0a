from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthmsg.clinic.models import Answer, Appointment, Contact, Discretion, Patient, PatientState
from reminders import apart, booking, queueing
from reminders.locking import LOCK
from reminders.models import Reminder
from reminders.queueing import DUE
from tests import factories
from tests.reminders.desk import Desk, leaves, plan_of, reminder, tick
from whatsapp import outbox
from whatsapp.models import AlsoAbout, Message
from whatsapp.status import Reason, Status

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
DAY_BEFORE = "appointment_reminder_tomorrow"


def due_day_before(noon: datetime) -> datetime:
    """Ten o'clock of the day before a visit a week from noon."""
    return noon + 6 * DAY - 2 * HOUR


def confirmations_are_out(noon: datetime) -> None:
    tick(noon + timedelta(minutes=2))
    for message in Message.objects.all():
        leaves(message, at=noon)


def three_days_before_is_out(noon: datetime) -> None:
    tick(noon + 4 * DAY)
    for message in Message.objects.filter(status=Status.QUEUED):
        leaves(message, at=noon + 4 * DAY)


def booked(desk: Desk, patients: list[Patient], noon: datetime) -> list[Appointment]:
    """Visits twenty minutes apart, all told but for the day before."""
    visits = [
        desk.book(patient, noon + WEEK + n * timedelta(minutes=20), now=noon)
        for n, patient in enumerate(patients)
    ]
    confirmations_are_out(noon)
    three_days_before_is_out(noon)
    return visits


def test_a_tick_writes_what_is_due_once(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    desk.book(willing_patient, noon + WEEK, now=noon)

    assert tick(noon) == 0
    assert tick(noon + timedelta(minutes=2)) == 1
    assert tick(noon + timedelta(minutes=2)) == 0

    message = Message.objects.get()
    assert message.status == Status.QUEUED
    assert message.expires_at == noon + WEEK - HOUR


def test_an_empty_tick_is_one_query_on_the_index(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    desk.book(willing_patient, noon + WEEK, now=noon)

    with CaptureQueriesContext(connection) as others:
        tick(noon)

    # The one that locks goes past Django's own cursor, and so past what is captured here.
    assert [q["sql"] for q in others if "SAVEPOINT" not in q["sql"]] == []
    locking_one = LOCK.format(which=DUE, order="reminder.due_at, reminder.id")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {locking_one}", {"now": noon, "limit": 10})
        assert "reminder_due" in "\n".join(row[0] for row in cursor.fetchall())


def test_a_hundred_reminders_take_no_more_queries_than_ten(desk: Desk, noon: datetime) -> None:
    def queries_for(count: int, starts_at: datetime) -> int:
        for _ in range(count):
            desk.book(factories.make_patient(desk.clinic), starts_at, now=noon)
        with CaptureQueriesContext(connection) as queries:
            assert tick(noon + timedelta(minutes=2)) == count
        return len(queries)

    assert queries_for(10, noon + WEEK) == queries_for(100, noon + WEEK + HOUR)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (PatientState.DECEASED, Reason.HAS_DIED),
        (PatientState.GONE, Reason.NO_LONGER_OURS),
        (PatientState.PAUSED, Reason.PAUSED),
    ],
)
def test_the_last_look_sees_what_planning_could_not(
    desk: Desk, willing_patient: Patient, noon: datetime, state: PatientState, reason: Reason
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    Patient.objects.filter(pk=willing_patient.pk).update(state=state)

    tick(noon + timedelta(minutes=2))

    assert plan_of(visit)["appointment_confirmation"] == reason


def test_a_contact_who_lost_the_number_or_the_right_is_not_written_to(
    desk: Desk, noon: datetime
) -> None:
    without, ended = (factories.make_patient(desk.clinic) for _ in range(2))
    visits = [desk.book(p, noon + WEEK, now=noon) for p in (without, ended)]
    without.contacts.update(phone=None)
    ended.contacts.update(until=(noon - DAY).date())

    tick(noon + timedelta(minutes=2))

    assert plan_of(visits[0])["appointment_confirmation"] == Reason.NO_NUMBER
    assert plan_of(visits[1])["appointment_confirmation"] == Reason.CONTACT_ENDED


def test_after_a_long_outage_what_is_useless_is_skipped(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)

    tick(noon + WEEK - 2 * HOUR)

    assert plan_of(visit) == {
        "appointment_confirmation": "QUEUED",
        "appointment_reminder_days": Reason.TOO_LATE,
        DAY_BEFORE: "QUEUED",
    }


@pytest.mark.parametrize(
    ("kind", "contact", "body"),
    [
        pytest.param(Discretion.NEVER, Discretion.FULL, "", id="kind-never"),
        pytest.param(Discretion.FULL, Discretion.NEVER, "", id="contact-never"),
        pytest.param(Discretion.CONTACT_US, Discretion.FULL, "llama a", id="kind-contact-us"),
        pytest.param(Discretion.NEUTRAL, Discretion.CONTACT_US, "llama a", id="contact-contact-us"),
        pytest.param(Discretion.NEUTRAL, Discretion.FULL, "17 de marzo", id="neutral"),
    ],
)
def test_the_more_discreet_one_wins(
    desk: Desk,
    willing_patient: Patient,
    noon: datetime,
    kind: Discretion,
    contact: Discretion,
    body: str,
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    type(desk.kind).objects.update(discretion=kind)
    Contact.objects.update(may_be_told=contact)

    tick(noon + timedelta(minutes=2))

    confirmation = reminder(visit, "appointment_confirmation")
    if body:
        assert confirmation.message is not None
        assert body in confirmation.message.body
    else:
        assert confirmation.reason == Reason.NEVER_BY_MESSAGE


def test_who_confirmed_is_reminded_without_buttons(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    (visit,) = booked(desk, [willing_patient], noon)
    booking.answer(visit, version=1, answer=Answer.CONFIRMED, now=noon + 4 * DAY)

    tick(due_day_before(noon))

    message = reminder(visit, DAY_BEFORE).message
    assert message is not None
    assert "te esperamos" in message.body


def test_a_family_on_one_number_gets_one_reminder(desk: Desk, noon: datetime) -> None:
    family = desk.family(3)
    visits = booked(desk, family, noon)
    before = Message.objects.count()

    tick(due_day_before(noon))

    (message,) = Message.objects.order_by("pk")[before:]
    assert message.is_shared
    first, second, third = (patient.given_name for patient in family)
    assert f"12:00 {first}, 12:20 {second}, 12:40 {third}" in message.body
    assert {reminder(v, DAY_BEFORE).message_id for v in visits} == {message.pk}
    assert AlsoAbout.objects.filter(message=message).count() == 2


def test_a_family_beyond_the_portion_still_gets_one_reminder(desk: Desk, noon: datetime) -> None:
    booked(desk, desk.family(3), noon)
    before = Message.objects.count()

    assert queueing.queue_due(now=due_day_before(noon), limit=1) == 3

    assert Message.objects.count() == before + 1


def test_visits_on_two_days_and_by_two_rules_stay_apart(desk: Desk, noon: datetime) -> None:
    mother, child = desk.family(2)
    desk.book(mother, noon + WEEK, now=noon)
    desk.book(child, noon + WEEK + DAY, now=noon)

    tick(noon + timedelta(minutes=2))
    tick(noon + WEEK - HOUR)

    assert not Message.objects.filter(is_shared=True).exists()


def test_without_the_approved_template_everybody_gets_their_own(desk: Desk, noon: datetime) -> None:
    booked(desk, desk.family(2), noon)
    before = Message.objects.count()
    template = desk.templates["appointments_several"]
    template.status = "PENDING"
    template.save()

    tick(due_day_before(noon))

    assert Message.objects.count() == before + 2


def test_five_patients_on_one_number_ask_for_a_person(desk: Desk, noon: datetime) -> None:
    visits = booked(desk, desk.family(5), noon)
    before = Message.objects.count()

    tick(due_day_before(noon))

    assert Message.objects.count() == before
    assert {plan_of(v)[DAY_BEFORE] for v in visits} == {Reason.TOO_MANY_ON_NUMBER}


def test_patients_who_confirmed_count_among_too_many(desk: Desk, noon: datetime) -> None:
    visits = booked(desk, desk.family(5), noon)
    booking.answer(visits[0], version=1, answer=Answer.CONFIRMED, now=noon + 4 * DAY)

    tick(due_day_before(noon))

    assert reminder(visits[0], DAY_BEFORE).message is not None
    assert {plan_of(v)[DAY_BEFORE] for v in visits[1:]} == {Reason.TOO_MANY_ON_NUMBER}


def test_only_living_patients_crowd_a_number(desk: Desk, noon: datetime) -> None:
    family = desk.family(5)
    visits = booked(desk, family[:2], noon)
    Patient.objects.filter(pk=family[4].pk).update(state=PatientState.DECEASED)

    tick(due_day_before(noon))

    assert all(reminder(v, DAY_BEFORE).is_shared for v in visits)


def test_two_visits_on_a_number_of_five_patients_ask_for_a_person(
    desk: Desk, noon: datetime
) -> None:
    visits = booked(desk, desk.family(5)[:2], noon)

    tick(due_day_before(noon))

    assert {plan_of(v)[DAY_BEFORE] for v in visits} == {Reason.TOO_MANY_ON_NUMBER}


def test_a_rule_switched_off_sends_nothing_it_had_planned(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    (visit,) = booked(desk, [willing_patient], noon)
    rule = desk.rules[DAY_BEFORE]
    rule.is_active = False
    rule.save()

    tick(due_day_before(noon))

    assert plan_of(visit)[DAY_BEFORE] == Reason.CANCELLED_BY_STAFF
    assert reminder(visit, DAY_BEFORE).message is None


@pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.ACCEPTED, Status.SENT])
def test_a_moved_message_waits_for_the_older_one_and_not_for_ever(
    desk: Desk, willing_patient: Patient, noon: datetime, status: Status
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_at = noon + timedelta(minutes=2)
    tick(told_at)
    older = leaves(reminder(visit, "appointment_confirmation").message, at=told_at, status=status)
    if status == Status.UNCERTAIN:
        Message.objects.filter(pk=older.pk).update(accepted_at=None, reason=Reason.UNKNOWN_OUTCOME)
    booking.move(visit, booking.Change(noon + 2 * WEEK), by=None, now=told_at)

    tick(told_at + queueing.SETTLES_WITHIN - timedelta(minutes=1))
    waits = plan_of(visit)["appointment_moved"]
    tick(told_at + queueing.SETTLES_WITHIN + timedelta(minutes=1))

    assert (waits, plan_of(visit)["appointment_moved"]) == ("PLANNED", "QUEUED")


def test_a_contact_who_may_no_longer_be_told_does_not_silence_the_family(
    desk: Desk, noon: datetime
) -> None:
    visits = booked(desk, desk.family(2), noon)
    now = due_day_before(noon)
    tick(now)
    visits[0].patient.contacts.update(until=(now - DAY).date())
    shared = Message.objects.filter(is_shared=True, status=Status.QUEUED)
    outbox.withdraw(shared, reason=Reason.CONTACT_ENDED, now=now)

    assert apart.replan_withheld(now=now, limit=100) == 2
    tick(now)

    assert plan_of(visits[0])[DAY_BEFORE] == Reason.CONTACT_ENDED
    assert plan_of(visits[1])[DAY_BEFORE] == "QUEUED"


def test_who_confirmed_or_is_more_discreet_is_not_named_among_others(
    desk: Desk, noon: datetime
) -> None:
    visits = booked(desk, desk.family(3), noon)
    booking.answer(visits[0], version=1, answer=Answer.CONFIRMED, now=noon + 4 * DAY)
    Contact.objects.filter(patient=visits[1].patient).update(may_be_told=Discretion.CONTACT_US)

    tick(due_day_before(noon))

    bodies = [reminder(v, DAY_BEFORE).message.body for v in visits]  # type: ignore[union-attr]
    assert "te esperamos" in bodies[0]
    assert "llama a" in bodies[1]
    assert "mañana" in bodies[2]


def test_a_move_in_the_family_takes_the_shared_message_back_and_the_others_go_alone(
    desk: Desk, noon: datetime
) -> None:
    visits = booked(desk, desk.family(3), noon)
    now = due_day_before(noon)
    tick(now)
    shared = reminder(visits[0], DAY_BEFORE).message

    booking.move(visits[0], booking.Change(noon + 3 * WEEK), by=None, now=now)
    assert apart.replan_withheld(now=now, limit=100) == 2
    assert apart.replan_withheld(now=now, limit=100) == 0
    tick(now)

    assert shared is not None
    shared.refresh_from_db()
    assert (shared.status, shared.reason) == (Status.WITHHELD, Reason.VISIT_CHANGED)
    alone = [reminder(v, DAY_BEFORE).message for v in visits[1:]]
    assert all(m is not None and m.status == Status.QUEUED and not m.is_shared for m in alone)
    assert len({m.pk for m in alone if m}) == 2


def test_one_patient_without_permission_does_not_silence_the_family(
    desk: Desk, noon: datetime
) -> None:
    visits = booked(desk, desk.family(2), noon)
    now = due_day_before(noon)
    tick(now)
    shared = Message.objects.filter(is_shared=True, status=Status.QUEUED)
    outbox.withdraw(shared, reason=Reason.DECLINED, now=now)

    assert apart.replan_withheld(now=now, limit=100) == 2
    tick(now)

    assert {reminder(v, DAY_BEFORE).status for v in visits} == {"QUEUED"}
    assert Message.objects.filter(status=Status.QUEUED, is_shared=False).count() == 2


def test_nothing_is_planned_apart_once_it_is_useless(desk: Desk, noon: datetime) -> None:
    booked(desk, desk.family(2), noon)
    tick(due_day_before(noon))
    shared = Message.objects.filter(is_shared=True, status=Status.QUEUED)
    outbox.withdraw(shared, reason=Reason.DECLINED, now=noon)

    assert apart.replan_withheld(now=noon + WEEK, limit=100) == 0


def test_no_key_names_a_patient_or_a_number(desk: Desk, noon: datetime) -> None:
    family = desk.family(2)
    booked(desk, family, noon)
    tick(due_day_before(noon))

    keys = " ".join(Message.objects.values_list("dedupe_key", flat=True))

    assert Reminder.objects.exists()
    assert factories.phone_of(family[0]).number not in keys
    assert family[0].given_name not in keys
