"""Each morning one mail, by the clinic's clocks, once; and a ping while everything lives."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail as outgoing
from django.db import connection

from healthmsg.clinic.models import Clinic, Contact, Patient
from healthmsg.desk.alarms import deadman, morning, signs
from healthmsg.desk.alarms.kinds import Kind, Severity
from healthmsg.desk.models import Alarm, MorningMail, Watcher
from tests import factories
from tests.healthmsg.outside_world import listener

NOON = factories.NOON
# Half past seven in Buenos Aires.
MORNING = datetime.fromisoformat("2026-03-10T07:30:00-03:00")


@pytest.fixture(autouse=True)
def _mails(settings: LazySettings) -> None:
    settings.EMAIL_URL = "memorymail://"
    settings.PUBLIC_URL = "https://messages.example.org"


def make_watcher(clinic: Clinic, **fields: Any) -> Watcher:
    watcher = Watcher.objects.create(
        clinic=clinic, **({"name": "Alex", "email": "alex@example.org"} | fields)
    )
    Watcher.objects.update(created_at=MORNING - timedelta(days=3))
    return watcher


def greet(at: datetime) -> int:
    return morning.greet(real=at, business=at)


def test_the_mail_comes_once_at_its_time(sunrise_clinic: Clinic) -> None:
    make_watcher(sunrise_clinic)

    sent = [greet(MORNING + timedelta(minutes=minute)) for minute in (-1, 0, 1, 5, 600)]

    assert sent == [0, 1, 0, 0, 0]
    assert greet(MORNING + timedelta(days=1)) == 1
    assert MorningMail.objects.count() == 2


def test_a_machine_that_was_off_writes_late(sunrise_clinic: Clinic) -> None:
    make_watcher(sunrise_clinic)

    assert greet(MORNING + timedelta(hours=3)) == 1
    assert greet(MORNING + timedelta(hours=4)) == 0


def test_who_is_entered_at_noon_begins_tomorrow(sunrise_clinic: Clinic) -> None:
    make_watcher(sunrise_clinic)
    Watcher.objects.update(created_at=NOON)

    assert greet(NOON + timedelta(hours=1)) == 0
    assert greet(MORNING + timedelta(days=1)) == 1


def test_each_clinic_has_its_own_morning(db: None) -> None:
    tokyo = factories.make_clinic(country="JP", time_zone="Asia/Tokyo")
    make_watcher(tokyo, name="Kei", morning_at=time(8))

    assert greet(datetime.fromisoformat("2026-03-10T07:59:00+09:00")) == 0
    assert greet(datetime.fromisoformat("2026-03-10T08:00:00+09:00")) == 1


def test_a_morning_that_the_clocks_skip_comes_as_they_jump(db: None) -> None:
    berlin = factories.make_clinic(country="DE", time_zone="Europe/Berlin")
    make_watcher(berlin, morning_at=time(2, 30))
    Watcher.objects.update(created_at=MORNING)
    change = datetime.fromisoformat("2026-03-29T03:00:00+02:00")

    assert greet(change - timedelta(minutes=1)) == 0
    assert greet(change) == 1


def test_it_adds_up_and_names_no_patient(sunrise_clinic: Clinic, willing_patient: Patient) -> None:
    make_watcher(sunrise_clinic)
    factories.make_visit(willing_patient, starts_at=NOON + timedelta(days=1))
    unreachable = factories.make_patient(sunrise_clinic)
    Contact.objects.filter(patient=unreachable).update(phone=None)
    factories.make_visit(unreachable, starts_at=NOON + timedelta(days=1))

    greet(MORNING)

    (letter,) = outgoing.outbox
    sum_of_day = "2 visits = 0 told + 1 still to be told + 1 to call + 0 asked us not to"
    assert sum_of_day in letter.subject
    assert "https://messages.example.org/desk/to-call/" in letter.body
    assert "Nothing is stopped." in letter.body
    for secret in (willing_patient.given_name, willing_patient.family_name, "+54911"):
        assert secret not in f"{letter.subject} {letter.body}"


def test_a_day_without_visits_is_a_short_line(sunrise_clinic: Clinic) -> None:
    make_watcher(sunrise_clinic)

    greet(MORNING)

    assert outgoing.outbox[0].subject == "healthmsg: Sunrise, Wednesday 11 March: no visits"
    assert "to-call" not in outgoing.outbox[0].body


def test_it_says_what_is_wrong_in_this_clinic_and_in_the_house(sunrise_clinic: Clinic) -> None:
    make_watcher(sunrise_clinic)
    others = factories.make_clinic()
    for clinic, kind in (
        (sunrise_clinic, Kind.NUMBER_STOPPED),
        (None, Kind.NOTICES_WAIT),
        (others, Kind.QUEUE_LATE),
    ):
        Alarm.objects.create(
            kind=kind,
            clinic=clinic,
            severity=Severity.SEVERE,
            facts={"name": "+1 555", "count": 3},
            opened_at=NOON,
            last_seen_at=NOON,
        )

    greet(MORNING)

    body = str(outgoing.outbox[0].body)
    assert "The number +1 555 is stopped" in body
    assert "Notices from WhatsApp wait" in body
    assert "Messages from" not in body


def test_a_mail_that_could_not_leave_is_tried_again(
    sunrise_clinic: Clinic, settings: LazySettings
) -> None:
    make_watcher(sunrise_clinic)
    settings.EMAIL_URL = ""
    assert greet(MORNING) == 0
    assert "EMAIL_URL" in MorningMail.objects.get().problem
    settings.EMAIL_URL = "memorymail://"

    assert greet(MORNING + timedelta(minutes=4)) == 0
    assert greet(MORNING + timedelta(minutes=5)) == 1


def test_of_two_ticks_at_once_one_sends(sunrise_clinic: Clinic) -> None:
    watcher = make_watcher(sunrise_clinic)
    row = MorningMail.objects.create(watcher=watcher, day=date(2026, 3, 10), next_at=MORNING)

    sent = [morning.send(row, watcher, MORNING, MORNING) for _n in range(2)]

    assert sent == [True, False]
    assert len(outgoing.outbox) == 1


@pytest.mark.parametrize("missing", [None, *signs.PARTS])
def test_the_ping_goes_out_only_while_every_part_lives(
    db: None, settings: LazySettings, missing: str | None
) -> None:
    for part in signs.PARTS:
        signs.give(part)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE whatsapp_heartbeat SET seen_at = seen_at - interval '6 minutes'"
            " WHERE part = %s",
            [missing],
        )
    with listener() as outside:
        settings.DEAD_MAN_URL = outside.url
        now = signs.real_now()

        assert deadman.ping(now=now) is (missing is None)
        assert deadman.ping(now=now) is False, "some minutes apart"

    assert len(outside.posts) == int(missing is None)


def test_a_ping_that_nobody_heard_goes_out_again(db: None, settings: LazySettings) -> None:
    for part in signs.PARTS:
        signs.give(part)
    now = signs.real_now()
    with listener(status=500) as outside:
        settings.DEAD_MAN_URL = outside.url
        assert deadman.ping(now=now) is False
        assert deadman.ping(now=now) is False

    assert len(outside.posts) == 2
