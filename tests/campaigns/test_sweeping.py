"""A paused run does not wait for ever."""

from datetime import datetime, timedelta

import pytest

from campaigns import launching, sweeping
from campaigns.models import Campaign, Recipient, Run, RunStatus
from tests.campaigns.invitees import invite
from whatsapp.status import Reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def paused(campaign: Campaign, noon: datetime) -> Run:
    """One of three people is poured, then somebody stops it."""
    for _ in range(3):
        invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon, portion=1)
    launching.pause(run, reason="wrong words", now=noon)
    return run


def test_a_paused_run_past_its_time_ends_and_says_why(paused: Run, noon: datetime) -> None:
    late = sweeping.end_what_is_over(now=paused.expires_at)
    again = sweeping.end_what_is_over(now=paused.expires_at)

    paused.refresh_from_db()
    assert (late, again) == (2, 0)
    assert (paused.status, paused.finished_at) == (RunStatus.DONE, paused.expires_at)
    assert Recipient.objects.filter(reason=Reason.TOO_LATE).count() == 2


def test_before_its_time_it_waits_for_a_person(paused: Run, noon: datetime) -> None:
    assert sweeping.end_what_is_over(now=paused.expires_at - timedelta(microseconds=1)) == 0

    paused.refresh_from_db()
    assert paused.status == RunStatus.PAUSED


def test_a_large_run_ends_chunk_by_chunk(paused: Run) -> None:
    found = [sweeping.end_what_is_over(now=paused.expires_at, chunk=1) for _ in range(4)]

    paused.refresh_from_db()
    assert found == [1, 1, 0, 0]
    assert paused.status == RunStatus.DONE


def test_a_cancelled_run_says_so_of_everybody_chunk_by_chunk(paused: Run, noon: datetime) -> None:
    launching.cancel(paused, reason="wrong list", now=noon)

    found = [sweeping.end_what_is_over(now=noon, chunk=1) for _ in range(4)]

    paused.refresh_from_db()
    assert found == [1, 1, 0, 0]
    assert (paused.status, paused.finished_at) == (RunStatus.CANCELLED, noon)
    assert Recipient.objects.filter(reason=Reason.CANCELLED_BY_STAFF).count() == 2


def test_a_run_that_is_done_is_not_cancelled_any_more(paused: Run, noon: datetime) -> None:
    Run.objects.update(status=RunStatus.DONE, finished_at=noon)

    launching.cancel(paused, reason="too late", now=noon)

    paused.refresh_from_db()
    assert paused.status == RunStatus.DONE
