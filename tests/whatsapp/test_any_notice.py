"""Whatever is sent to the door: an answer, and nothing unsigned is kept."""

from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from tests import at_rest
from tests.door_process import Door, open_door, surroundings
from whatsapp.door import PATH
from whatsapp.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)
_CHANCE = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
_METHODS = ("GET", "HEAD", "POST", "POST", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW")
_PATHS = (PATH, PATH, PATH, f"{PATH}/", f"{PATH}?hub.mode=subscribe", f"{PATH}?%00=%ff", "/", "/x")
_HEADERS = st.dictionaries(
    st.sampled_from(
        ["X-Hub-Signature-256", "Content-Type", "X-Forwarded-For", "Cookie", "Accept", "Expect"]
    ),
    st.sampled_from(["", "sha256=", "sha256=" + "0" * 64, "sha1=00", "x" * 3000, "\xe9", "100"]),
    max_size=3,
)


@pytest.fixture(scope="module")
def door(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Door]:
    database = str(connection.settings_dict["NAME"])
    with open_door(surroundings(django_settings.EMBEDDED, database=database)) as process:
        yield process
    with django_db_blocker.unblock():
        at_rest.empty()


def test_attack_no_request_breaks_the_door_or_is_kept_unsigned(door: Door) -> None:
    @_CHANCE
    @given(
        method=st.sampled_from(_METHODS),
        path=st.sampled_from(_PATHS),
        body=st.binary(max_size=200),
        headers=_HEADERS,
    )
    def throw(method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        assert 200 <= door.ask(method, path, body, headers)[0] < 500

    throw()

    assert door.ask("GET", "/healthz")[0] == 200
    assert not Delivery.objects.exists()
