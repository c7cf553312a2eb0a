"""Practice never leaks, live never falls back."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from healthmsg.clinic.models import Clinic, Mode
from tests import factories
from tests.running_house import House, Practice, celery_worker, database_url, free_port
from whatsapp.models import Message
from whatsapp.status import Status

GRANIAN = ["granian", "--interface", "rsgi", "--host", "127.0.0.1", "--log-level", "warning"]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(celery_worker("sender"), id="sender"),
        pytest.param(["celery", "-A", "healthmsg", "-q", "beat", "--pidfile="], id="beat"),
        pytest.param(
            ["uvicorn", "healthmsg.asgi:application", "--host", "127.0.0.1", "--port", "0"],
            id="web",
        ),
        pytest.param(
            [*GRANIAN, "--port", str(free_port()), "whatsapp.door:application"], id="door"
        ),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_a_process_that_finds_a_live_clinic_but_lacks_settings_stops(command: list[str]) -> None:
    factories.make_clinic(mode=Mode.LIVE)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "healthmsg.settings",
        "DATABASE_URL": database_url(),
    }

    ended = subprocess.run(
        [sys.executable, "-m", *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode != 0
    assert "A clinic is live, but REDIS_URL, SECRET_KEY, AUDIT_KEYS, WHATSAPP_BASE_URL" in (
        ended.stdout + ended.stderr
    )


def test_a_clinic_made_live_while_the_house_runs_on_the_sandbox_sends_nothing(
    practice: Practice, house: House
) -> None:
    patient = practice.patient()
    message = factories.make_message(
        practice.sender, patient, expires_at=house.now + timedelta(hours=2)
    )
    Clinic.objects.update(mode=Mode.LIVE)

    for _ in range(3):
        house.tick()
    house.until(lambda: not Message.objects.filter(status=Status.SENDING).exists())

    message.refresh_from_db()
    assert message.status == Status.QUEUED
    assert house.sandbox.accepted() == []
