"""The daily limit: who is reminded, who goes to the call list in good time, what campaigns get."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthmsg.clinic.models import Purpose, VisitStatus
from reminders import booking, call_list, day_plan
from reminders.models import LimitDay, Reminder, ReminderRule
from reminders.standing import Standing
from tests import factories
from tests.reminders.desk import Desk, leaves, plan_of, reminder, tick
from tests.reminders.limited import booked, limit, people, plan
from whatsapp.models import Message
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAYS_BEFORE = "appointment_reminder_days"
DAY_BEFORE, MOVED = "appointment_reminder_tomorrow", "appointment_moved"


def left_out(template: str) -> int:
    return Reminder.objects.filter(
        rule__template_name=template, status="SKIPPED", reason=Reason.DAILY_LIMIT
    ).count()


def test_what_the_limit_leaves_no_place_for_is_left_out_a_day_ahead(
    desk: Desk, noon: datetime
) -> None:
    visits = booked(desk, people(desk, 6), noon + WEEK, noon)
    limit(desk, 4)
    # A day and an hour before the first reminder nothing is decided yet.
    assert plan(noon + 3 * DAY - 3 * HOUR) == 0

    assert plan(noon + 3 * DAY - HOUR) == 3

    # One place of four is kept for changes.
    plans = [plan_of(visit)[DAYS_BEFORE] for visit in visits]
    assert plans == ["PLANNED"] * 3 + [Reason.DAILY_LIMIT] * 3
    assert plan(noon + 3 * DAY - HOUR) == 0


def test_the_day_before_goes_before_three_days_before(desk: Desk, noon: datetime) -> None:
    near = booked(desk, people(desk, 3), noon + WEEK, noon)
    far = booked(desk, people(desk, 3), noon + WEEK + 2 * DAY, noon)
    limit(desk, 4)
    tick(noon + 4 * DAY)
    for message in Message.objects.filter(status=Status.QUEUED):
        leaves(message, at=noon + 4 * DAY)

    plan(noon + 6 * DAY - 3 * HOUR)

    assert [plan_of(visit)[DAY_BEFORE] for visit in near] == ["PLANNED"] * 3
    assert [plan_of(visit)[DAYS_BEFORE] for visit in far] == [Reason.DAILY_LIMIT] * 3
    # A later reminder makes up for it: nobody has to call.
    rows = call_list.standings(
        desk.clinic, after=noon, before=noon + 30 * DAY, now=noon + 6 * DAY - 3 * HOUR
    )
    standing = {row.appointment.pk: row.standing for row in rows}
    assert {standing[visit.pk] for visit in far} == {Standing.WAITING}


def test_whose_last_reminder_is_left_out_is_on_the_call_list_in_good_time(
    desk: Desk, noon: datetime
) -> None:
    visits = booked(desk, people(desk, 4), noon + WEEK, noon)
    ReminderRule.objects.filter(template_name=DAYS_BEFORE).update(is_active=False)
    limit(desk, 3)
    at = noon + 5 * DAY

    plan(at)

    assert plan_of(visits[-1])[DAY_BEFORE] == Reason.DAILY_LIMIT
    rows = call_list.standings(desk.clinic, after=at, before=at + 3 * DAY, now=at)
    last = [row for row in rows if row.appointment == visits[-1]]
    assert [(row.standing, row.reason) for row in last] == [(Standing.NOT_SENT, Reason.DAILY_LIMIT)]
    assert visits[-1] in {
        row.appointment for row in call_list.to_call(desk.clinic, now=at, within=3 * DAY)
    }


def test_a_higher_limit_takes_them_back_in(desk: Desk, noon: datetime) -> None:
    booked(desk, people(desk, 6), noon + WEEK, noon)
    limit(desk, 4)
    plan(noon + 3 * DAY)
    assert left_out(DAYS_BEFORE) == 3

    limit(desk, 2000)

    assert plan(noon + 3 * DAY + MINUTE) == 3
    assert left_out(DAYS_BEFORE) == 0
    assert tick(noon + 4 * DAY) == 6


def test_what_was_left_out_and_is_cancelled_stays_unsaid(desk: Desk, noon: datetime) -> None:
    visits = booked(desk, people(desk, 3), noon + WEEK, noon)
    limit(desk, 2)
    plan(noon + 3 * DAY)
    assert plan_of(visits[2])[DAYS_BEFORE] == Reason.DAILY_LIMIT
    booking.cancel(visits[2], status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + 3 * DAY)
    limit(desk, 2000)

    plan(noon + 3 * DAY + MINUTE)

    assert not Reminder.objects.filter(
        appointment=visits[2], rule__template_name=DAYS_BEFORE, status="PLANNED"
    ).exists()


def test_a_change_is_told_where_nothing_else_is(desk: Desk, noon: datetime) -> None:
    (visit,) = booked(desk, people(desk, 1), noon + WEEK, noon)
    limit(desk, 1)
    plan(noon)

    moved = booking.Change(starts_at=noon + WEEK + DAY)
    booking.move(visit, moved, by=None, now=noon + HOUR)
    plan(noon + HOUR)
    tick(noon + HOUR + 2 * MINUTE)

    assert plan_of(visit)[MOVED] == "QUEUED"


def test_nobody_who_would_be_refused_takes_a_place(desk: Desk, noon: datetime) -> None:
    never_asked = [factories.make_patient(desk.clinic, consents=()) for _ in range(3)]
    only_offers = [
        factories.make_patient(desk.clinic, consents=(Purpose.MARKETING,)) for _ in range(2)
    ]
    booked(desk, [*never_asked, *only_offers], noon + WEEK, noon)
    willing = booked(desk, people(desk, 3), noon + WEEK + 5 * HOUR, noon)
    limit(desk, 4)

    plan(noon + 3 * DAY)

    assert [plan_of(visit)[DAYS_BEFORE] for visit in willing] == ["PLANNED"] * 3
    assert LimitDay.objects.get(day=noon.date() + 4 * DAY).people == 3


def test_a_clinic_in_practice_needs_no_place(desk: Desk, noon: datetime) -> None:
    visits = booked(desk, people(desk, 3), noon + WEEK, noon)
    limit(desk, 1)
    assert not desk.clinic.is_live

    day_plan.make(now=noon + 3 * DAY, uses_sandbox=False)

    assert [plan_of(visit)[DAYS_BEFORE] for visit in visits] == ["PLANNED"] * 3


def test_campaigns_get_what_planned_reminders_leave(desk: Desk, noon: datetime) -> None:
    booked(desk, people(desk, 30), noon + WEEK, noon)
    portfolio = limit(desk, 100)

    plan(noon + 3 * DAY + HOUR)

    portfolio.refresh_from_db()
    # The day's margin for what nobody has booked yet is five in a hundred at least.
    assert portfolio.campaign_seats == 100 - 30 - 5
    assert portfolio.seats_kept == 35
    assert portfolio.plan_made_at is not None


def test_the_margin_is_what_the_last_day_brought(desk: Desk, noon: datetime) -> None:
    for patient in people(desk, 20):
        desk.book(patient, noon + 30 * DAY, now=noon)
    tick(noon + 2 * MINUTE)
    portfolio = limit(desk, 100)

    plan(noon + 2 * MINUTE)

    portfolio.refresh_from_db()
    # Twenty wait in the queue, and twenty more are expected until tomorrow.
    assert portfolio.campaign_seats == 60


def test_days_ahead_say_how_many_and_which_rule_would_spare_them(
    desk: Desk, noon: datetime
) -> None:
    booked(desk, people(desk, 3), noon + WEEK, noon)
    booked(desk, people(desk, 4), noon + WEEK + 2 * DAY, noon)
    portfolio = limit(desk, 5)

    plan(noon + DAY)

    days = {row.day: row for row in LimitDay.objects.filter(portfolio=portfolio)}
    crowded = days[noon.date() + 6 * DAY]
    assert (crowded.people, crowded.places, crowded.spared) == (7, 4, 4)
    assert crowded.rule == desk.rules[DAYS_BEFORE]
    assert days[noon.date() + 4 * DAY].people == 3
    assert days[noon.date() + DAY].used == 0


def test_without_a_limit_there_is_no_plan(desk: Desk, noon: datetime) -> None:
    booked(desk, people(desk, 2), noon + WEEK, noon)

    assert plan(noon + 3 * DAY) == 0
    assert not LimitDay.objects.exists()


def test_a_plan_asks_no_more_with_more_reminders(desk: Desk, noon: datetime) -> None:
    limit(desk, 1000)
    plan(noon)
    booked(desk, people(desk, 2), noon + WEEK, noon)
    with CaptureQueriesContext(connection) as few:
        plan(noon + 3 * DAY)
    booked(desk, people(desk, 20), noon + WEEK + HOUR, noon)
    with CaptureQueriesContext(connection) as many:
        plan(noon + 3 * DAY)

    assert len(many) == len(few)


@pytest.mark.django_db(transaction=True)
def test_two_plans_at_once_leave_out_the_same(desk: Desk, noon: datetime) -> None:
    booked(desk, people(desk, 8), noon + WEEK, noon)
    limit(desk, 4)

    def in_a_thread() -> None:
        try:
            plan(noon + 3 * DAY)
        finally:
            connection.close()

    threads = [threading.Thread(target=in_a_thread) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert left_out(DAYS_BEFORE) == 5


def test_a_reminder_that_is_queued_meanwhile_is_not_left_out(desk: Desk, noon: datetime) -> None:
    (visit,) = booked(desk, people(desk, 1), noon + WEEK, noon)
    limit(desk, 0)
    tick(noon + 4 * DAY)

    plan(noon + 4 * DAY)

    assert reminder(visit, DAYS_BEFORE).status == "QUEUED"
