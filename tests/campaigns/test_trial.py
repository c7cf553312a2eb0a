"""Some are written to first; the rest only if enough of it arrived by the deadline."""

from datetime import datetime, timedelta

import pytest

from campaigns import guarding, launching
from campaigns.models import Campaign, Recipient, Run, RunStatus
from tests.campaigns.invitees import invite
from whatsapp.models import Message
from whatsapp.status import Status

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def trying(campaign: Campaign, noon: datetime) -> Run:
    """Twenty invited in two languages, five of them first; these are queued."""
    campaign.trial_size, campaign.trial_percent, campaign.trial_hours = 5, 80, 4
    campaign.spare_language = "es"
    campaign.save()
    for n in range(20):
        patient = invite(campaign)
        if n < 3:
            patient.contacts.update(language="pt_BR")
    run = launching.start(campaign, by=None, now=noon)
    for _ in range(3):
        launching.pour(now=noon)
    return Run.objects.get(pk=run.pk)


def arrive(count: int) -> None:
    chosen = Message.objects.order_by("pk").values("pk")[:count]
    Message.objects.filter(pk__in=chosen).update(status=Status.READ, send_after=None)


def fresh(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


def test_nobody_but_the_trial_group_is_written_to(trying: Run, noon: datetime) -> None:
    group = Recipient.objects.filter(is_trial=True)

    assert Message.objects.count() == group.count() == 5
    languages = set(group.values_list("contact__language", flat=True))
    assert languages == {"es", "pt_BR"}
    assert trying.trial_ends_at == noon + 4 * HOUR


def test_the_rest_follow_once_enough_arrived(trying: Run, noon: datetime) -> None:
    arrive(4)

    guarding.guard(now=noon + HOUR)
    launching.pour(now=noon + HOUR)

    assert Message.objects.count() == 20
    assert fresh(trying).trial_passed_at == noon + HOUR


def test_before_the_deadline_too_little_is_no_reason(trying: Run, noon: datetime) -> None:
    arrive(3)

    guarding.guard(now=noon + 3 * HOUR)
    launching.pour(now=noon + 3 * HOUR)

    assert Message.objects.count() == 5
    assert fresh(trying).status == RunStatus.POURING


def test_at_the_deadline_too_little_pauses_it_until_a_person_decides(
    trying: Run, noon: datetime
) -> None:
    arrive(3)
    later = noon + 4 * HOUR

    guarding.guard(now=later)

    run = fresh(trying)
    assert run.status == RunStatus.PAUSED
    assert run.status_reason == "of the first 5, 3 are known to have it; 80 % were asked"
    launching.resume(run, now=later + HOUR)
    launching.pour(now=later + HOUR)
    assert guarding.guard(now=later + HOUR) == 0
    assert Message.objects.count() == 20


def test_whoever_pauses_and_goes_on_earlier_has_not_ended_the_trial(
    trying: Run, noon: datetime
) -> None:
    launching.pause(trying, reason="a look", now=noon + HOUR)
    launching.resume(fresh(trying), now=noon + 2 * HOUR)
    launching.pour(now=noon + 2 * HOUR)

    assert Message.objects.count() == 5


def test_a_household_of_the_trial_group_is_told_as_one(campaign: Campaign, noon: datetime) -> None:
    campaign.trial_size = 1
    campaign.save()
    one = invite(campaign)
    phone = one.contacts.get().phone
    invite(campaign, phone=phone)

    launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)

    assert Message.objects.count() == 1
    assert Recipient.objects.filter(message__isnull=False).count() == 2
