"""What a house says where strangers may listen: to Redis, and in its logs."""

import base64
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import requests
from django.conf import settings
from django.test import Client
from redis import Redis

from healthmsg.clinic.models import Patient, StaffUser
from tests import factories
from tests.running_house import House, Practice

_BASE64 = re.compile(rb"[A-Za-z0-9+/=]{40,}")


class Listener:
    """Hears every command that anybody gives Redis, as it is given."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._ready = threading.Event()

    def _listen(self) -> None:
        with Redis.from_url(settings.REDIS_URL) as redis, redis.monitor() as monitor:
            self._ready.set()
            for command in monitor.listen():
                self.heard.append(command["command"])
                if self._stopped.is_set():
                    return

    def __enter__(self) -> "Listener":
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        with Redis.from_url(settings.REDIS_URL) as redis:
            redis.ping()
        self._thread.join(10)

    def all(self) -> str:
        """Return what was said, and what it says where it is wrapped as Celery wraps it."""
        said = "\n".join(self.heard)
        return "\n".join([said, *unwrapped(said)])


def unwrapped(text: str) -> Iterator[str]:
    for found in _BASE64.findall(text.encode()):
        try:
            yield base64.b64decode(found).decode()
        except ValueError:
            continue


class Logs:
    """The logs of a house's processes and of its servers, from now on."""

    def __init__(self, house: House) -> None:
        self._places = (house.clock_file.parent, settings.EMBEDDED.logs)
        self._begun = {log: log.stat().st_size for log in self._files()}

    def written(self) -> str:
        return "\n".join(
            log.read_bytes()[self._begun.get(log, 0) :].decode(errors="replace")
            for log in self._files()
        )

    def _files(self) -> Iterator[Path]:
        for place in self._places:
            yield from place.glob("*.log")


class Ears:
    """Hears whatever a house says where strangers may listen, and knows what was planted."""

    def __init__(self, house: House, listener: Listener, *planted: str) -> None:
        self._logs, self._listener = Logs(house), listener
        self.planted = set(planted)
        self.pages: dict[str, str] = {}

    def plant(self, patient: Patient) -> str:
        """Listen for a patient's number too; returns it as WhatsApp writes it."""
        number = factories.phone_of(patient).number.lstrip("+")
        self.planted.add(number[3:])
        return number

    def heard(self) -> str:
        """Return what the logs say, which holds nothing of what was planted, nor does the rest."""
        logs = self._logs.written()
        told = {"the logs": logs, "Redis": self._listener.all(), **self.pages}
        for place, text in told.items():
            for word in self.planted:
                assert word not in text, f"{word} in {place}"
        return logs


def signed_in(practice: Practice) -> str:
    user = StaffUser.objects.create(username="canary", is_staff=True, is_superuser=True)
    user.clinics.add(practice.clinic)
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def browser_of(practice: Practice) -> requests.Session:
    browser = requests.Session()
    browser.cookies.set(settings.SESSION_COOKIE_NAME, signed_in(practice))
    return browser
