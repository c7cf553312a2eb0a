"""A run starts once, pours in portions, stops at once, and ends."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from campaigns import launching, refusing
from campaigns.models import Campaign, Recipient, Run, RunStatus
from campaigns.refusing import NotAllowed
from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp.models import Message, Stream
from whatsapp.status import Lane, Reason, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(sunrise_clinic: Clinic) -> StaffUser:
    return StaffUser.objects.create_user("author")


def start(campaign: Campaign, now: datetime) -> Run:
    return launching.start(campaign, by=None, now=now)


def fresh(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


def test_everybody_who_may_gets_one_message_in_the_slowest_lane(
    campaign: Campaign, noon: datetime
) -> None:
    patients = [invite(campaign) for _ in range(3)]

    run = start(campaign, noon)
    assert launching.pour(now=noon) == 3

    messages = Message.objects.filter(stream=run.stream)
    assert {m.patient for m in messages} == set(patients)
    assert {m.lane for m in messages} == {int(Lane.BROADCAST)}
    assert {m.status for m in messages} == {Status.QUEUED}
    assert {m.expires_at for m in messages} == {run.expires_at}


def test_pouring_again_adds_nothing(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    start(campaign, noon)

    assert [launching.pour(now=noon) for _ in range(3)] == [1, 0, 0]
    assert Message.objects.count() == 1


def test_a_household_gets_one_message_that_counts_for_all(
    campaign: Campaign, noon: datetime
) -> None:
    phone = factories.make_phone(campaign.clinic)
    for _ in range(3):
        invite(campaign, phone=phone)

    start(campaign, noon)

    assert launching.pour(now=noon) == 1
    message = Message.objects.get()
    assert Recipient.objects.filter(message=message).count() == 3
    assert message.also_about.count() == 2


def test_pressed_twice_within_a_minute_is_one_run(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)

    first, second = start(campaign, noon), start(campaign, noon + timedelta(seconds=20))
    later = start(campaign, noon + timedelta(minutes=2))

    assert first == second != later
    assert Stream.objects.count() == 2


def test_pressed_twice_while_the_minute_turns_is_one_run(
    campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)

    first = start(campaign, noon + timedelta(seconds=59))
    second = start(campaign, noon + timedelta(seconds=61))

    assert first == second


def test_started_again_at_once_after_it_was_cancelled_it_is_another_run(
    campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)
    first = start(campaign, noon)
    launching.cancel(first, reason="wrong words", now=noon + timedelta(seconds=5))

    second = start(campaign, noon + timedelta(seconds=10))

    assert second != first
    with pytest.raises(NotAllowed, match="cancelled"):
        launching.resume(first, now=noon + timedelta(seconds=15))
    first.stream.refresh_from_db()
    assert first.stream.held_at is not None


def test_without_anybody_to_reach_nothing_starts(campaign: Campaign, noon: datetime) -> None:
    invite(campaign, consents=())

    with pytest.raises(NotAllowed):
        start(campaign, noon)

    assert not Run.objects.exists()


def test_a_large_one_needs_somebody_else(
    campaign: Campaign, author: StaffUser, noon: datetime
) -> None:
    for _ in range(refusing.SIZE_THAT_NEEDS_TWO + 1):
        invite(campaign)
    other = StaffUser.objects.create_user("other")

    for approver in (None, author):
        Campaign.objects.update(created_by=author, approved_by=approver)
        with pytest.raises(NotAllowed, match="somebody else"):
            start(campaign, noon)

    Campaign.objects.update(approved_by=other)
    assert start(campaign, noon).status == RunStatus.EXPANDING


def test_a_pause_stops_the_pouring_at_once_and_resuming_goes_on(
    campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)
    run = start(campaign, noon)
    launching.pour(now=noon)

    assert launching.pause(run, reason="wrong words", now=noon)
    assert not launching.pause(run, reason="again", now=noon)

    stream = Stream.objects.get()
    assert (stream.held_at, stream.held_reason) == (noon, "wrong words")
    assert fresh(run).status == RunStatus.PAUSED
    assert launching.resume(run, now=noon)
    assert not launching.resume(run, now=noon)
    assert fresh(run).status == RunStatus.POURING
    assert Stream.objects.get().held_at is None


def test_a_cancelled_run_leaves_nobody_without_a_reason(campaign: Campaign, noon: datetime) -> None:
    for _ in range(2):
        invite(campaign)
    run = start(campaign, noon)
    launching.pour(now=noon)
    gone = Message.objects.order_by("pk").first()
    assert gone is not None
    Message.objects.filter(pk=gone.pk).update(status=Status.ACCEPTED, send_after=None)

    assert launching.cancel(run, reason="wrong list", now=noon) == 1

    statuses = dict(Message.objects.values_list("status", "reason"))
    assert statuses == {Status.ACCEPTED: "", Status.WITHHELD: Reason.CANCELLED_BY_STAFF}
    assert fresh(run).status == RunStatus.CANCELLED
    assert launching.pour(now=noon) == 0


def test_a_run_cancelled_before_it_is_poured_pours_nothing(
    campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)
    run = start(campaign, noon)

    launching.cancel(run, reason="second thoughts", now=noon)

    assert launching.pour(now=noon) == 0
    assert not Message.objects.exists()


def test_a_run_is_done_when_nothing_waits(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    run = start(campaign, noon)
    launching.pour(now=noon)
    launching.pour(now=noon)
    assert fresh(run).status == RunStatus.POURING

    Message.objects.update(status=Status.ACCEPTED, send_after=None)
    launching.pour(now=noon + timedelta(minutes=1))

    assert (fresh(run).status, fresh(run).finished_at) == (
        RunStatus.DONE,
        noon + timedelta(minutes=1),
    )


def test_an_invitation_that_cannot_be_written_says_why(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    start(campaign, noon)

    Campaign.objects.update(template_name="not_there")
    launching.pour(now=noon)

    assert Recipient.objects.get().reason == Reason.TEMPLATE_MISSING
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_pour_everybody_once(campaign: Campaign, noon: datetime) -> None:
    for _ in range(20):
        invite(campaign)
    start(campaign, noon)
    gate = threading.Barrier(2)
    poured: list[int] = []

    def tick() -> None:
        try:
            gate.wait(5)
            poured.append(launching.pour(now=noon))
        finally:
            connection.close()

    ticks = [threading.Thread(target=tick) for _ in range(2)]
    for thread in ticks:
        thread.start()
    for thread in ticks:
        thread.join(20)

    assert sum(poured) == Message.objects.count() == 20


def test_what_has_ended_is_not_stopped_by_cancelling_it(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    run = start(campaign, noon)
    Run.objects.filter(pk=run.pk).update(status=RunStatus.DONE, finished_at=noon)

    launching.cancel(run, reason="too late", now=noon + timedelta(minutes=1))

    run.refresh_from_db()
    assert run.status == RunStatus.DONE
    assert run.stream.held_at is None
