"""Runs under load: stopped, let go on, repeated, tried out; the sandbox's ledger judges."""

from datetime import UTC, datetime, time, timedelta
from functools import partial
from time import time as clock
from zoneinfo import ZoneInfo

import pytest
from django_celery_beat.models import CrontabSchedule

from campaigns import launching, repeating, trial
from campaigns.models import Recipient, Run, RunStatus
from healthmsg.clinic import consent
from healthmsg.clinic.consent import Evidence
from healthmsg.clinic.models import GivenHow, Patient, Purpose
from tests import factories
from tests.journeys import runs
from tests.running_house import House, Practice, make_practice
from whatsapp.models import Message, Template
from whatsapp.status import Reason, Status

# A request that is on its way when somebody presses the button arrives.
AT_ONCE = 2.0


def test_a_run_that_is_started_waits_for_no_tick(practice: Practice, house: House) -> None:
    run = runs.start(runs.campaign_for(practice, runs.invite(practice, 5)), house)

    runs.without_a_tick(lambda: runs.left_count(house) == 5)

    runs.judge(house, run, 5)


def test_paused_and_let_go_on_again_and_again_everybody_gets_it_once(
    practice: Practice, house: House
) -> None:
    people = 200
    campaign = runs.campaign_for(practice, runs.invite(practice, people))
    run = runs.start(campaign, house, per_second=40)

    for share in (0.1, 0.5):
        enough = int(people * share)
        house.until(runs.while_it_adds_up(run, people, partial(has_left, house, enough)))
        pressed_at = clock()
        assert launching.pause(run, reason="a word is wrong", now=house.now)
        runs.keep_ticking(house, seconds=AT_ONCE)
        count = runs.left_count(house)
        runs.keep_ticking(house, seconds=0.5)
        assert runs.left_count(house) == count < people
        assert runs.last_left_at(house) - pressed_at < AT_ONCE
        assert runs.judge(house, run, people).waiting > 0
        assert launching.resume(runs.fresh(run), now=house.now)

    house.until(runs.while_it_adds_up(run, people, lambda: runs.is_done(run)))
    house.settle()
    assert len(runs.left(house)) == people
    assert runs.judge(house, run, people).by_status == {Status.READ: people}


def test_whoever_takes_a_permission_back_while_it_runs_gets_nothing_more(
    practice: Practice, house: House
) -> None:
    people = 160
    invited = runs.invite(practice, people)
    run = runs.start(runs.campaign_for(practice, invited), house, per_second=15)
    house.until(partial(has_left, house, 15))

    reached = {entry["to"] for entry in runs.left(house)}
    unreached = [patient for patient in invited if number_of(patient) not in reached]
    # Fewer write than would pause the run.
    withdrawing, writing = unreached[-40:], unreached[-44:-40]
    withdraw(withdrawing, at=house.now)
    withdrawn_at = clock()
    for patient in writing:
        house.sandbox.inbound(number_of(patient).lstrip("+"), text="BAJA")
    house.until(runs.while_it_adds_up(run, people, lambda: runs.is_done(run)))
    house.settle()

    told_at = {entry["to"]: entry["accepted_at_real"] for entry in runs.left(house)}
    # What was claimed in that very moment was asked about before it.
    late = [told_at[n] - withdrawn_at for n in map(number_of, withdrawing) if n in told_at]
    assert all(seconds < 0.5 for seconds in late)
    so_far = runs.judge(house, run, people)
    assert so_far.not_sent[Reason.ASKED_US_TO_STOP] >= 40 - len(late), so_far
    for patient in (*withdrawing, *writing):
        message = Message.objects.get(patient=patient, lane=2)
        assert (message.status == Status.WITHHELD) == (number_of(patient) not in told_at)


