"""People are told at least once, not too often, in their hours, and never of a patient."""

import socket
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail as outgoing
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic
from healthmsg.clinic.strongbox import WrongKeys
from healthmsg.desk import tasks
from healthmsg.desk.alarms import links, rooms, telling, watching
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Alarm, Telling, Watcher
from tests import factories
from tests.healthmsg.outside_world import listener, mail_server
from tests.healthmsg.test_breakers import signed_in
from whatsapp.models import Sender

NOON = factories.NOON
MIDNIGHT = NOON + timedelta(hours=12)


@pytest.fixture(autouse=True)
def _quiet(settings: LazySettings) -> None:
    settings.DISK_FREE_PERCENT = 0
    settings.EMAIL_URL = "memorymail://"
    settings.PUBLIC_URL = "https://messages.example.org"


@pytest.fixture
def stopped(sender: Sender) -> Sender:
    Sender.objects.update(held_at=NOON, held_reason="the account is locked")
    return sender


def make_watcher(clinic: Clinic, **fields: Any) -> Watcher:
    defaults = {"name": f"Alex {Watcher.objects.count()}", "email": "alex@example.org"}
    return Watcher.objects.create(clinic=clinic, **(defaults | fields))


def tick(at: datetime) -> int:
    watching.watch(Moment(at, NOON))
    return telling.tell(now=lambda: at)


def after(**span: float) -> datetime:
    return NOON + timedelta(**span)


def test_a_mail_says_what_is_wrong_what_to_do_and_where(stopped: Sender) -> None:
    make_watcher(stopped.clinic)

    assert tick(NOON) == 1

    (letter,) = outgoing.outbox
    assert letter.to == ["alex@example.org"]
    assert letter.subject == f"healthmsg: The number {stopped} is stopped: the account is locked."
    assert f"https://messages.example.org/admin/whatsapp/sender/{stopped.pk}" in letter.body
    assert "https://messages.example.org/alarm/" in letter.body
    alarm = Alarm.objects.get()
    assert (alarm.times_told, alarm.last_told_at) == (1, NOON)


def test_it_is_told_again_at_growing_intervals(stopped: Sender) -> None:
    make_watcher(stopped.clinic)

    told = [minute for minute in range(0, 8 * 60, 10) if tick(after(minutes=minute))]

    assert told == [0, 10, 40, 100, 220, 460]


def test_who_has_seen_it_stops_it_for_everybody_until_it_is_over(stopped: Sender) -> None:
    make_watcher(stopped.clinic)
    make_watcher(stopped.clinic)
    assert tick(NOON) == 2

    alarm = Alarm.objects.get()
    assert telling.acknowledge(alarm, by=None, name="Alex", now=after(minutes=1))
    assert not telling.acknowledge(alarm, by=None, name="Kim", now=after(minutes=2))
    assert tick(after(hours=9)) == 0

    Sender.objects.update(held_at=None)
    assert tick(after(hours=10)) == 2
    assert tick(after(hours=11)) == 0
    assert outgoing.outbox[-1].subject.startswith("healthmsg: Over: ")


def test_who_was_not_told_is_not_told_that_it_is_over(stopped: Sender) -> None:
    watching.watch(Moment(NOON, NOON))
    make_watcher(stopped.clinic)
    Sender.objects.update(held_at=None)

    assert tick(after(minutes=1)) == 0


