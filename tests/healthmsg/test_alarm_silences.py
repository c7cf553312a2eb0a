"""After a silence answers come first, then reminders; campaigns wait until somebody looks."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import reverse

from healthmsg.beat import Scheduler
from healthmsg.celery import app
from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.desk.alarms import outside, signs, silences, stand_in
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Silence
from tests import factories
from whatsapp.models import Delivery, Heartbeat, Reply, Sender, Switch

HOUR = timedelta(hours=1)


@pytest.fixture
def now(db: None) -> datetime:
    return signs.real_now()


def beat_was_last_seen(at: datetime) -> None:
    signs.give(signs.BEAT)
    Heartbeat.objects.filter(part=signs.BEAT).update(seen_at=at)


def held() -> set[str]:
    return set(Switch.objects.filter(held_at__isnull=False).values_list("name", flat=True))


BOTH = {Switch.Name.BROADCASTS, Switch.Name.REMINDERS}


def test_a_machine_that_is_set_up_for_the_first_time_was_never_silent(now: datetime) -> None:
    assert silences.notice(now=now) is None
    assert held() == set()


def test_a_short_stop_is_no_silence(now: datetime) -> None:
    beat_was_last_seen(now - 1.9 * HOUR)

    assert silences.notice(now=now) is None


def test_a_long_one_holds_campaigns_and_reminders_once(now: datetime) -> None:
    beat_was_last_seen(now - 3 * HOUR)

    first = silences.notice(now=now)
    silences.notice(now=now + timedelta(seconds=1))

    assert first is not None
    assert (first.began_at, first.ended_at) == (now - 3 * HOUR, now)
    assert Silence.objects.count() == 1
    assert held() == BOTH


def test_reminders_go_once_everything_that_came_before_is_read(
    now: datetime, sender: Sender
) -> None:
    beat_was_last_seen(now - 3 * HOUR)
    silences.notice(now=now)
    Delivery.objects.create(clear_body=b"{}", received_at=now - HOUR)
    Delivery.objects.create(clear_body=b"{}", received_at=now + HOUR)
    assert not silences.take_up(now=now)

    Delivery.objects.filter(received_at__lt=now).update(digest_after=None)
    reply = factories.make_reply(
        clinic=sender.clinic, sender=sender, wamid="wamid.1", kind="text", written_at=now
    )
    assert not silences.take_up(now=now), "read, but not taken up"
    Reply.objects.filter(pk=reply.pk).update(handled_at=now)

    assert silences.take_up(now=now)
    assert not silences.take_up(now=now)
    assert held() == {Switch.Name.BROADCASTS}
    assert Silence.objects.get().taps_in_time


def test_reminders_do_not_wait_for_ever_and_an_alarm_says_so(now: datetime) -> None:
    beat_was_last_seen(now - 3 * HOUR)
    silences.notice(now=now)
    Delivery.objects.create(clear_body=b"{}", received_at=now - HOUR)

    assert not silences.take_up(now=now + timedelta(minutes=14))
    assert silences.take_up(now=now + timedelta(minutes=15))

    assert held() == {Switch.Name.BROADCASTS}
    (found,) = outside.taps_late(Moment(now, now))
    assert found.kind == Kind.TAPS_LATE


def test_campaigns_go_on_only_by_a_person(now: datetime) -> None:
    beat_was_last_seen(now - 3 * HOUR)
    silence = silences.notice(now=now)
    assert silence is not None
    silences.take_up(now=now + HOUR)
    assert held() == {Switch.Name.BROADCASTS}
    person = StaffUser.objects.create(username="alex")

    assert silences.end(silence, by=person, now=now + HOUR)
    assert not silences.end(silence, by=person, now=now + HOUR)

    assert held() == set()
    silence.refresh_from_db()
    assert (silence.looked_by, silence.looked_at) == (person, now + HOUR)


def test_what_a_person_stopped_before_waits_for_that_person(now: datetime) -> None:
    Switch.objects.create(name=Switch.Name.BROADCASTS, held_at=now, held_reason="no more today")
    beat_was_last_seen(now - 3 * HOUR)
    silence = silences.notice(now=now)
    assert silence is not None

    silences.end(silence, by=None, now=now)

    assert Switch.objects.get(name=Switch.Name.BROADCASTS).held_reason == "no more today"


def test_a_process_that_starts_before_beat_does_not_ask_again(now: datetime) -> None:
    beat_was_last_seen(now - 3 * HOUR)
    silence = silences.notice(now=now)
    assert silence is not None
    silences.end(silence, by=None, now=now)

    assert silences.notice(now=now + timedelta(minutes=1)) is None
    assert Silence.objects.count() == 1


def test_off_again_before_anybody_looked_is_the_same_page(now: datetime) -> None:
    beat_was_last_seen(now - 9 * HOUR)
    silences.notice(now=now - 6 * HOUR)
    silences.take_up(now=now - 6 * HOUR)
    beat_was_last_seen(now - 5 * HOUR)

    silences.notice(now=now)

    silence = Silence.objects.get()
    assert (silence.began_at, silence.ended_at) == (now - 9 * HOUR, now)
    assert held() == BOTH, "answers come first once more"


@pytest.mark.django_db(transaction=True)
def test_beat_looks_back_before_it_rings() -> None:
    beat_was_last_seen(signs.real_now() - 3 * HOUR)
    scheduler = Scheduler(app=app)

    scheduler.tick()

    assert held() == BOTH
    assert signs.last(signs.BEAT) > signs.real_now() - HOUR  # type: ignore[operator]


@pytest.mark.django_db(transaction=True)
def test_beat_gives_its_sign_when_the_walls_clock_has_jumped() -> None:
    scheduler = Scheduler(app=app)
    scheduler.tick()
    Heartbeat.objects.update(seen_at=signs.real_now() - 3 * HOUR)
    scheduler._signed_at -= 3 * 3600  # as after a night's sleep of the machine

    scheduler.tick()

    assert held() == BOTH


def test_a_worker_stands_in_only_where_nobody_has_looked(now: datetime) -> None:
    assert stand_in.stand_in(), "nobody ever looked"
    assert not stand_in.stand_in(), "somebody just did"

    with connection.cursor() as cursor:
        cursor.execute("UPDATE whatsapp_heartbeat SET seen_at = seen_at - interval '6 minutes'")

    assert stand_in.stand_in()


def test_numbers_of_another_time_are_of_the_databases_clock(now: datetime) -> None:
    """A demo that begins in March was not off since last autumn."""
    beat_was_last_seen(now)

    assert abs(now - factories.NOON) > 2 * HOUR
    assert silences.notice(now=signs.real_now()) is None


@pytest.mark.parametrize("is_all", [True, False])
def test_attack_who_works_for_one_clinic_does_not_let_the_campaigns_of_all_go_on(
    client: Client,
    now: datetime,
    sunrise_clinic: Clinic,
    is_all: bool,
) -> None:
    approver = factories.make_person("approver")
    approver.groups.add(Group.objects.get(name="Approver"))
    approver.clinics.add(sunrise_clinic)
    if not is_all:
        factories.make_clinic(name="Another")
    beat_was_last_seen(now - 3 * HOUR)
    silences.notice(now=now)
    client.force_login(approver)

    answer = client.post(reverse("after_silence"))

    assert answer.status_code == (302 if is_all else 403)
    assert (Switch.Name.BROADCASTS in held()) != is_all