def test_a_template_that_whatsapp_pauses_stops_the_run_until_it_is_approved_again(
    practice: Practice, house: House
) -> None:
    people = 120
    campaign = runs.campaign_for(practice, runs.invite(practice, people))
    run = runs.start(campaign, house, per_second=20)
    house.until(partial(has_left, house, 20))

    for language in languages_of(practice):
        house.sandbox.review(runs.TEMPLATE, language=language, status="PAUSED")
    house.until(lambda: runs.fresh(run).status == RunStatus.PAUSED)

    assert runs.fresh(run).status_reason == "no language of its template is approved any more"
    runs.keep_ticking(house, seconds=1)
    count = runs.left_count(house)
    runs.keep_ticking(house, seconds=1)
    assert runs.left_count(house) == count < people
    assert runs.judge(house, run, people).waiting > 0

    house.at(house.now + timedelta(minutes=5))
    for language in languages_of(practice):
        house.sandbox.review(runs.TEMPLATE, language=language, status="APPROVED")
    paused = Template.objects.filter(name=runs.TEMPLATE).exclude(status="APPROVED")
    house.until(lambda: not paused.exists())
    launching.resume(runs.fresh(run), now=house.now)
    house.until(runs.while_it_adds_up(run, people, lambda: runs.is_done(run)))
    house.settle()
    assert len(runs.left(house)) == people


def test_a_run_of_which_too_much_fails_pauses_itself_and_spares_the_others(
    practice: Practice, house: House
) -> None:
    failing, people = 60, 500  # a slow machine must have noticed before all have left
    invited = runs.invite(practice, failing, "capped") + runs.invite(practice, people - failing)
    run = runs.start(runs.campaign_for(practice, invited), house, per_second=10)

    house.until(
        runs.while_it_adds_up(run, people, lambda: runs.fresh(run).status == RunStatus.PAUSED)
    )
    paused = runs.fresh(run)
    runs.keep_ticking(house, seconds=AT_ONCE)
    count = runs.left_count(house)
    runs.keep_ticking(house, seconds=0.5)

    assert "did not arrive, mostly: WhatsApp limits how many offers" in paused.status_reason
    assert paused.stream.held_at is not None
    assert runs.left_count(house) == count < people
    assert runs.judge(house, run, people).waiting == people - count


def test_a_trial_group_is_written_to_first_and_the_rest_once_it_has_arrived(
    practice: Practice, house: House
) -> None:
    people, size = 60, 10
    invited = runs.invite(practice, people)
    run = runs.start(runs.campaign_for(practice, invited, trial_size=size), house)

    house.until(lambda: runs.left_count(house) == size)
    group = set(
        Recipient.objects.filter(run=run, is_trial=True).values_list("phone__number", flat=True)
    )
    assert {entry["to"] for entry in runs.left(house)} == group
    house.until(runs.while_it_adds_up(run, people, lambda: runs.is_done(run)))
    house.settle()

    assert runs.fresh(run).trial_passed_at is not None
    assert trial.result(run).share == 1
    assert len(runs.left(house)) == people
    assert {entry["to"] for entry in runs.left(house)[:size]} == group


def test_a_trial_group_that_is_not_reached_spares_all_others(
    practice: Practice, house: House
) -> None:
    people, size = 40, 10
    invited = runs.invite(practice, people, "capped")
    run = runs.start(runs.campaign_for(practice, invited, trial_size=size), house)
    house.until(lambda: runs.fresh(run).trial_ends_at is not None)
    # Queued is not gone: who is still in the queue when it pauses would stay there.
    house.until(lambda: runs.left_count(house) == size)

    house.at(house.now + timedelta(hours=5))
    house.until(lambda: runs.fresh(run).status == RunStatus.PAUSED)

    assert runs.fresh(run).status_reason == (
        "of the first 10, 0 are known to have it; 80 % were asked"
    )
    assert runs.left_count(house) == size
    assert runs.judge(house, run, people).waiting == people - size


