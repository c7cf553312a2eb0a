"""Alarms are posted where a clinic's admin says; not into the network of the server itself."""

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic
from healthmsg.desk.alarms import post
from healthmsg.desk.models import Watcher
from tests.healthmsg.outside_world import listener

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _real(settings: LazySettings) -> None:
    settings.USES_SANDBOX = False


def watcher(clinic: Clinic, address: str) -> Watcher:
    return Watcher(clinic=clinic, name="Room", address=address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
def test_attack_an_alarm_does_not_reach_the_server_itself(
    sunrise_clinic: Clinic, host: str
) -> None:
    with listener() as room:
        address = room.url.replace("127.0.0.1", host)

        with pytest.raises(post.NotPosted) as open_port:
            post.to_room(watcher(sunrise_clinic, address), {"text": "x"})

    with pytest.raises(post.NotPosted) as closed_port:
        post.to_room(watcher(sunrise_clinic, "http://127.0.0.1:1/"), {"text": "x"})
    assert room.posts == []
    # Whoever tries ports learns nothing.
    assert str(open_port.value) == str(closed_port.value)


def test_what_whoever_runs_the_house_has_named_is_reached(
    sunrise_clinic: Clinic, settings: LazySettings
) -> None:
    settings.ALARM_HOSTS_INSIDE = ["127.0.0.1"]
    with listener() as room:
        post.to_room(watcher(sunrise_clinic, room.url), {"text": "x"})

    assert [one.body for one in room.posts] == [{"text": "x"}]


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("https://127.0.0.1/hook", True),
        ("http://169.254.169.254/latest/meta-data/", True),
        ("https://10.0.0.7:8443/", True),
        ("https://[::1]/", True),
        ("https://[fe80::1]/", True),
        ("https://[::ffff:192.168.1.1]/", True),
        ("https://localhost/", True),
        ("https://rooms.example.org/1", False),
        ("https://8.8.8.8/", False),
    ],
)
def test_attack_an_inner_address_is_an_error_beside_the_field(
    admin_client: Client, sunrise_clinic: Clinic, address: str, is_inside: bool
) -> None:
    form = {
        "clinic": sunrise_clinic.pk,
        "name": "Room",
        "language": "en",
        "is_active": "on",
        "address": address,
        "day_begins": "08:00",
        "day_ends": "20:00",
    }

    answer = admin_client.post(reverse("admin:desk_watcher_add"), form)

    said = "into the server's own network" in answer.content.decode().replace("&#x27;", "'")
    assert said is is_inside
    assert Watcher.objects.exists() is not is_inside
