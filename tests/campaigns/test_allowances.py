"""A campaign's own rate and daily cap hold where it counts: in what may be claimed."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from campaigns import launching, progress, sweeping
from campaigns.models import Campaign, DayCount, FreeSlots, Recipient, Run, RunStatus
from healthmsg.clinic.models import Clinic, Patient, Purpose
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp import leasing, serving
from whatsapp.claiming import Claims, Terms
from whatsapp.connection import connect
from whatsapp.models import Message, Sender
from whatsapp.status import Lane, Reason, Status

pytestmark = pytest.mark.django_db(transaction=True)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def begin(campaign: Campaign, now: datetime, people: int, **limits: object) -> Run:
    Campaign.objects.filter(pk=campaign.pk).update(**limits)
    for _ in range(people):
        invite(campaign)
    return launching.start(campaign, by=None, now=now)


def claim(sender: Sender, now: datetime, wanted: int = 100) -> int:
    """Lease what may leave at this moment, as a pump does; how many."""

    async def run() -> int:
        terms = Terms(sender.pk, True, lambda _now: serving.EVERYTHING, lambda: now)
        async with await connect() as held:
            await held.execute(leasing.STEADY)
            return len((await Claims(held, terms)(wanted)).claimed)

    return asyncio.run(run())


def send(sender: Sender, now: datetime) -> int:
    """Claim and have it accepted."""
    if not Message.objects.filter(send_after__lte=now).exists():
        return 0
    count = claim(sender, now)
    Message.objects.filter(status=Status.SENDING).update(
        status=Status.ACCEPTED, accepted_at=now, leased_until=None
    )
    return count


def poured(run: Run) -> int:
    return Recipient.objects.filter(run=run, message__isnull=False).count()


def fullest(leaving: Counter[int], seconds: int) -> int:
    """Return how many left in the fullest stretch of so many seconds."""
    return max(sum(leaving[s] for s in range(b, b + seconds)) for b in range(max(leaving) + 1))


def test_no_minute_has_more_than_the_rate_though_it_was_held_up_and_ticks_came_late(
    campaign: Campaign, sender: Sender, noon: datetime
) -> None:
    begin(campaign, noon, 90, own_rate=20, own_rate_per="MINUTE")
    leaving: Counter[int] = Counter()
    for second in range(200):
        now = noon + second * SECOND
        # Ticks every five seconds, none from 40 to 60; the number is stopped from 80 to 120.
        if second % 5 == 0 and not 40 < second < 60:
            launching.pour(now=now)
        if second in {80, 120}:
            Sender.objects.update(
                held_at=noon if second == 80 else None, held_reason="looked at" * (second == 80)
            )
        if second % 2 == 0:
            leaving[second] += send(sender, now)

    assert fullest(leaving, 60) <= 20 + 1  # two seconds' grain of the claims
    assert sum(leaving.values()) >= 40


def test_a_rate_by_the_hour_is_spread_over_it(
    campaign: Campaign, sender: Sender, noon: datetime
) -> None:
    run = begin(campaign, noon, 10, own_rate=6, own_rate_per="HOUR")

    counts = []
    for minute in range(31):
        launching.pour(now=noon + minute * MINUTE)
        send(sender, noon + minute * MINUTE)
        counts.append(poured(run))

    assert (counts[0], counts[9], counts[10], counts[30]) == (1, 1, 2, 4)


def test_the_daily_cap_holds_over_a_restart_and_ends_with_the_clinics_day(
    campaign: Campaign, sender: Sender, noon: datetime
) -> None:
    run = begin(campaign, noon, 12, daily_cap=5)
    for n in range(4):
        launching.pour(now=noon + n * HOUR)
        send(sender, noon + n * HOUR)
    assert poured(run) == 5
    assert Run.objects.get(pk=run.pk).status == RunStatus.POURING

    # 23:30 in Buenos Aires is no hour to queue in; at 09:00 a new day has begun.
    launching.pour(now=noon + timedelta(hours=11.5))
    assert poured(run) == 5
    launching.pour(now=noon + 21 * HOUR)
    assert poured(run) == 10
    days = DayCount.objects.filter(campaign=campaign).order_by("day").values_list("day", "count")
    assert list(days) == [(date(2026, 3, 10), 5), (date(2026, 3, 11), 5)]


def test_what_is_left_over_at_midnight_counts_on_the_day_it_leaves(
    campaign: Campaign, sender: Sender, noon: datetime
) -> None:
    begin(campaign, noon, 12, daily_cap=5)
    launching.pour(now=noon)
    assert claim(sender, noon, wanted=2) == 2  # three wait until tomorrow

    launching.pour(now=noon + 21 * HOUR)

    assert send(sender, noon + 21 * HOUR) == 5


@pytest.mark.parametrize(
    "night",
    [
        pytest.param(datetime(2026, 3, 28, 18, tzinfo=UTC), id="an-hour-is-skipped"),
        pytest.param(datetime(2026, 10, 24, 17, tzinfo=UTC), id="an-hour-is-repeated"),
    ],
)
def test_the_night_clocks_change_is_one_day_change(
    campaign: Campaign, sender: Sender, night: datetime
) -> None:
    Clinic.objects.update(time_zone="Europe/Berlin")
    run = begin(campaign, night, 12, daily_cap=4)

    counts = []
    for hour in range(30):
        launching.pour(now=night + hour * HOUR)
        send(sender, night + hour * HOUR)
        counts.append(poured(run))

    assert counts[0] == 4
    assert sorted(set(counts)) == [4, 8]
    assert DayCount.objects.count() == 2


def test_two_runs_of_one_campaign_share_its_day(
    campaign: Campaign, sender: Sender, noon: datetime
) -> None:
    begin(campaign, noon, 9, daily_cap=5)
    launching.start(campaign, by=None, now=noon + MINUTE)
    launching.pour(now=noon + MINUTE, portion=1)

    at_once(lambda run: launching._pour_one(run.pk, 4, noon + MINUTE))

    assert Message.objects.count() == 5


def at_once(pour: Callable[[Run], int]) -> None:
    """Do it for each run, in a thread of its own, all at the same moment."""
    runs = list(Run.objects.all())
    gate = threading.Barrier(len(runs))

    def tick(run: Run) -> None:
        try:
            gate.wait(5)
            pour(run)
        finally:
            connection.close()

    ticks = [threading.Thread(target=tick, args=(run,)) for run in runs]
    for thread in ticks:
        thread.start()
    for thread in ticks:
        thread.join(20)


def test_campaigns_that_pour_at_once_share_the_slots_of_a_site(
    campaign: Campaign, sender: Sender, noon: datetime
) -> None:
    kind, site = factories.make_kind(campaign.clinic), factories.make_site(campaign.clinic)
    campaign.visit_kind, campaign.expected_percent = kind, 100
    campaign.save()
    other = factories.make_campaign(
        campaign.clinic, audience=campaign.audience, visit_kind=kind, expected_percent=100
    )
    for _ in range(9):
        Patient.objects.filter(pk=invite(campaign).pk).update(site=site)
    for one in (campaign, other):
        FreeSlots.objects.create(campaign=one, site=site, a_day=5)
        launching.start(one, by=None, now=noon)
    launching.pour(now=noon, portion=1)

    at_once(lambda run: launching._pour_one(run.pk, 4, noon))

    assert Message.objects.count() == 5


def test_what_its_cap_leaves_over_at_its_end_was_too_late(
    campaign: Campaign, sender: Sender, noon: datetime
) -> None:
    run = begin(campaign, noon, 5, daily_cap=2)
    launching.pour(now=noon)
    send(sender, noon)

    assert sweeping.end_what_is_over(now=run.expires_at) == 3

    assert Run.objects.get(pk=run.pk).status == RunStatus.DONE
    counted = progress.of(run, now=noon)
    assert counted.adds_up
    assert counted.not_sent == {Reason.TOO_LATE: 3}


def test_a_trial_of_a_slow_campaign_waits_until_all_of_it_is_queued(
    campaign: Campaign, sender: Sender, noon: datetime
) -> None:
    run = begin(campaign, noon, 6, daily_cap=2, trial_size=3)
    for n in range(2):
        launching.pour(now=noon + n * MINUTE)
    send(sender, noon)
    assert Run.objects.get(pk=run.pk).trial_ends_at is None

    for n in range(2):
        launching.pour(now=noon + 24 * HOUR + n * MINUTE)

    assert poured(run) == 3
    assert Run.objects.get(pk=run.pk).trial_ends_at is not None


def test_a_household_is_one_message_of_the_day(
    campaign: Campaign, sender: Sender, noon: datetime
) -> None:
    phone = factories.make_phone(campaign.clinic)
    for _ in range(4):
        invite(campaign, phone=phone)
    run = begin(campaign, noon, 3, daily_cap=2)

    launching.pour(now=noon)
    launching.pour(now=noon + MINUTE)

    assert Message.objects.count() == 2
    assert poured(run) == 5


def test_other_campaigns_are_not_slowed(campaign: Campaign, sender: Sender, noon: datetime) -> None:
    begin(campaign, noon, 3, own_rate=1, own_rate_per="HOUR")
    patients = [
        factories.make_patient(campaign.clinic, consents=(Purpose.PREVENTION,)) for _ in range(5)
    ]
    other = factories.make_campaign(
        campaign.clinic, audience=factories.make_audience(campaign.clinic, *patients, name="x")
    )
    launching.start(other, by=None, now=noon)

    launching.pour(now=noon)

    lanes = Counter(Message.objects.values_list("stream__name", "lane"))
    assert lanes == {(campaign.name, int(Lane.BROADCAST)): 1, (other.name, int(Lane.BROADCAST)): 5}
