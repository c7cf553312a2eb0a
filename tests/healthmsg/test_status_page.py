"""The page of how everything stands: what it says, for whom, at what price."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from healthmsg.beat_table import SCHEDULE
from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.desk.models import Watcher
from healthmsg.desk.status import lines, parts, words
from tests import factories
from whatsapp import sweeping, watching
from whatsapp.measures import API_LATENCY, Tally
from whatsapp.models import (
    Delivery,
    Heartbeat,
    LineBeat,
    Portfolio,
    Sender,
    Sweep,
    Switch,
    TierSeat,
)
from whatsapp.status import Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_client(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


def signed_in(client: Client, clinic: Clinic, role: str) -> Client:
    user = StaffUser.objects.create(username=role, is_staff=True, email="a@example.org")
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


def said(client: Client) -> str:
    """The page's words, without marks and spaces between."""
    page = client.get(reverse("status") + "?only=now")
    assert page.status_code == 200
    text = page.content.decode()
    for tag in ("<", ">"):
        text = text.replace(tag, f" {tag} ")
    return " ".join(
        part.split(">")[-1].strip() for part in text.split("<") if part.split(">")[-1].strip()
    )


def everything_lives() -> None:
    for part in parts.PROCESSES:
        watching.live(part)
    LineBeat.objects.create(
        name="door", since=datetime.now(UTC) - timedelta(hours=3), seen_at=datetime.now(UTC)
    )


def test_when_everything_works_it_says_so(
    admin_client: Client, sender: Sender, settings: Settings
) -> None:
    settings.DISK_FREE_PERCENT = 0.0
    everything_lives()

    text = said(admin_client)

    assert "Everything works." in text
    assert "without a gap for 3 h" in text
    assert "Sending to WhatsApp ✓ works" in text


def test_a_part_that_fell_silent_is_said_with_since_when(
    admin_client: Client, sender: Sender, settings: Settings
) -> None:
    settings.DISK_FREE_PERCENT = 0.0
    everything_lives()
    Heartbeat.objects.filter(part="sender").update(seen_at=datetime.now(UTC) - timedelta(minutes=7))

    text = said(admin_client)

    assert "1 thing to look at" in text
    assert "Sending to WhatsApp ✕ silent for 7 min" in text


def test_a_part_that_never_worked_is_said(admin_client: Client) -> None:
    assert "The clock that starts everything else ! never started here" in said(admin_client)


def test_redis_that_does_not_answer_is_said(admin_client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert "Redis ✕ does not answer" in said(admin_client)


def test_a_number_s_queue_is_told_by_lane_and_since_when(
    admin_client: Client, sender: Sender, willing_patient: Patient
) -> None:
    due = timezone.now() - timedelta(minutes=3, seconds=5)
    factories.make_message(sender, willing_patient, send_after=due)
    factories.make_message(sender, willing_patient, send_after=timezone.now() + timedelta(hours=1))

    assert "Reminders … 2 wait 1 due, the oldest for 3 min" in said(admin_client)


def test_a_stopped_number_says_why_and_since_when(admin_client: Client, sender: Sender) -> None:
    hour_ago = timezone.now() - timedelta(hours=3)
    Sender.objects.update(held_at=hour_ago, held_reason="too many complaints")
    Portfolio.objects.update(held_at=hour_ago, held_reason="unpaid")
    Switch.objects.create(
        name=Switch.Name.BROADCASTS, held_at=hour_ago, held_reason="a look is needed"
    )

    text = said(admin_client)

    assert "too many complaints, for 3 h" in text
    assert "unpaid, for 3 h" in text
    assert "Campaigns ✕ stopped a look is needed, for 3 h" in text


def test_a_slowed_number_says_its_pace(admin_client: Client, sender: Sender) -> None:
    Sender.objects.update(
        slowed_to=20.0, slowed_at=datetime.now(UTC), slowed_reason="sent too fast"
    )

    assert "! slowed down 20 of 80 messages a second: sent too fast" in said(admin_client)


def test_the_daily_limit_says_what_is_used_and_kept(
    admin_client: Client, sender: Sender, willing_patient: Patient
) -> None:
    Portfolio.objects.update(daily_limit=250, seats_kept=40)
    TierSeat.objects.create(
        portfolio=sender.account.portfolio,
        phone=factories.make_phone(sender.clinic),
        last_at=timezone.now(),
    )

    assert "1 of 250 people 40 kept for reminders" in said(admin_client)


def test_what_is_in_doubt_and_what_needs_a_person_is_counted(
    admin_client: Client, sender: Sender, willing_patient: Patient
) -> None:
    factories.make_message(
        sender,
        willing_patient,
        status=Status.UNCERTAIN,
        send_after=None,
        leased_until=datetime.now(UTC) + timedelta(seconds=30),
    )
    Delivery.objects.create(clear_body=b"{}", problem="KeyError", digest_after=None)
    factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        wamid="wamid.1",
        kind="text",
        written_at=timezone.now(),
        handled_at=timezone.now(),
        needs_person_at=timezone.now() - timedelta(hours=4),
    )

    text = said(admin_client)

    assert "has not told us whether it arrived … 1 the oldest for 1 min" in text
    assert "News from WhatsApp that could not be read ! 1" in text
    assert "Messages from patients for a person to read ! 1 the oldest for 4 h" in text


