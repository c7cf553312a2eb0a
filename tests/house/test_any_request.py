"""Whatever is sent to any address: an answer, and never a page that broke."""

import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from healthmsg.clinic.models import Clinic, StaffUser
from tests.house import addresses
from tests.house.test_admin_pages import rows

__all__ = ["rows"]

PATTERNS = sorted(set(addresses.patterns()))
# What our pages and Django's ask for by name, so that what is made up reaches them.
_NAMES = (
    *("q", "o", "p", "e", "all", "next", "typed", "day", "days", "week", "weeks", "site", "clinic"),
    *("clinician", "language", "show", "from", "was", "tap", "table", "reason", "open", "only"),
    *("which", "fate", "id__exact", "status__exact", "_popup", "_to_field", "row", "act", "kind"),
    *("before", "expected", "sure", "patient", "phone", "number", "visit", "batch", "how", "at"),
    *("happened_on", "username", "password", "code", "action", "_selected_action", "text", "who"),
    *("starts_at_0", "starts_at_1", "known_at_0", "known_at_1", "risk", "affected", "version"),
)
_METHODS = ("GET", "HEAD", "POST", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
_ODD = st.sampled_from(
    [
        *("", "0", "-1", "1", "99999999999999999999", "1e309", "NaN", "٣", "\x00", "’"),
        *("2026-02-30", "2026-11-26", "9999-12-31", "0001-01-01", "25:61", "2026-11-26T10:00Z"),
        *("' OR 1=1 --", "<script>", "../../etc/passwd", "{{7*7}}", "%s%n", "a" * 5000, "[]", "{}"),
        *("https://evil.example", "//evil.example", "00000000-0000-4000-8000-000000000000"),
    ]
)
_VALUES = _ODD | st.text(max_size=12)
_FIELDS = st.dictionaries(st.sampled_from(_NAMES) | st.text(max_size=6), _VALUES, max_size=6)
_KINDS = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-16",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "application/json",
        "text/plain; charset=nonsense",
        "",
    ]
)
_BODIES = st.binary(max_size=60) | st.sampled_from(
    [
        b"",
        b"a=%00&b=%ff&csrfmiddlewaretoken=x",
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a\x00"\r\n\r\n\xff\r\n--x--',
        b"--x\r\nContent-Disposition: form-data\r\n\r\n",
        json.dumps({"a": [1, None]}).encode(),
    ]
)
_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT", "HTTP_X_FORWARDED_FOR", "HTTP_REFERER"),
            *("HTTP_HX_REQUEST", "HTTP_HX_CURRENT_URL", "HTTP_HX_TARGET", "HTTP_RANGE"),
            *("HTTP_IF_MODIFIED_SINCE", "HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_USER_AGENT"),
            *("HTTP_ORIGIN", "HTTP_X_REQUESTED_WITH"),
        ]
    ),
    st.sampled_from(
        ["", "x", "*/*;q=nan", "bytes=9-1", "é", "a" * 3000, "::1, <x>", "Basic !", ";="]
    ),
    max_size=3,
)
REQUESTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(_METHODS),
        "query": _FIELDS,
        "body": _FIELDS | _BODIES,
        "kind": _KINDS,
        "headers": _HEADERS,
    }
)
# What stands for a row's key in an address.
_A_KEY = re.compile(r"<(?:[a-z_]+_)?id>")
_ARGUMENTS = st.sampled_from(["0", "1", "99999999999999999999", "-1", "x", "%00", "%F0%9F%92%89"])


def answer(client: Client, address: str, request: Mapping[str, Any]) -> int:
    """Send it, keep nothing of it, and return the status; an exception is a page that broke."""
    sent: dict[str, Any] = {"query_params": request["query"], **request["headers"]}
    body, method = request["body"], request["method"]
    with transaction.atomic():
        if isinstance(body, dict) and method == "POST":
            page = client.post(address, body, **sent)
        else:
            raw = body if isinstance(body, bytes) else b""
            page = client.generic(method, address, raw, content_type=request["kind"], **sent)
        if page.streaming:
            # A file that nobody reads stays open.
            page.getvalue()
        # What the page saw is also in order for the database.
        connection.cursor().execute("SELECT 1")
        transaction.set_rollback(True)
    return int(page.status_code)


@pytest.fixture
def person(request: pytest.FixtureRequest, rows: dict[str, Model]) -> Client:
    """Somebody of that role, as if every form had come from our own page."""
    client = Client()
    clinic = rows["clinic.Clinic"]
    assert isinstance(clinic, Clinic)
    if request.param:
        user = StaffUser.objects.create(username=request.param, is_staff=True)
        user.clinics.add(clinic)
        user.groups.add(Group.objects.get(name=request.param))
        client.force_login(user)
    return client


@pytest.mark.parametrize("person", ["Clinic admin"], indirect=True)
def test_attack_a_row_is_looked_for_by_no_field_without_a_name(
    person: Client, rows: dict[str, Model]
) -> None:
    address = addresses.filled("admin/clinic/site/<id>/change/", rows)

    assert person.get(address, {"_to_field": ""}).status_code == 200


@pytest.mark.parametrize(
    ("person", "chance"),
    [("", 1), ("Reception", 2), ("Auditor", 3), ("Clinic admin", 4)],
    indirect=["person"],
)
def test_attack_no_request_breaks_a_page(
    person: Client, chance: int, rows: dict[str, Model]
) -> None:
    # Each address in turn, and each role by a chance of its own.
    turn, asked = itertools.cycle(PATTERNS), set[str]()
    broke: list[tuple[str, dict[str, Any], str]] = []

    @seed(chance)
    @settings(
        max_examples=len(PATTERNS),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(request=REQUESTS, argument=st.none() | _ARGUMENTS)
    def throw(request: dict[str, Any], argument: str | None) -> None:
        pattern = next(turn)
        asked.add(pattern)
        address = addresses.filled(pattern, rows)
        if argument is not None and _A_KEY.search(pattern):
            address = "/" + addresses.filled(_A_KEY.sub(argument, pattern), rows).lstrip("/")
        try:
            if (status := answer(person, address, request)) >= 500:
                broke.append((address, request, str(status)))
        except Exception as error:  # noqa: BLE001 - whatever it was, the page broke
            broke.append((address, request, repr(error)))

    throw()

    assert not broke
    assert asked == set(PATTERNS)
