"""While the real Valkey is gone, whoever asks too often is turned away, and nobody else."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from redis import Redis
from redis.exceptions import ConnectionError as Gone

from healthmsg.clinic.models import Answer, Patient
from healthmsg.cockpit import visitors
from healthmsg.desk.other_times import haste
from healthmsg.embedded import Location
from reminders import links
from tests import factories
from tests.healthmsg.embedded_pair import Pair, kill
from tests.healthmsg.test_other_times_page import buttons_of


@pytest.fixture
def stopped_valkey(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """One of this test's own that ran, was killed, and is not brought back."""
    pair = Pair(Location(tmp_path / "var", durable=False))
    pair.arrive_and_wait()
    settings.REDIS_URL = pair.location.redis_url
    assert visitors.count("anything", "somebody", seconds=60) == 1
    os.kill(pair.keeper, signal.SIGSTOP)
    kill(pair.valkey)
    with pytest.raises(Gone), Redis.from_url(settings.REDIS_URL) as redis:
        redis.ping()
    yield
    os.kill(pair.keeper, signal.SIGCONT)
    pair.close()


def test_attack_links_are_not_guessed_while_redis_is_gone(
    client: Client, db: None, stopped_valkey: None
) -> None:
    statuses = [
        client.get(f"/another-time/{n}/", REMOTE_ADDR="203.0.113.78").status_code
        for n in range(haste.MOST_WRONG + 1)
    ]

    assert statuses == [404] * haste.MOST_WRONG + [429]
    assert client.get("/another-time/1/", REMOTE_ADDR="203.0.113.79").status_code == 404


def test_a_patient_confirms_while_redis_is_gone_and_a_program_is_turned_away(
    client: Client, willing_patient: Patient, stopped_valkey: None
) -> None:
    visit = factories.make_visit(willing_patient, starts_at=timezone.now() + timedelta(days=3))
    confirm, *_others = buttons_of(client.get(links.path(visit))).values()
    assert client.post(links.path(visit), {"tap": confirm}).status_code == 302
    visit.refresh_from_db()
    assert visit.answer == Answer.CONFIRMED

    statuses = [client.get(links.path(visit)).status_code for _ in range(haste.MOST)]

    assert (statuses[0], statuses[-1]) == (200, 429)


def test_tries_counted_while_redis_is_gone_are_remembered_and_forgotten(
    stopped_valkey: None,
) -> None:
    for _ in range(3):
        visitors.count("wrong-code", "without-redis", seconds=60)
    assert visitors.tries("wrong-code", "without-redis") == 3

    visitors.forget("wrong-code", "without-redis")

    assert visitors.tries("wrong-code", "without-redis") == 0
