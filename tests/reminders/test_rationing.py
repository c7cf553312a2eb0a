"""Confirmations and the daily limit: they are due at once, so no plan has asked for them yet."""

from datetime import datetime, timedelta

import pytest

from reminders.models import Reminder
from tests import factories
from tests.reminders.desk import Desk, plan_of, tick
from tests.reminders.limited import booked, limit, people, plan
from whatsapp.models import Conversation, TierSeat
from whatsapp.status import Reason

pytestmark = pytest.mark.django_db

BOOKED, DAYS_BEFORE = "appointment_confirmation", "appointment_reminder_days"
WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_a_confirmation_gives_way_to_the_reminders_of_the_day(desk: Desk, noon: datetime) -> None:
    booked(desk, people(desk, 3), noon + WEEK, noon)
    limit(desk, 5)
    at = noon + 6 * DAY - 3 * HOUR
    Reminder.objects.filter(rule__template_name=DAYS_BEFORE).update(status="SKIPPED")
    plan(at)

    visits = [desk.book(p, noon + 30 * DAY, now=at) for p in people(desk, 2)]
    tick(at + 2 * MINUTE)

    # Of five places one is kept for changes and three for tomorrow's patients.
    assert sorted(plan_of(v)[BOOKED] for v in visits) == [Reason.DAILY_LIMIT, "QUEUED"]


def test_who_talks_with_us_or_was_written_to_gets_a_confirmation_all_the_same(
    desk: Desk, noon: datetime
) -> None:
    talking, seated, new = people(desk, 3)
    portfolio = limit(desk, 1)
    Conversation.objects.create(
        sender=desk.sender, phone=factories.phone_of(talking), last_inbound_at=noon
    )
    TierSeat.objects.create(portfolio=portfolio, phone=factories.phone_of(seated), last_at=noon)
    plan(noon)

    visits = [desk.book(p, noon + 30 * DAY, now=noon) for p in (talking, seated, new)]
    tick(noon + 2 * MINUTE)

    plans = [plan_of(visit)[BOOKED] for visit in visits]
    assert plans == ["QUEUED", "QUEUED", Reason.DAILY_LIMIT]


def test_without_a_fresh_plan_confirmations_go(desk: Desk, noon: datetime) -> None:
    limit(desk, 0)

    visits = [desk.book(p, noon + 30 * DAY, now=noon) for p in people(desk, 2)]
    tick(noon + 2 * MINUTE)

    # The claim itself asks the limit again, whatever anybody planned.
    assert [plan_of(visit)[BOOKED] for visit in visits] == ["QUEUED", "QUEUED"]


def test_each_confirmation_takes_its_place_from_the_next(desk: Desk, noon: datetime) -> None:
    limit(desk, 4)
    plan(noon)

    for patient in people(desk, 5):
        desk.book(patient, noon + 30 * DAY, now=noon)
        tick(noon + 2 * MINUTE)

    rows = Reminder.objects.filter(rule__template_name=BOOKED)
    assert rows.filter(status="QUEUED").count() == 3
    assert rows.filter(reason=Reason.DAILY_LIMIT).count() == 2
