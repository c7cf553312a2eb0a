"""What came of a run: counted as often as it may be, answers by kind and hour."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache

from campaigns import answers, launching, results
from campaigns.models import Campaign, Recipient, Run, RunStatus
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.status import Status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def told(campaign: Campaign, noon: datetime) -> Run:
    """Three people have it."""
    for _ in range(3):
        invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    Message.objects.update(status=Status.DELIVERED, send_after=None)
    return Run.objects.get(pk=run.pk)


TAPS = (ReplyOutcome.INTERESTED, ReplyOutcome.ALREADY_DONE, ReplyOutcome.NOT_THIS)


def answer(recipient: Recipient, outcome: str, at: datetime, *, names_it: bool = True) -> None:
    campaign = recipient.run.campaign
    factories.make_reply(
        clinic=campaign.clinic,
        sender=campaign.clinic.senders.get(),
        phone=recipient.phone,
        wamid=f"wamid.{Reply.objects.count()}",
        kind="button",
        written_at=at,
        outcome=outcome,
        answers=recipient.message if names_it else None,
    )
    if outcome in TAPS:
        Recipient.objects.filter(pk=recipient.pk).update(answer=outcome, answered_at=at)


def test_answers_are_counted_by_kind_and_by_the_clinic_s_hour(told: Run, noon: datetime) -> None:
    first, second, third = Recipient.objects.order_by("pk")
    answer(first, ReplyOutcome.NOT_THIS, noon - timedelta(minutes=1))
    answer(first, ReplyOutcome.INTERESTED, noon)
    answer(first, ReplyOutcome.FOR_A_PERSON, noon + timedelta(minutes=1))
    answer(first, ReplyOutcome.FOR_A_PERSON, noon + timedelta(minutes=2))
    answer(second, ReplyOutcome.ALREADY_DONE, noon + timedelta(hours=2))
    answer(third, ReplyOutcome.STOPPED, noon, names_it=False)
    # Of somebody who was told nothing, and before anything was told.
    answer(third, ReplyOutcome.STOPPED, noon - timedelta(days=1), names_it=False)

    counted = answers.of(told)

    hour = noon.astimezone(told.campaign.clinic.zone).hour
    assert counted.by_kind == {
        ReplyOutcome.INTERESTED: 1,
        ReplyOutcome.ALREADY_DONE: 1,
        ReplyOutcome.FOR_A_PERSON: 1,
    }
    assert counted.by_hour == {
        hour: {ReplyOutcome.INTERESTED: 1, ReplyOutcome.FOR_A_PERSON: 1},
        hour + 2: {ReplyOutcome.ALREADY_DONE: 1},
    }
    assert (counted.answered, counted.stopped) == (3, 1)


def test_a_stop_of_somebody_else_is_not_this_run_s(told: Run, noon: datetime) -> None:
    stranger = Recipient.objects.order_by("pk")[:1].get()
    Recipient.objects.filter(pk=stranger.pk).update(poured_at=noon + timedelta(hours=1))
    answer(stranger, ReplyOutcome.STOPPED, noon, names_it=False)

    assert answers.of(told).stopped == 0


def test_what_was_counted_a_moment_ago_is_shown_again(told: Run, noon: datetime) -> None:
    before = results.seen(told, now=noon)
    cache.set(f"run:{told.pk}:{told.status}:fresh", before, 60)
    Message.objects.update(status=Status.READ)

    assert results.seen(told, now=noon) == before
    assert results.of(told, now=noon).progress.by_status == {Status.READ: 3}


def test_while_somebody_counts_the_others_see_what_was(told: Run, noon: datetime) -> None:
    key = f"run:{told.pk}:{told.status}"
    before = results.seen(told, now=noon)
    cache.delete(f"{key}:fresh")
    cache.set(f"{key}:counting", 1)
    Message.objects.update(status=Status.READ)

    assert results.seen(told, now=noon) == before
    cache.delete(f"{key}:counting")
    assert results.seen(told, now=noon).progress.by_status == {Status.READ: 3}


def test_a_pause_shows_at_once(told: Run, noon: datetime) -> None:
    before = results.seen(told, now=noon)
    cache.set(f"run:{told.pk}:{told.status}:fresh", before, 60)
    Run.objects.update(status=RunStatus.PAUSED)
    told.refresh_from_db()
    Message.objects.update(status=Status.READ)

    assert results.seen(told, now=noon) != before


def test_the_share_that_is_over_is_told_in_percent(campaign: Campaign, noon: datetime) -> None:
    assert (
        results.of(
            launching.start(campaign_of_three(campaign), by=None, now=noon), now=noon
        ).percent
        == 0
    )
    launching.pour(now=noon)
    run = Run.objects.get()
    Message.objects.filter(pk=Message.objects.order_by("pk")[:1].get().pk).update(
        status=Status.ACCEPTED, send_after=None
    )

    found = results.of(run, now=noon)

    assert found.percent == 33
    assert found.done_at is not None


def campaign_of_three(campaign: Campaign) -> Campaign:
    for _ in range(3):
        invite(campaign)
    return campaign
