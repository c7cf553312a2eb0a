"""What waited too long, died on the way, or was never answered."""

from datetime import UTC, datetime, timedelta

import pytest

from healthmsg.clinic.models import Patient
from tests import factories
from whatsapp import sweeping, watching
from whatsapp.models import Heartbeat, Message, Sender, Sweep, TierSeat
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def test_the_sweeper_withholds_what_waited_past_its_time(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = factories.make_message(sender, willing_patient, expires_at=noon)
    Sender.objects.update(held_at=noon)

    found = sweeping.sweep(now=noon)
    again = sweeping.sweep(now=noon)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.TOO_LATE)
    assert message.withheld_at == noon
    assert (found["too_late"], again["too_late"]) == (1, 0)


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

    assert found["too_late"] == 2 * sweeping.CHUNK + 1
    assert not Message.objects.filter(send_after__isnull=False).exists()


def test_a_stop_with_an_end_ends(sender: Sender, noon: datetime) -> None:
    for row in (sender, sender.account):
        row.held_at, row.held_reason, row.held_until = noon, "WhatsApp asked us to", noon
        row.save()

    assert sweeping.sweep(now=noon - timedelta(microseconds=1))["holds_over"] == 0
    assert sweeping.sweep(now=noon)["holds_over"] == 2

    sender.refresh_from_db()
    assert (sender.held_at, sender.held_reason, sender.held_until) == (None, "", None)


def test_a_stop_without_an_end_stays(sender: Sender, noon: datetime) -> None:
    Sender.objects.update(held_at=noon, held_reason="because")

    sweeping.sweep(now=noon + timedelta(days=400))

    sender.refresh_from_db()
    assert sender.held_at == noon


def test_seats_are_kept_for_a_day_and_an_hour(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    portfolio = sender.account.portfolio
    ages = {timedelta(hours=23): True, timedelta(hours=25): True, timedelta(hours=26): False}
    for age in ages:
        TierSeat.objects.create(
            portfolio=portfolio,
            phone=factories.make_phone(sender.clinic),
            last_at=noon - age,
        )

    found = sweeping.sweep(now=noon)

    kept = {noon - at for at in TierSeat.objects.values_list("last_at", flat=True)}
    assert kept == {age for age, is_kept in ages.items() if is_kept}
    assert found["seats"] == 1


def test_every_part_leaves_a_row_that_says_when_it_looked(sender: Sender, noon: datetime) -> None:
    sweeping.sweep(now=noon)

    assert set(Sweep.objects.values_list("name", flat=True)) == set(sweeping.PARTS)


def test_hosts_that_are_gone_are_forgotten(sender: Sender, noon: datetime) -> None:
    watching.live("sender")
    Heartbeat.objects.create(
        part="sender", host="gone", seen_at=datetime.now(UTC) - timedelta(days=8)
    )

    assert sweeping.sweep(now=noon)["hosts"] == 1
    assert Heartbeat.objects.count() == 1


def test_answers_written_with_a_clock_that_was_ahead_go_now(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    """A reminder that was planned too early leaves at its time all the same."""
    ahead = {"created_at": noon + DAY, "send_after": noon + DAY, "expires_at": noon + 2 * DAY}
    answer = factories.make_message(sender, willing_patient, lane=0, **ahead)
    reminder = factories.make_message(sender, willing_patient, **ahead)
    put_off = factories.make_message(
        sender, willing_patient, lane=0, created_at=noon, send_after=noon + DAY
    )

    found = sweeping.sweep(now=noon)

    rows = Message.objects.in_bulk([answer.pk, reminder.pk, put_off.pk])
    assert found["ahead"] == 1
    assert rows[answer.pk].send_after == noon
    assert rows[reminder.pk].send_after == rows[put_off.pk].send_after == noon + DAY
    assert sweeping.sweep(now=noon)["ahead"] == 0
