"""What machines ask: a stranger learns whether it can work, and nothing more."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

READY = {"database": "ok", "migrations": "ok", "redis": "ok", "settings": "ok"}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "stranger",
    [
        pytest.param({"REMOTE_ADDR": "203.0.113.5"}, id="from-elsewhere"),
        pytest.param({"HTTP_X_FORWARDED_FOR": "203.0.113.5"}, id="through-a-proxy-on-this-machine"),
    ],
)
def test_attack_a_stranger_learns_only_whether_it_can_work(
    client: Client, settings: Settings, stranger: dict[str, Any]
) -> None:
    ready = client.get("/readyz", **stranger)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    gone = client.get("/readyz", **stranger)

    assert (ready.status_code, ready.json()) == (200, {"ready": True})
    assert (gone.status_code, gone.json()) == (503, {"ready": False})


def test_from_this_machine_it_says_what_is_in_the_way(client: Client, settings: Settings) -> None:
    assert client.get("/readyz").json() == {"ready": True, "parts": READY, "missing": []}

    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert client.get("/readyz").json()["parts"] == READY | {"redis": "gone"}


def test_whoever_bears_the_token_reads_it_from_anywhere(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-test"
    bearer: dict[str, Any] = {"HTTP_AUTHORIZATION": "Bearer a-token-of-the-test"}

    told = client.get("/readyz", REMOTE_ADDR="203.0.113.5", **bearer).json()

    assert told["parts"] == READY
    assert client.get("/readyz").json() == {"ready": True}
