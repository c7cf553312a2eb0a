"""A campaign written down, poured, paused and let go on while everything around it is killed."""

import time
from datetime import UTC, datetime

from campaigns import launching
from campaigns.models import Recipient, Run, RunStatus
from healthmsg.clinic.models import Purpose
from tests import factories
from tests.chaos.evidence import patiently
from tests.chaos.house import House
from tests.chaos.practice import Practice
from tests.chaos.storm_kills import strike

# More than one portion.
PEOPLE = 700
BLOWS = ("worker", "worker", "beat", "worker", "sender", "inbox", "worker", "door", "sender")
DONE_WITHIN = 240.0


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=0.3)
    run = start(practice)
    house.say(f"a campaign to {PEOPLE} people is started")
    names = list(BLOWS)
    house.rng.shuffle(names)
    # First of all in the middle of what has just begun.
    house.pause(0.2, 1.2)
    strike(house, practice, "worker")
    for place, name in enumerate(names):
        house.pause(0.5, 2.0)
        strike(house, practice, name)
        if place in {2, 5}:
            patiently(lambda: pause(run), wait=lambda: time.sleep(0.5))
            house.pause(1.0, 2.0)
            patiently(lambda: resume(run), wait=lambda: time.sleep(0.5))
            house.say("it was paused for a moment")
    practice.queue(40)
    wait_until_done(house, run)


def start(practice: Practice) -> Run:
    invited = [
        factories.make_patient(practice.clinic, consents=(Purpose.PREVENTION,))
        for _ in range(PEOPLE)
    ]
    now = datetime.now(UTC)
    campaign = factories.make_campaign(
        practice.clinic,
        audience=factories.make_audience(practice.clinic, *invited),
        approved_by=factories.make_person("approver"),
        approved_at=now,
    )
    return launching.start(campaign, by=None, now=now)


def pause(run: Run) -> None:
    launching.pause(run, reason="a word is wrong", now=datetime.now(UTC))


def resume(run: Run) -> None:
    fresh = Run.objects.select_related("campaign__clinic").get(pk=run.pk)
    launching.resume(fresh, now=datetime.now(UTC))


def wait_until_done(house: House, run: Run) -> None:
    """Wait for its end; everybody has a message by then, or the storm has broken something."""
    give_up_at = time.monotonic() + DONE_WITHIN
    while Run.objects.get(pk=run.pk).status != RunStatus.DONE:
        assert time.monotonic() < give_up_at, "the campaign never ended"
        time.sleep(1)
    recipients = Recipient.objects.filter(run=run)
    assert recipients.count() == PEOPLE
    assert not recipients.filter(message=None).exists()
    house.say("the campaign is done")
