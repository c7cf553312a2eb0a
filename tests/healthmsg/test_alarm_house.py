"""With real processes: beat dies and somebody is told; beat comes back and answers go first."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Appointment, StaffUser, VisitStatus
from healthmsg.desk.alarms import signs
from healthmsg.desk.models import Silence, Watcher
from reminders import booking
from reminders.booking import Booking
from tests import at_rest, factories
from tests.healthmsg.outside_world import Listener, listener
from tests.running_house import House, Practice, celery_worker, make_practice, open_house
from whatsapp.models import Delivery, Heartbeat, Message, Switch

pytestmark = pytest.mark.django_db(transaction=True)

BEAT = ["celery", "-A", "healthmsg", "-q", "beat", "--loglevel=WARNING", "--pidfile="]
# Beat gives a sign every five seconds.
SILENT_AFTER_MINUTES = "0.2"
# All but the inbox: nobody reads what the door keeps.
QUEUES = "sender,default,housekeeping"


@pytest.fixture
def outside() -> Iterator[Listener]:
    with listener() as heard:
        yield heard


@pytest.fixture
def quick(outside: Listener, monkeypatch: pytest.MonkeyPatch) -> Listener:
    """All processes started from here know an address outside, and notice silence in seconds."""
    monkeypatch.setenv("SILENT_AFTER_MINUTES", SILENT_AFTER_MINUTES)
    monkeypatch.setenv("DISK_FREE_PERCENT", "0")
    monkeypatch.setenv("DEAD_MAN_URL", outside.url)
    return outside


def until(is_so: Callable[[], bool], *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def pings(heard: Listener) -> list[object]:
    return [post for post in heard.posts if post.body is None]


def told_of(heard: Listener) -> list[str]:
    return [post.body["text"] for post in heard.posts if post.body is not None]


def test_beat_is_killed_and_the_others_tell(
    quick: Listener, tmp_path: Path, client: Client, settings: LazySettings
) -> None:
    settings.SILENT_AFTER_MINUTES = float(SILENT_AFTER_MINUTES)
    with listener() as room, open_house(tmp_path) as house:
        clinic = factories.make_clinic()
        Watcher.objects.create(clinic=clinic, name="Room", address=room.url, morning_at=None)
        beat = house.start("beat", BEAT)
        until(lambda: bool(pings(quick)))
        assert told_of(room) == []

        beat.kill()
        beat.wait()

        # What beat no longer rings for falls silent too, and may be told first.
        until(lambda: any("beat, which starts everything" in text for text in told_of(room)))
        somebody = StaffUser.objects.create(username="somebody", is_staff=True)
        client.force_login(somebody)
        page = client.get(reverse("overview")).content.decode()
        assert "no sign of life of beat" in page


def test_a_cancellation_tapped_in_the_silence_is_applied_before_its_reminder_leaves(
    quick: Listener, tmp_path: Path
) -> None:
    with open_house(tmp_path, queues=QUEUES) as house:
        practice = make_practice(house)
        cancelling, faithful = _booked(practice, "cancels"), _booked(practice, "reads")
        # Most people tap under a reminder; she does under the first message already.
        number = factories.phone_of(cancelling.patient).number.lstrip("+")
        house.sandbox.behave(number, {"tap_from": 2})
        house.at(factories.NOON + timedelta(minutes=3))
        until(lambda: _confirmed_and_tapped(house))
        # Or a tick of before the silence queues what comes due after it.
        at_rest.ask_for_nothing_more(QUEUES)
        at_rest.until_nobody_works(still_for=at_rest.STILL_FOR)

        # Nobody reads what the door keeps; beat was last seen three hours ago.
        signs.give(signs.BEAT)
        Heartbeat.objects.filter(part=signs.BEAT).update(
            seen_at=signs.real_now() - timedelta(hours=3)
        )
        house.at(factories.NOON + timedelta(days=2))
        house.start("beat", BEAT)
        until(lambda: Message.objects.filter(status="QUEUED").count() == 2)
        assert Switch.objects.filter(held_at__isnull=False).count() == 2
        assert _sent(house) == ["appointment_confirmation"] * 2

        house.start("inbox", celery_worker("inbox"))
        until(lambda: Silence.objects.get().taps_done_at is not None)
        until(lambda: len(_sent(house)) == 3)
        house.settle()

        cancelling.refresh_from_db()
        assert cancelling.status == VisitStatus.CANCELLED_BY_PATIENT
        assert _sent(house, cancelling) == ["appointment_confirmation"]
        assert _sent(house, faithful) == [
            "appointment_confirmation",
            "appointment_reminder_tomorrow",
        ]
        still = Switch.objects.filter(held_at__isnull=False).values_list("name", flat=True)
        assert list(still) == [Switch.Name.BROADCASTS]


def _booked(practice: Practice, behaviour: str) -> Appointment:
    """A visit in three days, by reception's own way."""
    patient = practice.patient(behaviour)
    request = Booking(
        patient=patient,
        kind=factories.make_kind(practice.clinic),
        site=factories.make_site(practice.clinic),
        starts_at=factories.NOON + timedelta(days=3),
        contact=patient.contacts.get(),
    )
    return booking.book(request, by=None, now=factories.NOON)


def _confirmed_and_tapped(house: House) -> bool:
    """Both were told of their visits; one has cancelled, and the door has kept it unread."""
    house.tick()
    kept = (notice.body or b"" for notice in Delivery.objects.all())
    return len(_sent(house)) == 2 and any(b'"button"' in body for body in kept)


def _sent(house: House, visit: Appointment | None = None) -> list[str]:
    number = factories.phone_of(visit.patient).number.lstrip("+") if visit else ""
    return [
        entry["template"]
        for entry in house.sandbox.accepted()
        if entry["template"] and entry["to"].lstrip("+").endswith(number)
    ]
