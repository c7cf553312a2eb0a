"""The sum of a run: everybody is somewhere, once."""

from datetime import datetime, timedelta

import pytest

from campaigns import launching, progress, sweeping
from campaigns.models import Campaign, Recipient
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

    counted = progress.of(run, now=noon)

    assert (counted.audience, counted.by_status) == (3, {Status.READ: 3})


@pytest.mark.parametrize("status", Status.values)
def test_it_adds_up_whatever_became_of_them(
    status: str, campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)
    invite(campaign)
    invite(campaign, consents=())
    run = launching.start(campaign, by=None, now=noon)
    assert progress.of(run, now=noon).audience == 0

    launching.pour(now=noon)
    first = Message.objects.order_by("pk").first()
    assert first is not None
    reason = Reason.TOO_LATE if status == Status.WITHHELD else ""
    due = noon if status == Status.QUEUED else None
    Message.objects.filter(pk=first.pk).update(status=status, reason=reason, send_after=due)

    counted = progress.of(run, now=noon)
    assert counted.adds_up
    assert counted.audience == 3
    assert counted.not_sent[Reason.NEVER_ASKED] == 1


def test_a_run_that_nobody_has_expanded_is_empty(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    run = launching.start(campaign, by=None, now=noon)

    assert progress.of(run, now=noon).audience == 0
    assert progress.of(run, now=noon).adds_up


def test_somebody_who_went_missing_is_noticed(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    assert progress.of(run, now=noon).adds_up

    Recipient.objects.order_by("pk")[:1].get().delete()

    counted = progress.of(run, now=noon)
    assert (counted.audience, counted.counted) == (2, 1)
    assert not counted.adds_up


def test_whoever_a_cancelled_run_has_not_reached_is_not_waiting(
    campaign: Campaign, noon: datetime
) -> None:
    for _ in range(3):
        invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon, portion=1)
    launching.cancel(run, reason="wrong list", now=noon)
    run.refresh_from_db()

    counted = progress.of(run, now=noon)
    assert (counted.waiting, counted.not_sent) == (0, {Reason.CANCELLED_BY_STAFF: 3})
    sweeping.end_what_is_over(now=noon)

    assert progress.of(run, now=noon).not_sent == counted.not_sent
    assert not Recipient.objects.filter(message=None, reason="").exists()


def test_times_words_and_failures_are_counted_in_the_same_look(
    campaign: Campaign, noon: datetime
) -> None:
    for _ in range(3):
        invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    first, second, third = Message.objects.order_by("pk")
    hour = noon.replace(minute=0, second=0, microsecond=0)
    late = timedelta(hours=2)
    _became(first, Status.READ, accepted_at=noon, delivered_at=noon + late)
    _became(second, Status.FAILED, accepted_at=noon, reason=Reason.META_LIMIT)
    _became(third, Status.ACCEPTED, accepted_at=noon + late)

    counted = progress.of(run, now=noon + late)

    assert counted.taken_by_hour == {hour: 2, hour + late: 1}
    assert counted.arrived_by_hour == {hour + late: 1}
    assert counted.failed == {Reason.META_LIMIT: 1}
    assert counted.lately == 1
    version = first.template_version_id
    assert counted.by_words == {version: {Status.READ: 1, Status.FAILED: 1, Status.ACCEPTED: 1}}


def _became(message: Message, status: Status, **fields: object) -> None:
    Message.objects.filter(pk=message.pk).update(status=status, send_after=None, **fields)