def test_a_campaign_that_repeats_fires_at_its_hour_by_the_clinics_clocks(
    practice: Practice, house: House, noon: datetime
) -> None:
    people = 12
    campaign = runs.campaign_for(
        practice,
        runs.invite(practice, people),
        owner=factories.make_person("owner"),
        crontab=CrontabSchedule.objects.create(minute="30", hour="12"),
    )
    repeating.plan_next(campaign, after=noon)
    runs.keep_ticking(house, seconds=0.5)
    assert not Run.objects.exists()

    for day in (0, 1):
        house.at(noon + timedelta(days=day, minutes=30, seconds=3))
        house.until(partial(has_fired, day + 1))
        runs.keep_ticking(house, seconds=0.5)
        assert Run.objects.count() == day + 1
    house.settle()

    occurrences = Run.objects.order_by("pk").values_list("occurrence_at", flat=True)
    assert list(occurrences) == [noon + timedelta(days=n, minutes=30) for n in (0, 1)]
    sent = [entry["to"] for entry in house.sandbox.accepted(template=runs.TEMPLATE)]
    assert len(sent) == 2 * people
    assert len(set(sent)) == people


def berlin(month: int, day: int, hour: int, minute: int, *, again: bool = False) -> datetime:
    """What the clocks on the wall show; `again` is the second time that they do."""
    return datetime(2026, month, day, hour, minute, fold=again, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("closes", "moments"),
    [
        pytest.param(
            time(3, 15),
            # At two it is three.
            {
                berlin(3, 29, 1, 20): False,
                berlin(3, 29, 1, 50): True,
                berlin(3, 29, 3, 10): True,
                berlin(3, 29, 3, 20): False,
            },
            id="spring",
        ),
        pytest.param(
            time(2, 30),
            # At three it is two again: the hour before half past two comes twice.
            {
                berlin(10, 25, 1, 20): False,
                berlin(10, 25, 2, 20): True,
                berlin(10, 25, 2, 40): False,
                berlin(10, 25, 2, 20, again=True): True,
                berlin(10, 25, 2, 40, again=True): False,
            },
            id="autumn",
        ),
    ],
)
def test_on_a_night_when_clocks_change_campaigns_leave_within_the_hours_on_the_wall(
    house: House, closes: time, moments: dict[datetime, bool]
) -> None:
    people, expected = 3, 0
    house.at(berlin(3, 28, 12, 0).astimezone(UTC))
    practice = make_practice(
        house, time_zone="Europe/Berlin", sending_opens=time(1, 30), sending_closes=closes
    )

    # Not by the clocks on the wall: these two come in the other order.
    for moment, is_open in moments.items():
        house.at(moment.astimezone(UTC))
        run = runs.start(runs.campaign_for(practice, runs.invite(practice, people)), house)
        house.until(Message.objects.filter(stream=run.stream_id).exists)
        if is_open:
            expected = Message.objects.count()
            house.until(partial(has_left, house, expected))
        else:
            runs.keep_ticking(house, seconds=1)
        assert len(runs.left(house)) == expected
        runs.judge(house, run, people)

    assert expected == people * (
        1 + max(n for n, is_open in enumerate(moments.values()) if is_open)
    )


def has_left(house: House, count: int) -> bool:
    return runs.left_count(house) >= count


def has_fired(times: int) -> bool:
    return Run.objects.filter(status=RunStatus.DONE).count() == times


def number_of(patient: Patient) -> str:
    return factories.phone_of(patient).number


def withdraw(patients: list[Patient], *, at: datetime) -> None:
    for patient in patients:
        consent.withdraw(
            patient,
            factories.phone_of(patient),
            [Purpose.PREVENTION],
            evidence=Evidence(GivenHow.AT_DESK),
            at=at,
        )


def languages_of(practice: Practice) -> list[str]:
    named = Template.objects.filter(account=practice.sender.account, name=runs.TEMPLATE)
    return list(named.values_list("language", flat=True))
