"""When a campaign will be done, as the daily limit and other campaigns leave it."""

from datetime import datetime, timedelta

import pytest

from campaigns import audience, forecast, launching, refusing
from campaigns.models import Campaign, DayCount, FreeSlots
from healthmsg.clinic.models import ClosingDay, Patient
from tests import factories
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
    made = seats.Plan(for_campaigns, for_campaigns, made_for=noon, seated=0, kept_by_day=by_day)
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

    with pytest.raises(refusing.NotAllowed, match="daily limit"):
        launching.start(campaign, by=None, now=noon)


def test_its_own_rate_and_cap_take_their_time(campaign: Campaign, noon: datetime) -> None:
    campaign.own_rate, campaign.own_rate_per = 60, "HOUR"
    assert forecast.of_campaign(campaign, 60, now=noon) == noon + timedelta(hours=1)

    campaign.daily_cap = 100
    DayCount.objects.create(campaign=campaign, day=noon.date(), count=40)
    assert [days_until_done(campaign, n, noon) for n in (60, 61, 160, 161)] == [0, 1, 1, 2]
    assert forecast.ahead(campaign, 1000, now=noon).today == 60


def test_other_campaigns_are_not_bound_by_it(campaign: Campaign, noon: datetime) -> None:
    campaign.daily_cap = 1
    campaign.save()
    for _ in range(5):
        invite(campaign)
    launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    other = factories.make_campaign(campaign.clinic)

    assert days_until_done(other, 50, noon) == 0


def test_a_site_lets_in_what_its_open_days_have_free(campaign: Campaign, noon: datetime) -> None:
    campaign.visit_kind = factories.make_kind(campaign.clinic)
    campaign.expected_percent = 50
    campaign.save()
    site = factories.make_site(campaign.clinic)
    FreeSlots.objects.create(campaign=campaign, site=site, a_day=1)
    ClosingDay.objects.create(site=site, closed_on=noon.date() + DAY)
    for n in range(6):
        patient = invite(campaign)
        if n < 4:
            Patient.objects.filter(pk=patient.pk).update(site=site)
    check = audience.check(audience.of(campaign, now=noon))
    assert check.by_site == {site.pk: 4, 0: 2}

    ahead = forecast.ahead(campaign, check.messages, by_site=check.by_site, now=noon)

    # Two now, none tomorrow, two on the day after; whoever has no site goes now.
    assert ahead.today == 4
    assert ahead.done_at is not None
    assert (ahead.done_at.date() - noon.date()).days == 2
    run = launching.start(campaign, by=None, now=noon)
    for n in range(3):
        launching.pour(now=noon + n * DAY)
        assert (forecast.of_run(run, now=noon + n * DAY) is not None) == (n < 3)
    assert run.recipients.filter(message=None).count() == 0


def test_what_its_own_limits_never_let_through_does_not_start(
    campaign: Campaign, noon: datetime
) -> None:
    for _ in range(61):
        invite(campaign)
    Campaign.objects.update(daily_cap=1)

    with pytest.raises(refusing.NotAllowed, match="over 60 days"):
        launching.start(campaign, by=None, now=noon)


def test_campaigns_share_what_can_leave_today(
    campaign: Campaign, portfolio: Portfolio, noon: datetime
) -> None:
    plan(portfolio, noon, for_campaigns=10, kept=90)
    for _ in range(5):
        invite(campaign)
    launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)

    assert forecast.ahead(campaign, 15, now=noon).today == 7
    assert forecast.ahead(campaign, 15, now=noon + timedelta(hours=10)).today == 0
