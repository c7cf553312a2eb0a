"""When a campaign will be done, as the daily limit and other campaigns leave it."""

from datetime import datetime, timedelta

import pytest

from campaigns import forecast, launching
from campaigns.models import Campaign
from tests.campaigns.invitees import invite
from whatsapp import seats
from whatsapp.models import Portfolio, TierSeat

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def portfolio(campaign: Campaign) -> Portfolio:
    Portfolio.objects.update(daily_limit=100)
    return Portfolio.objects.get()


def plan(portfolio: Portfolio, noon: datetime, for_campaigns: int, kept: int) -> None:
    by_day = {noon.date() + n * DAY: kept for n in range(7)}
    made = seats.Plan(for_campaigns, for_campaigns, made_for=noon, kept_by_day=by_day)
    seats.write_plan(portfolio.pk, made)


def days_until_done(campaign: Campaign, people: int, noon: datetime) -> int | None:
    done_at = forecast.of_campaign(campaign, people, now=noon)
    return None if done_at is None else (done_at.date() - noon.date()).days


def test_without_a_limit_it_is_done_today(campaign: Campaign, noon: datetime) -> None:
    assert days_until_done(campaign, 5000, noon) == 0


def test_it_takes_as_many_days_as_the_reminders_leave_places(
    campaign: Campaign, portfolio: Portfolio, noon: datetime
) -> None:
    plan(portfolio, noon, for_campaigns=30, kept=60)

    assert days_until_done(campaign, 30, noon) == 0
    assert days_until_done(campaign, 31, noon) == 1
    # Days of which nothing is known yet leave as much as the others.
    assert days_until_done(campaign, 30 + 10 * 40, noon) == 10


def test_what_is_in_use_now_is_not_given_away_again(
    campaign: Campaign, portfolio: Portfolio, noon: datetime
) -> None:
    plan(portfolio, noon, for_campaigns=100, kept=0)
    patients = [invite(campaign) for _ in range(3)]
    TierSeat.objects.bulk_create(
        TierSeat(portfolio=portfolio, phone=patient.contacts.get().phone, last_at=noon)
        for patient in patients
    )

    assert days_until_done(campaign, 97, noon) == 0
    assert days_until_done(campaign, 98, noon) == 1


def test_other_campaigns_take_their_turns(
    campaign: Campaign, portfolio: Portfolio, noon: datetime
) -> None:
    plan(portfolio, noon, for_campaigns=10, kept=90)
    for _ in range(5):
        invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)

    assert days_until_done(campaign, 5, noon) == 0
    assert days_until_done(campaign, 6, noon) == 1
    own = forecast.of_run(run, now=noon)
    assert own is not None
    assert own.date() == noon.date()


def test_a_run_stays_useful_until_the_limit_has_let_it_through(
    campaign: Campaign, portfolio: Portfolio, noon: datetime
) -> None:
    plan(portfolio, noon, for_campaigns=1, kept=99)
    for _ in range(6):
        invite(campaign)

    run = launching.start(campaign, by=None, now=noon)

    assert run.expires_at > noon + 5 * DAY + launching.USEFUL_FOR - timedelta(hours=12)


def test_a_campaign_that_would_never_be_done_does_not_start(
    campaign: Campaign, portfolio: Portfolio, noon: datetime
) -> None:
    plan(portfolio, noon, for_campaigns=0, kept=100)
    invite(campaign)

    with pytest.raises(launching.NotAllowed, match="daily limit"):
        launching.start(campaign, by=None, now=noon)
