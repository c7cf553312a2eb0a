"""Calls that may have worked: sent again only where silence is an answer."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from healthmsg.clinic.models import Patient
from tests import factories
from whatsapp import doubts, sweeping
from whatsapp.models import Attempt, Delivery, LineBeat, Message, Sender
from whatsapp.settling import UNCERTAIN_SECONDS
from whatsapp.status import Lane, Reason, Status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def uncertain(sender: Sender, willing_patient: Patient, noon: datetime) -> Message:
    """A reminder whose call may have worked, its wait for a receipt over."""
    message = factories.make_message(
        sender, willing_patient, status=Status.UNCERTAIN, attempt=1, send_after=None
    )
    Attempt.objects.create(message=message, number=1, outcome=Status.UNCERTAIN, ended_at=noon)
    run_out(message)
    return message


def run_out(message: Message) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE whatsapp_message SET leased_until = clock_timestamp() - interval '1 second'"
            " WHERE id = %s",
            [message.pk],
        )


def let_the_line_talk(message: Message, noon: datetime) -> None:
    """The receiver has stood since before the call, and a later call's receipt has come."""
    since = datetime.now(UTC) - timedelta(hours=1)
    LineBeat.objects.update_or_create(
        name="door", defaults={"since": since, "seen_at": datetime.now(UTC)}
    )
    factories.make_message(
        message.sender,  # type: ignore[arg-type] # the fixture gave it one
        message.patient,  # type: ignore[arg-type]
        status=Status.SENT,
        send_after=None,
        accepted_at=noon + timedelta(seconds=5),
        sent_at=noon + timedelta(seconds=6),
    )


def test_silence_on_a_talking_line_sends_a_reminder_again(
    uncertain: Message, noon: datetime
) -> None:
    let_the_line_talk(uncertain, noon)

    found = sweeping.sweep(now=noon + timedelta(minutes=2))

    uncertain.refresh_from_db()
    assert found["sent_again"] == 1
    assert uncertain.status == Status.QUEUED
    assert uncertain.send_after == noon + timedelta(minutes=2)


def no_beat(_message: Message, _noon: datetime) -> None:
    LineBeat.objects.all().delete()


def stale_beat(_message: Message, _noon: datetime) -> None:
    LineBeat.objects.update(seen_at=datetime.now(UTC) - timedelta(minutes=1))


def gap_since_the_call(_message: Message, _noon: datetime) -> None:
    LineBeat.objects.update(since=datetime.now(UTC) + timedelta(seconds=1))


def older_notice_unread(_message: Message, _noon: datetime) -> None:
    minute_ago = datetime.now(UTC) - timedelta(minutes=1)
    Delivery.objects.create(clear_body=b"{}", received_at=minute_ago, digest_after=minute_ago)


def no_later_receipt(message: Message, _noon: datetime) -> None:
    Message.objects.exclude(pk=message.pk).update(sent_at=None)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(no_beat, id="receiver-never-seen"),
        pytest.param(stale_beat, id="receiver-gone"),
        pytest.param(gap_since_the_call, id="gap-since-the-call"),
        pytest.param(older_notice_unread, id="older-notice-unread"),
        pytest.param(no_later_receipt, id="no-later-receipt"),
    ],
)
def test_silence_counts_only_if_the_line_is_talking(
    uncertain: Message, noon: datetime, spoil: Callable[[Message, datetime], None]
) -> None:
    let_the_line_talk(uncertain, noon)
    spoil(uncertain, noon)

    found = sweeping.sweep(now=noon + timedelta(minutes=2))

    uncertain.refresh_from_db()
    assert found["sent_again"] == 0
    assert uncertain.status == Status.UNCERTAIN


def test_a_campaign_s_message_of_unknown_outcome_is_never_sent_again(
    uncertain: Message, noon: datetime
) -> None:
    Message.objects.update(lane=int(Lane.BROADCAST))
    let_the_line_talk(uncertain, noon)

    sweeping.sweep(now=noon + timedelta(minutes=2))

    uncertain.refresh_from_db()
    assert (uncertain.status, uncertain.reason) == (Status.UNCERTAIN, Reason.UNKNOWN_OUTCOME)
    assert uncertain.leased_until is None


