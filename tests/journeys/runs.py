"""A campaign's run in the running house, and what has to be true of it at every moment."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from campaigns import launching, progress
from campaigns.models import Campaign, Run, RunStatus
from campaigns.progress import Progress
from healthmsg.clinic.models import Patient, Purpose
from tests import factories
from tests.running_house import House, Practice
from whatsapp.models import Message
from whatsapp.status import LEFT_US, Status

INVITED = (Purpose.APPOINTMENTS, Purpose.PREVENTION)
TEMPLATE = "vaccination_invitation"


def invite(practice: Practice, count: int, behaviour: str = "reads") -> list[Patient]:
    return [practice.patient(behaviour, consents=INVITED) for _ in range(count)]


def campaign_for(practice: Practice, invited: list[Patient], **fields: object) -> Campaign:
    number = next(factories._number)
    return factories.make_campaign(
        practice.clinic,
        template_name=TEMPLATE,
        audience=factories.make_audience(practice.clinic, *invited, name=f"Invited {number}"),
        approved_by=factories.make_person(f"approver{number}"),
        approved_at=factories.NOON,
        **fields,
    )


def start(campaign: Campaign, house: House, *, per_second: int = 80) -> Run:
    """Start it at a pace that leaves a test the time to do something meanwhile."""
    campaign.clinic.senders.update(rate_per_second=per_second)
    return launching.start(campaign, by=None, now=house.now)


def fresh(run: Run) -> Run:
    return Run.objects.select_related("campaign__clinic", "stream").get(pk=run.pk)


def is_done(run: Run) -> bool:
    return fresh(run).status == RunStatus.DONE


def adds_up(run: Run, people: int) -> Progress:
    """Sent, not sent by reason and waiting are the audience, as soon as it is written down."""
    so_far = progress.of(run, now=run.started_at)
    assert so_far.adds_up
    assert so_far.audience in {0, people}
    return so_far


def while_it_adds_up(run: Run, people: int, is_so: Callable[[], bool]) -> Callable[[], bool]:
    """Ask something, and look each time whether anybody is missing."""

    def ask() -> bool:
        adds_up(run, people)
        return is_so()

    return ask


def left(house: House) -> list[dict[str, Any]]:
    """What WhatsApp took of a campaign; nobody twice."""
    entries = house.sandbox.accepted(template=TEMPLATE)
    numbers = Counter(entry["to"] for entry in entries)
    assert not [count for count in numbers.values() if count > 1]
    return entries


def left_count(house: House) -> int:
    total: int = house.sandbox.ledger()["total"]
    return total


def judge(house: House, run: Run, people: int) -> Progress:
    """Hold the rows against the ledger: what left is what we say has left, and nobody is lost."""
    so_far = adds_up(run, people)
    took = {entry["callback"].partition(".")[0] for entry in left(house)}
    gone = Message.objects.filter(stream=run.stream_id, status__in=[*LEFT_US, Status.FAILED])
    ours = {str(callback) for callback in gone.values_list("callback", flat=True)}
    assert took <= {str(key) for key in Message.objects.values_list("callback", flat=True)}
    assert ours <= took
    return so_far


def keep_ticking(house: House, *, seconds: float) -> None:
    """Let the house go on for a while."""
    ends_at = time.monotonic() + seconds
    house.until(lambda: time.monotonic() > ends_at, seconds=seconds + 10)


def without_a_tick(is_so: Callable[[], bool], *, seconds: float = 15.0) -> None:
    """Wait for something that nobody but whoever pressed the button has asked for."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def last_left_at(house: House) -> float:
    return max((entry["accepted_at_real"] for entry in left(house)), default=0.0)
