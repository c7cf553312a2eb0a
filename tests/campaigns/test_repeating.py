"""What is planned starts once, on time or as its late rule says, and in somebody's name."""

import threading
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import CrontabSchedule

from campaigns import repeating
from campaigns.admin import planning
from campaigns.models import Campaign, Run, WhenLate
from healthmsg.clinic.models import StaffUser
from tests import factories
from tests.campaigns.invitees import invite

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def owner(campaign: Campaign) -> StaffUser:
    user = StaffUser.objects.create(username="owner", is_staff=True)
    user.clinics.add(campaign.clinic)
    return user


def values(owner: StaffUser, **own: object) -> dict[str, object]:
    return {
        "how": planning.DAILY,
        "hour": time(13),
        "day": None,
        "weekdays": [],
        "day_of_month": None,
        "ends_on": None,
        "when_late": WhenLate.SKIP,
        "owner": owner,
    } | own


@pytest.fixture
def daily(campaign: Campaign, owner: StaffUser, noon: datetime) -> Campaign:
    """Every day at one, by the clinic's clocks; it is noon."""
    invite(campaign)
    planning.plan(campaign, values(owner), by=owner, now=noon)
    return campaign


def runs() -> list[datetime]:
    return list(Run.objects.order_by("occurrence_at").values_list("occurrence_at", flat=True))


def test_it_starts_at_its_hour_once(daily: Campaign, noon: datetime) -> None:
    one = noon + timedelta(hours=1)
    assert daily.next_run_at == one
    assert repeating.start_due(now=noon + timedelta(minutes=59)) == 0

    assert repeating.start_due(now=one + timedelta(seconds=4)) == 1
    assert repeating.start_due(now=one + timedelta(seconds=9)) == 0

    assert runs() == [one]
    daily.refresh_from_db()
    assert daily.next_run_at == one + DAY


def test_what_an_outage_missed_is_left_out_and_says_so(daily: Campaign, noon: datetime) -> None:
    assert repeating.start_due(now=noon + timedelta(hours=3)) == 0

    daily.refresh_from_db()
    assert runs() == []
    assert "its time had passed" in daily.not_started_because
    assert daily.next_run_at == noon + timedelta(hours=1) + DAY


def test_what_an_outage_missed_is_sent_late_once_where_that_is_wanted(
    daily: Campaign, noon: datetime
) -> None:
    Campaign.objects.update(when_late=WhenLate.SEND)

    # Three days were missed: one message is late, not three.
    assert repeating.start_due(now=noon + 3 * DAY) == 1

    assert runs() == [noon + timedelta(hours=1) + 2 * DAY]


def test_nothing_is_sent_in_the_name_of_somebody_who_left(
    daily: Campaign, owner: StaffUser, noon: datetime
) -> None:
    owner.is_active = False
    owner.save()

    assert repeating.start_due(now=noon + timedelta(hours=1)) == 0

    daily.refresh_from_db()
    assert "has left" in daily.not_started_because


def test_what_may_not_start_says_why_and_is_due_again(daily: Campaign, noon: datetime) -> None:
    daily.audience.lists.get().entries.all().delete()

    assert repeating.start_due(now=noon + timedelta(hours=1)) == 0

    daily.refresh_from_db()
    assert daily.not_started_because == "Nobody would get it."
    assert daily.next_run_at == noon + timedelta(hours=1) + DAY


def test_a_plan_that_says_nothing_holds_up_nobody_else(
    daily: Campaign, owner: StaffUser, noon: datetime
) -> None:
    other = factories.make_campaign(
        daily.clinic, audience=daily.audience, template_name=daily.template_name
    )
    planning.plan(other, values(owner, hour=time(13, 1)), by=owner, now=noon)
    CrontabSchedule.objects.filter(pk=daily.crontab_id).update(minute="61")

    assert repeating.start_due(now=noon + timedelta(hours=1, minutes=2)) == 1

    assert Run.objects.get().campaign == other
    daily.refresh_from_db()
    assert daily.next_run_at is None
    assert "cannot be read" in daily.not_started_because


def test_it_ends_with_its_last_day(campaign: Campaign, owner: StaffUser, noon: datetime) -> None:
    invite(campaign)
    planning.plan(campaign, values(owner, ends_on=date(2026, 3, 10)), by=owner, now=noon)

    assert repeating.start_due(now=noon + timedelta(hours=1)) == 1

    campaign.refresh_from_db()
    assert campaign.next_run_at is None


def test_a_moment_comes_once(campaign: Campaign, owner: StaffUser, noon: datetime) -> None:
    invite(campaign)
    once = values(owner, how=planning.ONCE, day=date(2026, 3, 11))
    planning.plan(campaign, once, by=owner, now=noon)
    moment = noon + timedelta(hours=1) + DAY
    assert campaign.next_run_at == moment
    assert planning.present(campaign)["day"] == date(2026, 3, 11)

    assert [repeating.start_due(now=moment + n * DAY) for n in range(2)] == [1, 0]
    assert runs() == [moment]


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_start_it_once(daily: Campaign, noon: datetime) -> None:
    both = threading.Barrier(2)
    started: list[int] = []

    def tick() -> None:
        both.wait(5)
        started.append(repeating.start_due(now=noon + timedelta(hours=1)))
        connection.close()

    threads = [threading.Thread(target=tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert sorted(started) == [0, 1]
    assert len(runs()) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"how": "WEEKLY"}, "Needed for what you chose above."),
        ({"how": "MONTHLY"}, "Needed for what you chose above."),
        ({"how": "ONCE", "day": ""}, "Needed for what you chose above."),
        ({"how": "ONCE", "day": "2020-01-01"}, "This moment has passed."),
        ({"hour": "23:30"}, "The clinic sends nothing at this hour."),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused(
    client: Client, campaign: Campaign, owner: StaffUser, typed: dict[str, str], words: str
) -> None:
    owner.is_superuser = True
    owner.save()
    client.force_login(owner)
    form = {"how": "DAILY", "hour": "10:00", "when_late": "SKIP", "owner": str(owner.pk)}

    page = client.post(
        reverse("admin:campaigns_campaign_plan", args=[campaign.pk]), form | typed
    ).content.decode()

    assert words in page
    campaign.refresh_from_db()
    assert campaign.next_run_at is None


def test_a_week_is_planned_and_shown_as_it_was(
    client: Client, campaign: Campaign, owner: StaffUser
) -> None:
    owner.is_superuser = True
    owner.save()
    client.force_login(owner)
    form = {"how": "WEEKLY", "hour": "10:30", "when_late": "SEND", "owner": str(owner.pk)}
    address = reverse("admin:campaigns_campaign_plan", args=[campaign.pk])

    answer = client.post(address, form | {"weekdays": ["1", "4"]})

    assert answer.status_code == 302
    campaign.refresh_from_db()
    assert campaign.crontab is not None
    assert repeating.expression_of(campaign.crontab) == "30 10 * * 1,4"
    shown = planning.present(campaign)
    assert (shown["how"], shown["weekdays"]) == (planning.WEEKLY, ["1", "4"])
    assert campaign.next_run_at is not None