def test_a_graver_stage_is_told_at_once_though_somebody_had_seen_it(
    sunrise_clinic: Clinic, settings: LazySettings
) -> None:
    settings.WHATSAPP_TOKEN_EXPIRES_ON = after(days=20).date()
    make_watcher(sunrise_clinic, morning_at=None)
    told = []
    for hour in range(0, 24 * 21, 12):
        if tick(after(hours=hour)):
            told.append(20 - hour // 24)
            telling.acknowledge(Alarm.objects.get(), by=None, name="Alex", now=after(hours=hour))

    # Noon in Buenos Aires is three in the afternoon of the day by which the date is read.
    assert [days for days in told if days >= 0] == pytest.approx([14, 7, 1, 0], abs=1)


def test_at_night_only_what_is_severe_is_told(sender: Sender) -> None:
    make_watcher(sender.clinic)
    Sender.objects.update(slowed_to=5)
    assert tick(MIDNIGHT) == 0

    Sender.objects.update(held_at=NOON, slowed_to=None)
    assert tick(MIDNIGHT + timedelta(minutes=6)) == 1
    assert len(outgoing.outbox) == 1
    assert Alarm.objects.get(kind=Kind.NUMBER_SLOWED).times_told == 0


def test_what_waited_for_the_morning_is_told_then(sender: Sender) -> None:
    make_watcher(sender.clinic)
    Sender.objects.update(slowed_to=5)
    tick(MIDNIGHT)

    assert tick(MIDNIGHT + timedelta(hours=6, minutes=59)) == 0
    assert tick(MIDNIGHT + timedelta(hours=7)) == 1


def test_who_never_wants_to_be_woken_is_not(stopped: Sender) -> None:
    make_watcher(stopped.clinic, sleeps_at_night=True)

    assert tick(MIDNIGHT) == 0
    assert tick(MIDNIGHT + timedelta(hours=7)) == 1


def test_a_day_begins_by_the_clinics_clocks_also_when_they_change(db: None) -> None:
    clinic = factories.make_clinic(country="DE", time_zone="Europe/Berlin")
    factories.make_sender(clinic)
    make_watcher(clinic, sleeps_at_night=True)
    Sender.objects.update(held_at=NOON)
    night = datetime.fromisoformat("2026-03-29T01:30:00+01:00")  # clocks go from two to three

    assert tick(night) == 0

    assert Telling.objects.get().next_at == datetime.fromisoformat("2026-03-29T07:00:00+02:00")


@pytest.mark.parametrize(
    ("fields", "hears"),
    [
        pytest.param({}, True, id="everything"),
        pytest.param({"only_severe": True}, False, id="only-severe"),
        pytest.param({"kinds": [Kind.NUMBER_SLOWED]}, True, id="this-kind"),
        pytest.param({"kinds": [Kind.DISK_FULL]}, False, id="other-kinds"),
        pytest.param({"is_active": False}, False, id="nothing"),
    ],
)
def test_everybody_hears_what_they_chose(
    sender: Sender, fields: dict[str, Any], hears: bool
) -> None:
    make_watcher(sender.clinic, **fields)
    Sender.objects.update(slowed_to=5)

    assert tick(NOON) == int(hears)


def test_another_clinics_number_is_nobody_elses_business(stopped: Sender) -> None:
    make_watcher(factories.make_clinic())

    assert tick(NOON) == 0


def test_who_is_entered_later_is_told_of_what_is_still_wrong(stopped: Sender) -> None:
    tick(NOON)
    make_watcher(stopped.clinic)

    assert tick(after(minutes=1)) == 1


def test_mails_are_in_the_persons_language_and_name_no_reason_a_person_typed(
    sender: Sender,
) -> None:
    make_watcher(sender.clinic)
    Sender.objects.update(held_at=NOON, held_reason="Mrs. Canary called")

    tick(NOON)

    assert "Canary" not in outgoing.outbox[0].subject + str(outgoing.outbox[0].body)


def test_a_process_that_died_while_telling_repeats_it_once_and_not_at_once(
    stopped: Sender,
) -> None:
    make_watcher(stopped.clinic)
    watching.watch(Moment(NOON, NOON))
    taken = Telling.objects.get()
    # What telling writes before it sends; then the process dies.
    assert telling.take(taken, after(minutes=5), counts=True)

    assert tick(after(minutes=1)) == 0
    assert tick(after(minutes=5)) == 1
    assert tick(after(minutes=6)) == 0
    assert len(outgoing.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_tell_once(stopped: Sender) -> None:
    make_watcher(stopped.clinic)
    watching.watch(Moment(NOON, NOON))
    mine, theirs = Telling.objects.get(), Telling.objects.get()

    won = [telling.take(one, after(minutes=5), counts=True) for one in (mine, theirs)]

    assert won == [True, False]
    connections.close_all()


def test_over_a_real_mail_server(stopped: Sender, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    make_watcher(stopped.clinic, name="Ana", language="es")
    with mail_server() as server:
        settings.EMAIL_PORT = server.port

        assert tick(NOON) == 1

    assert "To: alex@example.org" in server.letters[0]
    assert "Auto-Submitted: auto-generated" in server.letters[0]


def test_a_mail_server_that_hangs_holds_up_nobody(stopped: Sender, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_TIMEOUT = 0.2
    make_watcher(stopped.clinic)
    with mail_server(is_silent=True) as server, listener() as room:
        make_watcher(stopped.clinic, email="", address=room.url)
        settings.EMAIL_PORT = server.port

        assert tick(NOON) == 1

    assert len(room.posts) == 1
    assert Telling.objects.exclude(problem="").filter(times=0).count() == 1


def test_who_cannot_be_told_is_an_alarm_for_the_others(
    stopped: Sender, settings: LazySettings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", _closed_port()
    lost = make_watcher(stopped.clinic, name="Lost")
    with listener() as room:
        make_watcher(stopped.clinic, email="", address=room.url)
        for minute in range(0, 40, 5):
            tick(after(minutes=minute))

    assert Alarm.objects.get(kind=Kind.NOT_TOLD).subject == f"watcher:{lost.pk}"
    assert {post.body["kind"] for post in room.posts} == {Kind.NUMBER_STOPPED, Kind.NOT_TOLD}


def test_attack_a_copy_of_the_database_writes_to_no_room(stopped: Sender) -> None:
    with listener() as room:
        watcher = make_watcher(stopped.clinic, email="", address=room.url, secret="Bearer x")

        assert tasks.seal_audit() >= 1
        assert rooms.seal_clear() == 0

        watcher.refresh_from_db()
        assert (watcher.address, watcher.secret) == ("", "")
        assert room.url.encode() not in bytes(watcher.sealed_room or b"")
        assert watcher.room() == (room.url, "Bearer x")
        assert tick(NOON) == 1
    assert room.posts[0].headers["Authorization"] == "Bearer x"


def test_attack_an_address_copied_to_another_row_does_not_open(stopped: Sender) -> None:
    mine, other = (make_watcher(stopped.clinic) for _ in range(2))
    rooms.keep(mine, address="https://rooms.example.org/1", secret="")
    Watcher.objects.filter(pk=other.pk).update(sealed_room=mine.sealed_room)

    other.refresh_from_db()

    with pytest.raises(WrongKeys):
        other.room()


def test_under_the_newest_key_when_told_and_unreadable_without_the_old_one(
    stopped: Sender, settings: LazySettings
) -> None:
    settings.AUDIT_KEYS = ["old"]
    with listener() as room:
        watcher = make_watcher(stopped.clinic, email="", address=room.url)
        rooms.keep(watcher, address=room.url, secret="")

        settings.AUDIT_KEYS = ["new"]
        assert tick(NOON) == 0
        assert Telling.objects.get().problem == "sealed under another key"

        settings.AUDIT_KEYS = ["new", "old"]
        call_command("rewrap_audit_keys")
        settings.AUDIT_KEYS = ["new"]
        watcher.refresh_from_db()

    assert watcher.room() == (room.url, "")


def test_an_address_is_typed_shown_and_changed_as_it_is_and_its_secret_is_never_shown(
    client: Client, sunrise_clinic: Clinic
) -> None:
    admin = signed_in(client, sunrise_clinic, "Clinic admin")
    typed = {"clinic": sunrise_clinic.pk, "name": "Room", "language": "en", "is_active": "on"}
    typed |= {"day_begins": "07:00", "day_ends": "22:00", "secret": "Bearer x"}

    admin.post(reverse("admin:desk_watcher_add"), typed | {"address": "https://one.example.org"})
    watcher = Watcher.objects.get()
    page = reverse("admin:desk_watcher_change", args=[watcher.pk])
    shown = admin.get(page).content.decode()
    admin.post(page, typed | {"address": "https://two.example.org", "secret": ""})

    assert watcher.room() == ("https://one.example.org", "Bearer x")
    assert "https://one.example.org" in shown
    assert "Bearer" not in shown
    watcher.refresh_from_db()
    assert watcher.address == ""
    assert watcher.room() == ("https://two.example.org", "Bearer x")

    refused = admin.post(page, typed | {"address": "", "secret": ""})
    assert "Choose a staff member" in refused.content.decode()
    watcher.refresh_from_db()
    assert watcher.has_room


def test_a_web_address_gets_json_with_its_secret(stopped: Sender) -> None:
    with listener() as room:
        watcher = make_watcher(
            stopped.clinic, email="", address=room.url, secret="Bearer of the test"
        )
        tick(NOON)
        Sender.objects.update(held_at=None)
        tick(after(minutes=1))

    first, second = room.posts
    assert first.headers["Authorization"] == "Bearer of the test"
    assert first.body["text"].startswith("The number ")
    assert first.body["event"] == "alarm.open"
    # Signed with the second it was made in.
    token = first.body["acknowledge"].rstrip("/").rpartition("/")[2]
    assert links.read(token) == links.Token(first.body["alarm"], watcher.pk)
    assert second.body["event"] == "alarm.over"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_address_that_refuses_is_tried_again_and_named_nowhere(
    stopped: Sender, status: int
) -> None:
    with listener(status=status) as room:
        make_watcher(stopped.clinic, email="", address=room.url)
        assert tick(NOON) == 0
        assert tick(after(minutes=4)) == 0
        assert tick(after(minutes=5)) == 0

    assert len(room.posts) == 2
    assert Telling.objects.get().problem == f"answered {status}"


def test_without_a_mail_server_nothing_breaks_and_the_alarm_says_so(
    stopped: Sender, settings: LazySettings
) -> None:
    settings.EMAIL_URL = ""
    make_watcher(stopped.clinic)

    assert tick(NOON) == 0
    assert "EMAIL_URL" in Telling.objects.get().problem


def test_a_link_is_good_for_days_and_only_ours(db: None) -> None:
    address = links.to_acknowledge(7, 9)
    token = address.rstrip("/").rpartition("/")[2]

    assert links.read(token) == links.Token(7, 9)
    assert links.read(token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    assert links.read("nonsense") is None


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