def test_the_last_hour_s_medians_are_told(admin_client: Client, sender: Sender) -> None:
    tally = Tally()
    tally.observe_many(API_LATENCY, sender.pk, [0.09] * 10, "accepted")
    tally.flush_now()

    text = said(admin_client)

    assert "WhatsApp's answer to a message ✓ 88 ms" in text.replace("&#x27;", "'")
    assert "10 in the last hour" in text


def test_sweepers_say_what_they_found_and_whether_they_are_overdue(
    admin_client: Client, sender: Sender, willing_patient: Patient
) -> None:
    now = timezone.now()
    factories.make_message(sender, willing_patient, send_after=now, expires_at=now)
    sweeping.sweep(now=now)
    assert "Messages that waited past their time ✓ looked 0 s ago found 1 so far" in said(
        admin_client
    )

    Sweep.objects.filter(name="seats").update(ran_at=datetime.now(UTC) - timedelta(minutes=2))
    Sweep.objects.filter(name="marks").update(broke_with="DataError")

    text = said(admin_client)
    assert "Places of the daily limit that are free again ✕ overdue" in text
    assert "Old figures ✕ broke off" in text


def test_every_tick_and_sweeper_has_words() -> None:
    ticks = {tick["task"] for tick in SCHEDULE.values()} - {"whatsapp.sweep"}

    of_times = {"offers_left", "times_kept", "wishes_over", "times_freed"}
    of_runs = {"runs_over", "runs_guarded"}
    assert ticks | set(sweeping.PARTS) | of_runs | of_times == set(words.SWEEPS)
    assert all(lines._overdue_after(name) for name in words.SWEEPS)


def test_another_clinic_s_numbers_are_not_shown(admin_client: Client, sender: Sender) -> None:
    other = factories.make_sender(
        factories.make_clinic(name="Other"), phone_number_id="200000000000000"
    )
    Sender.objects.filter(pk=other.pk).update(display_number="+54 9 11 9999")

    text = said(admin_client)

    assert "+54 9 11 9999" not in text
    assert str(sender) in text


@pytest.mark.parametrize("role", ["Reception", "Clinician", "Campaign author", "Approver"])
def test_it_is_for_admins_and_those_who_are_told_of_alarms(
    client: Client, sunrise_clinic: Clinic, role: str
) -> None:
    signed_in(client, sunrise_clinic, role)
    assert client.get(reverse("status")).status_code == 403

    Watcher.objects.create(
        clinic=sunrise_clinic, name="On call", user=StaffUser.objects.get(username=role)
    )

    assert client.get(reverse("status")).status_code == 200


def test_it_costs_the_same_queries_however_much_there_is(
    admin_client: Client, sender: Sender, willing_patient: Patient
) -> None:
    everything_lives()
    with CaptureQueriesContext(connection) as few:
        admin_client.get(reverse("status"))
    for n in range(3):
        other = factories.make_sender(sender.clinic, phone_number_id=f"20000000000000{n}")
        factories.make_message(other, willing_patient)
    Heartbeat.objects.create(part="sender", host="second", seen_at=datetime.now(UTC))
    sweeping.sweep(now=timezone.now())
    with CaptureQueriesContext(connection) as many:
        admin_client.get(reverse("status"))

    assert len(many) == len(few)