def test_a_reminder_of_unknown_outcome_past_its_time_is_left_to_the_call_list(
    uncertain: Message,
) -> None:
    found = sweeping.sweep(now=uncertain.expires_at)

    uncertain.refresh_from_db()
    assert found["left_unknown"] == 1
    assert uncertain.reason == Reason.UNKNOWN_OUTCOME


def test_a_lease_that_ran_out_is_a_call_that_may_have_worked(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = factories.make_message(
        sender, willing_patient, status=Status.SENDING, attempt=1, send_after=None
    )
    run_out(message)

    found = sweeping.sweep(now=noon)
    again = sweeping.sweep(now=noon)

    message.refresh_from_db()
    assert (found["leases_over"], again["leases_over"]) == (1, 0)
    assert message.status == Status.UNCERTAIN
    assert message.leased_until is not None
    assert Attempt.objects.get(message=message).number == 1


def test_what_is_still_leased_is_left_alone(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = factories.make_message(
        sender,
        willing_patient,
        status=Status.SENDING,
        attempt=1,
        send_after=None,
        leased_until=datetime.now(UTC) + timedelta(seconds=30),
    )

    sweeping.sweep(now=noon)

    message.refresh_from_db()
    assert message.status == Status.SENDING


def test_a_killed_call_is_measured_from_when_it_began(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = factories.make_message(
        sender, willing_patient, status=Status.SENDING, attempt=1, send_after=None
    )
    run_out(message)

    sweeping.sweep(now=noon)

    attempt = Attempt.objects.get(message=message)
    assert noon - timedelta(seconds=40) < attempt.ended_at < noon - timedelta(seconds=30)


def real_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def wait_unfinished(message: Message, _noon: datetime) -> None:
    """The receiver's last sign of life is older than the end of the wait."""
    seen_at = real_now() - timedelta(seconds=1)
    LineBeat.objects.update(seen_at=seen_at)
    Message.objects.filter(pk=message.pk).update(leased_until=seen_at)


def test_what_was_turned_away_after_the_last_sign_of_life_is_not_known_yet(
    uncertain: Message, noon: datetime
) -> None:
    let_the_line_talk(uncertain, noon)
    wait_unfinished(uncertain, noon)
    assert doubts.send_again(now=noon) == 0

    LineBeat.objects.update(seen_at=real_now())

    assert doubts.send_again(now=noon) == 1


def test_a_receiver_that_began_with_the_very_call_may_have_missed_its_receipt(
    uncertain: Message, noon: datetime
) -> None:
    let_the_line_talk(uncertain, noon)
    attempt = Attempt.objects.get()
    LineBeat.objects.update(since=attempt.began_at)
    assert doubts.send_again(now=noon) == 0

    LineBeat.objects.update(since=attempt.began_at - timedelta(microseconds=1))

    assert doubts.send_again(now=noon) == 1


def test_a_receipt_of_a_call_of_the_very_same_moment_is_no_later_one(
    uncertain: Message, noon: datetime
) -> None:
    let_the_line_talk(uncertain, noon)
    later = Message.objects.exclude(pk=uncertain.pk)
    later.update(accepted_at=noon)
    assert doubts.send_again(now=noon) == 0

    later.update(accepted_at=noon + timedelta(microseconds=1))

    assert doubts.send_again(now=noon) == 1


def test_the_last_moment_of_use_is_too_late_to_send_again(
    uncertain: Message, noon: datetime
) -> None:
    let_the_line_talk(uncertain, noon)

    assert doubts.send_again(now=uncertain.expires_at) == 0
    assert doubts.leave_unknown(now=uncertain.expires_at - timedelta(microseconds=1)) == 0
    assert doubts.leave_unknown(now=uncertain.expires_at) == 1


@pytest.mark.parametrize(
    ("stands_for", "is_given_up"),
    [
        pytest.param(UNCERTAIN_SECONDS + 1, True, id="long-enough-for-a-receipt"),
        pytest.param(UNCERTAIN_SECONDS - 5, False, id="receipts-may-yet-come"),
    ],
)
def test_an_answer_cut_off_in_a_gap_of_the_receiver_is_left_unknown_once_receipts_had_time(
    uncertain: Message, noon: datetime, stands_for: float, is_given_up: bool
) -> None:
    let_the_line_talk(uncertain, noon)
    stood_up = real_now() - timedelta(seconds=stands_for)
    LineBeat.objects.update(since=stood_up)
    Attempt.objects.update(began_at=stood_up - timedelta(seconds=1))

    found = sweeping.sweep(now=noon)

    uncertain.refresh_from_db()
    assert (found["left_unknown"], found["sent_again"]) == (int(is_given_up), 0)
    assert uncertain.reason == (Reason.UNKNOWN_OUTCOME if is_given_up else "")


def test_a_call_that_the_receiver_has_stood_by_is_never_given_up_for_its_gaps(
    uncertain: Message, noon: datetime
) -> None:
    let_the_line_talk(uncertain, noon)
    no_later_receipt(uncertain, noon)

    assert sweeping.sweep(now=noon)["left_unknown"] == 0


def test_while_the_receiver_is_gone_nothing_is_given_up_for_a_gap(
    uncertain: Message, noon: datetime
) -> None:
    let_the_line_talk(uncertain, noon)
    stale_beat(uncertain, noon)
    Attempt.objects.update(began_at=real_now() - timedelta(days=1))

    assert sweeping.sweep(now=noon)["left_unknown"] == 0


def test_receipts_of_another_number_say_nothing_about_this_one(
    uncertain: Message, noon: datetime
) -> None:
    let_the_line_talk(uncertain, noon)
    other = factories.make_sender(uncertain.clinic, phone_number_id="100000000000002")
    Message.objects.exclude(pk=uncertain.pk).update(sender=other)

    assert doubts.send_again(now=noon) == 0


def test_what_ended_unknown_three_times_is_left_to_the_call_list(
    uncertain: Message, noon: datetime
) -> None:
    let_the_line_talk(uncertain, noon)
    for number in (2, 3):
        Attempt.objects.create(
            message=uncertain, number=number, outcome=Status.UNCERTAIN, ended_at=noon
        )
    Message.objects.filter(pk=uncertain.pk).update(attempt=3)

    found = sweeping.sweep(now=noon)

    uncertain.refresh_from_db()
    assert (found["left_unknown"], found["sent_again"]) == (1, 0)
    assert uncertain.reason == Reason.UNKNOWN_OUTCOME


def many_uncertain(first: Message, noon: datetime, count: int) -> list[int]:
    """As many more like the first."""
    copies = Message.objects.bulk_create(
        Message(
            clinic=first.clinic,
            sender=first.sender,
            phone=first.phone,
            patient=first.patient,
            purpose=first.purpose,
            dedupe_key=f"doubt:{n}",
            status=Status.UNCERTAIN,
            attempt=1,
            leased_until=real_now() - timedelta(seconds=1),
            expires_at=first.expires_at,
            created_at=noon,
        )
        for n in range(count)
    )
    Attempt.objects.bulk_create(
        Attempt(message=m, number=1, outcome=Status.UNCERTAIN, ended_at=noon) for m in copies
    )
    return [m.pk for m in copies]


def test_two_sweepers_at_once_send_each_message_again_once(
    uncertain: Message, noon: datetime
) -> None:
    many_uncertain(uncertain, noon, 400)
    let_the_line_talk(uncertain, noon)
    start = threading.Barrier(2)

    def sweep() -> int:
        try:
            start.wait(10)
            return doubts.send_again(now=noon)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        found = [one.result() for one in [pool.submit(sweep), pool.submit(sweep)]]
    found.append(doubts.send_again(now=noon))

    assert sum(found) == 401
    assert Message.objects.filter(status=Status.QUEUED, send_after=noon).count() == 401


def test_a_sweeper_killed_between_its_parts_leaves_the_rest_to_the_next(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = factories.make_message(
        sender, willing_patient, status=Status.SENDING, attempt=1, send_after=None
    )
    run_out(message)
    doubts.leases_over(now=noon)
    run_out(message)
    let_the_line_talk(message, noon)
    LineBeat.objects.update(since=real_now() - timedelta(hours=1))

    found = sweeping.sweep(now=noon)

    message.refresh_from_db()
    assert (found["leases_over"], found["sent_again"]) == (0, 1)
    assert (message.status, message.attempt) == (Status.QUEUED, 1)
