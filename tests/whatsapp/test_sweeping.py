"""What waited too long, died on the way, or was never answered."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from healthmsg.clinic.models import (
    Patient,
)
from tests import factories
from whatsapp import sweeping
from whatsapp.models import Attempt, Delivery, LineBeat, Message, Sender
from whatsapp.status import Lane, Reason, Status

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_sweeper_withholds_what_waited_past_its_time(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = factories.make_message(sender, willing_patient, expires_at=noon)
    Sender.objects.update(held_at=noon)

    found = sweeping.sweep(now=noon)
    again = sweeping.sweep(now=noon)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.TOO_LATE)
    assert (found.too_late, again.too_late) == (1, 0)


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
    LineBeat.objects.create(name="door", since=since, seen_at=datetime.now(UTC))
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
    assert found.sent_again == 1
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
    Delivery.objects.create(body=b"{}", received_at=minute_ago, digest_after=minute_ago)


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
    assert found.sent_again == 0
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
    assert found.left_unknown == 1
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
    assert (found.leases_over, again.leases_over) == (1, 0)
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


def test_one_sweep_takes_many_chunks(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    one = factories.make_message(sender, willing_patient, expires_at=noon)
    Message.objects.bulk_create(
        Message(
            clinic=one.clinic,
            sender=sender,
            phone=one.phone,
            patient=willing_patient,
            purpose=one.purpose,
            dedupe_key=f"late:{n}",
            send_after=noon,
            expires_at=noon,
            created_at=noon,
        )
        for n in range(2 * sweeping.CHUNK)
    )

    found = sweeping.sweep(now=noon)

    assert found.too_late == 2 * sweeping.CHUNK + 1
    assert not Message.objects.filter(send_after__isnull=False).exists()
