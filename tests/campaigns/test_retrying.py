"""Whoever a passing reason kept from getting it is tried again; nobody gets it twice."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection

from campaigns import launching, progress, retrying, sweeping
from campaigns.models import Campaign, Recipient, Run, RunStatus
from campaigns.refusing import NotAllowed
from healthmsg.clinic.models import Patient, PatientState
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp.models import Attempt, Message, Stream
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def run(campaign: Campaign, noon: datetime) -> Run:
    """Three were queued; what became of them each test says."""
    for _ in range(3):
        invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    Message.objects.update(status=Status.READ, send_after=None)
    return run


def messages() -> list[Message]:
    return list(Message.objects.order_by("pk"))


def end(message: Message, status: Status, reason: Reason, at: datetime) -> None:
    failed_at = at if status == Status.FAILED else None
    Message.objects.filter(pk=message.pk).update(
        status=status, reason=reason, send_after=None, failed_at=failed_at
    )


def fresh(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


@pytest.mark.parametrize("reason", sorted(Reason))
@pytest.mark.parametrize("status", [Status.FAILED, Status.WITHHELD])
def test_only_what_passes_is_tried_again(
    reason: Reason, status: Status, run: Run, noon: datetime
) -> None:
    end(messages()[0], status, reason, noon)
    tomorrow = noon + DAY

    count = retrying.again(run, now=tomorrow)
    launching.pour(now=tomorrow)

    assert count == int(reason in retrying.PASSING)
    assert Message.objects.count() == 3 + count
    assert len(set(Message.objects.values_list("dedupe_key", flat=True))) == 3 + count
    assert progress.of(run, now=noon).adds_up
    assert progress.of(run, now=noon).audience == 3


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.FAILED, Status.WITHHELD}))
def test_what_may_have_arrived_or_still_waits_never_is(
    status: Status, run: Run, noon: datetime
) -> None:
    Message.objects.update(status=status, reason=Reason.TRIED_OFTEN)

    assert retrying.again(run, now=noon + DAY) == 0


def test_a_try_that_may_have_worked_is_not_followed_by_another(run: Run, noon: datetime) -> None:
    message = messages()[0]
    end(message, Status.FAILED, Reason.TRIED_OFTEN, noon)
    Attempt.objects.create(message=message, number=1, ended_at=noon, outcome="UNCERTAIN")

    assert retrying.would_try(run, now=noon + DAY) == {}
    assert retrying.again(run, now=noon + DAY) == 0


def test_metas_own_limit_waits_a_day_and_is_tried_again_once(run: Run, noon: datetime) -> None:
    end(messages()[0], Status.FAILED, Reason.META_LIMIT, noon)

    assert retrying.again(run, now=noon + DAY - timedelta(seconds=1)) == 0
    assert retrying.again(run, now=noon + DAY) == 1
    launching.pour(now=noon + DAY)
    end(messages()[-1], Status.FAILED, Reason.META_LIMIT, noon + DAY)

    assert retrying.again(run, now=noon + 5 * DAY) == 0


def test_a_finished_run_goes_on_and_ends_again(run: Run, noon: datetime) -> None:
    end(messages()[0], Status.WITHHELD, Reason.TOO_LATE, noon)
    launching.pour(now=noon)
    assert fresh(run).status == RunStatus.DONE
    later = run.expires_at + HOUR

    assert retrying.would_try(run, now=later) == {Reason.TOO_LATE: 1}
    assert retrying.again(run, now=later) == 1

    assert fresh(run).status == RunStatus.POURING
    assert fresh(run).expires_at > later + DAY
    launching.pour(now=later)
    assert messages()[-1].expires_at == fresh(run).expires_at
    Message.objects.update(status=Status.READ, send_after=None)
    launching.pour(now=later)
    assert fresh(run).status == RunStatus.DONE


def test_a_household_is_tried_again_as_one(campaign: Campaign, noon: datetime) -> None:
    phone = factories.make_phone(campaign.clinic)
    for _ in range(3):
        invite(campaign, phone=phone)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    end(messages()[0], Status.FAILED, Reason.TRIED_OFTEN, noon)

    assert retrying.again(run, now=noon) == 3
    assert launching.pour(now=noon) == 1
    assert Recipient.objects.filter(message=messages()[-1]).count() == 3


def test_tried_a_third_time_it_is_a_third_message(run: Run, noon: datetime) -> None:
    for n in range(3):
        end(messages()[-1], Status.FAILED, Reason.TRIED_OFTEN, noon)
        assert retrying.again(run, now=noon + n * HOUR) == 1
        launching.pour(now=noon + n * HOUR)

    keys = [message.dedupe_key.partition("retry:")[2] for message in messages()]
    assert keys == ["", "", "", "1", "2", "3"]


def has_died(patient: Patient) -> None:
    Patient.objects.filter(pk=patient.pk).update(state=PatientState.DECEASED)


def has_left(patient: Patient) -> None:
    Patient.objects.filter(pk=patient.pk).update(state=PatientState.GONE)


@pytest.mark.parametrize(
    ("change", "reason"), [(has_died, Reason.HAS_DIED), (has_left, Reason.NO_LONGER_OURS)]
)
def test_everything_is_asked_anew(
    change: Callable[[Patient], None], reason: Reason, run: Run, noon: datetime
) -> None:
    message = messages()[0]
    end(message, Status.FAILED, Reason.TRIED_OFTEN, noon)
    change(Recipient.objects.get(message=message).patient)

    assert retrying.again(run, now=noon) == 0

    assert progress.of(run, now=noon).not_sent == {reason: 1}
    assert progress.of(run, now=noon).adds_up
    assert launching.pour(now=noon) == 0


def test_who_was_left_when_it_ended_is_tried_again(campaign: Campaign, noon: datetime) -> None:
    for _ in range(3):
        invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon, portion=1)
    launching.pause(run, reason="looked at", now=noon)
    sweeping.end_what_is_over(now=run.expires_at)

    assert retrying.would_try(run, now=run.expires_at) == {Reason.TOO_LATE: 2}
    assert retrying.again(run, now=run.expires_at) == 2
    assert launching.pour(now=run.expires_at) == 2
    assert Stream.objects.get().held_at is None


def test_whoever_got_it_from_a_later_run_is_not_told_again(run: Run, noon: datetime) -> None:
    message = messages()[0]
    end(message, Status.WITHHELD, Reason.TOO_LATE, noon)
    launching.start(run.campaign, by=None, now=noon + HOUR)
    launching.pour(now=noon + HOUR)

    assert retrying.again(run, now=noon + DAY) == 0


def test_what_was_changed_since_its_approval_is_approved_first(run: Run, noon: datetime) -> None:
    end(messages()[0], Status.FAILED, Reason.TRIED_OFTEN, noon)
    Run.objects.update(approved_by=factories.make_person("approver"))

    with pytest.raises(NotAllowed, match="changed since"):
        retrying.again(run, now=noon)


@pytest.mark.parametrize("status", [RunStatus.PAUSED, RunStatus.CANCELLED, RunStatus.EXPANDING])
def test_what_was_stopped_is_not_tried_again(status: RunStatus, run: Run, noon: datetime) -> None:
    end(messages()[0], Status.FAILED, Reason.TRIED_OFTEN, noon)
    Run.objects.update(status=status)

    with pytest.raises(NotAllowed):
        retrying.again(run, now=noon)

    assert Message.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_pressed_by_two_at_once_while_it_is_poured_it_is_once(run: Run, noon: datetime) -> None:
    for message in messages():
        end(message, Status.FAILED, Reason.TRIED_OFTEN, noon)
    gate = threading.Barrier(4)
    counts: list[int] = []

    def act(press: Callable[[], int]) -> None:
        try:
            gate.wait(5)
            counts.append(press())
        finally:
            connection.close()

    presses = [lambda: retrying.again(run, now=noon)] * 2 + [lambda: launching.pour(now=noon)] * 2
    threads = [threading.Thread(target=act, args=(press,)) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    launching.pour(now=noon)

    assert Message.objects.count() == 6
    assert progress.of(run, now=noon).waiting == 3
    assert progress.of(run, now=noon).adds_up
