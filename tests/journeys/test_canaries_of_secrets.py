"""Every key and password that a house is given, planted: it works with each and says none."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.conf import LazySettings, settings
from django.db import connection
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker
from redis import Redis

from healthmsg.celery import app as celery
from healthmsg.desk.alarms.kinds import Kind, Severity
from healthmsg.desk.models import Alarm, Telling, Watcher
from tests import at_rest
from tests.house.source import ROOT
from tests.journeys.overheard import Ears, Listener, browser_of
from tests.journeys.test_reminders import book
from tests.running_house import (
    House,
    Practice,
    free_port,
    open_house,
    open_web,
    process_environment,
)
from whatsapp.models import Message
from whatsapp.status import Status

_OF_A_USER = "canary"


def _planted(name: str) -> str:
    return f"{name.lower().replace('_', '-')}-{secrets.token_hex(16)}"


# Each by the variable that brings it.
SECRETS = {
    name: _planted(name)
    for name in (
        *("SECRET_KEY", "BACKUP_KEY", "NUMBERS_KEY", "AUDIT_KEYS", "METRICS_TOKEN"),
        *("WHATSAPP_VERIFY_TOKEN", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"),
        *("DEAD_MAN_URL", "DJANGO_SUPERUSER_PASSWORD"),
    )
}


@pytest.fixture(scope="module")
def house_processes(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A house that was given a secret of its own for everything."""
    nobody = f"127.0.0.1:{free_port()}"
    place = settings.REDIS_URL.removeprefix("unix://")
    given = {
        **SECRETS,
        "AUDIT_KEYS": f"{SECRETS['AUDIT_KEYS']},{settings.SECRET_KEY}",
        "REDIS_URL": f"unix://{_OF_A_USER}:{SECRETS['REDIS_URL']}@{place}",
        "EMAIL_URL": f"smtp://house:{SECRETS['EMAIL_URL']}@{nobody}",
        "DEAD_MAN_URL": f"http://{nobody}/{SECRETS['DEAD_MAN_URL']}",
    }
    with pytest.MonkeyPatch.context() as around, Redis.from_url(settings.REDIS_URL) as redis:
        for name, value in given.items():
            around.setenv(name, value)
        around.setitem(connection.settings_dict, "PASSWORD", SECRETS["DATABASE_URL"])
        redis.acl_setuser(
            _OF_A_USER,
            enabled=True,
            passwords=[f"+{SECRETS['REDIS_URL']}"],
            categories=["+@all"],
            keys=["*"],
            channels=["*"],
        )
        with open_house(tmp_path_factory.mktemp("house")) as house:
            yield house
        redis.acl_deluser(_OF_A_USER)
    with django_db_blocker.unblock():
        at_rest.empty()


@pytest.fixture
def ears(house: House, settings: LazySettings) -> Iterator[Ears]:
    # What the house seals is opened here.
    settings.SECRET_KEY = SECRETS["SECRET_KEY"]
    settings.AUDIT_KEYS = [SECRETS["AUDIT_KEYS"]]
    settings.NUMBERS_KEY = SECRETS["NUMBERS_KEY"]
    with Listener() as listener:
        yield Ears(house, listener, *SECRETS.values())


def run(*command: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=process_environment() | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    return f"{done.returncode}\n{done.stdout}\n{done.stderr}"


def test_canary_a_day_says_no_key_and_no_password(
    practice: Practice, house: House, ears: Ears, tmp_path: Path
) -> None:
    patient = practice.patient("confirms")
    book(practice, patient, house.now + timedelta(days=2))
    house.at(house.now + timedelta(minutes=3))
    house.settle()
    _cry(practice, house)
    home, browser = open_web(house), browser_of(practice)
    bearer = {"Authorization": f"Bearer {SECRETS['METRICS_TOKEN']}"}
    asked = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": ""}
    known = asked | {"hub.verify_token": SECRETS["WHATSAPP_VERIFY_TOKEN"]}

    figures = requests.get(f"{home}/metrics", headers=bearer, timeout=20)
    ready = requests.get(f"{home}/readyz", headers=bearer, timeout=20)
    met = requests.get(house.door, known, timeout=10)
    turned_away = requests.get(house.door, asked, timeout=10)
    copied = run("manage.py", "backup", "--to", str(tmp_path / "backups"))

    assert Message.objects.filter(status__in=[Status.DELIVERED, Status.READ]).exists()
    assert (figures.status_code, ready.status_code) == (200, 200)
    assert (met.status_code, met.text, turned_away.status_code) == (200, "1", 403)
    assert "read back." in copied
    ears.pages |= {
        "metrics": figures.text,
        "readiness": ready.text,
        "a backup": copied,
        "what a stranger gets": requests.get(f"{home}/metrics", timeout=20).text,
        "the status page": browser.get(f"{home}/admin/status/", timeout=20).text,
        "the set-up page": browser.get(f"{home}/desk/setup/", timeout=20).text,
        "the house's own check": run("manage.py", "check", "--deploy"),
    }
    ears.heard()
    _is_on_no_disk(tmp_path, house.clock_file.parent, settings.EMBEDDED.directory)


def _cry(practice: Practice, house: House) -> None:
    """Have somebody told of an alarm by a mail server that is not there, and seal the audit."""
    now = timezone.now()
    watcher = Watcher.objects.create(clinic=practice.clinic, name="Alex", email="alex@example.org")
    alarm = Alarm.objects.create(
        kind=Kind.NUMBER_STOPPED,
        subject=f"sender:{practice.sender.pk}",
        clinic=practice.clinic,
        severity=Severity.SEVERE,
        facts={"name": "+54 11 5555 0000"},
        opened_at=now,
        last_seen_at=now,
    )
    Telling.objects.create(alarm=alarm, watcher=watcher, next_at=now)
    celery.send_task("desk.tell")
    house.until(Telling.objects.exclude(problem="").exists)
    for task in ("desk.watch", "desk.seal_audit", "desk.keep_stops"):
        celery.send_task(task)


def test_canary_what_is_not_reached_is_named_without_its_password(
    practice: Practice, house: House, ears: Ears
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    no_database = {"DATABASE_URL": f"postgresql://house:{SECRETS['DATABASE_URL']}@{nobody}/house"}
    no_redis = {"REDIS_URL": f"redis://house:{SECRETS['REDIS_URL']}@{nobody}/0"}
    odd = {"DATABASE_URL": f"postgresql://house:{SECRETS['DATABASE_URL']}@{nobody}x/house"}
    wrong = {"REDIS_URL": f"redis://house:{SECRETS['REDIS_URL']}@{nobody}/no-number"}
    asking = "from healthmsg.celery import app; app.send_task('desk.watch')"
    for name, around in {
        "no database": no_database,
        "a port that is none": odd,
        "no Redis": no_redis,
        "a Redis that is none": wrong,
    }.items():
        ears.pages |= {
            f"a command, {name}": run("manage.py", "migrate", "--check", **around),
            f"a check, {name}": run("manage.py", "check", "--deploy", **around),
            f"a task, {name}": run("manage.py", "shell", "-c", asking, **around),
        }
    assert "Connection refused" in ears.pages["a command, no database"]

    ears.heard()


def _is_on_no_disk(*places: Path) -> None:
    with connection.cursor() as cursor:
        # What the database still holds in memory reaches the disk.
        cursor.execute("CHECKPOINT")
    looked_for = [word for one in SECRETS.values() for word in ("-e", one)]
    found = subprocess.run(
        ["grep", "-rlaF", *looked_for, *map(str, places)], capture_output=True, check=False
    )
    assert found.stdout == b"", "on the disk"
