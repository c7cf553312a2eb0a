"""The sum of a run: everybody is somewhere, once."""

from datetime import datetime

import pytest

from campaigns import launching, progress
from campaigns.models import Campaign
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp.models import Message
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db


def test_patients_are_counted_not_messages(campaign: Campaign, noon: datetime) -> None:
    phone = factories.make_phone(campaign.clinic)
    for _ in range(3):
        invite(campaign, phone=phone)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    Message.objects.update(status=Status.READ, send_after=None)

    counted = progress.of(run)

    assert (counted.audience, counted.by_status) == (3, {Status.READ: 3})


@pytest.mark.parametrize("status", Status.values)
def test_it_adds_up_whatever_became_of_them(
    status: str, campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)
    invite(campaign)
    invite(campaign, consents=())
    run = launching.start(campaign, by=None, now=noon)
    assert progress.of(run).audience == 0

    launching.pour(now=noon)
    first = Message.objects.order_by("pk").first()
    assert first is not None
    reason = Reason.TOO_LATE if status == Status.WITHHELD else ""
    due = noon if status == Status.QUEUED else None
    Message.objects.filter(pk=first.pk).update(status=status, reason=reason, send_after=due)

    counted = progress.of(run)
    assert counted.adds_up
    assert counted.audience == 3
    assert counted.not_sent[Reason.NEVER_ASKED] == 1


def test_a_run_that_nobody_has_expanded_is_empty(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    run = launching.start(campaign, by=None, now=noon)

    assert progress.of(run).audience == 0
    assert progress.of(run).adds_up
