"""The setup guide: progress told by rows, live checks in human words, the limit's meaning."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, WorkingHours
from healthmsg.desk.guide import checks, limit, steps
from reminders import rules
from tests import factories
from tests.healthmsg.test_overview import signed_in
from tests.sandbox_process import SandboxProcess
from whatsapp import handshake
from whatsapp.handshake import Found
from whatsapp.models import Portfolio, Sender
from whatsapp.status import Status

GUIDE = "/desk/setup/"
HOURS = {"0": [["08:00", "12:00"]]}


def done(clinic: Clinic, now: datetime) -> dict[str, bool]:
    sender, in_use = steps.sender_of(clinic), rules.in_use(clinic)
    found = steps.steps(clinic, sender, in_use, now=now, real_now=now)
    return {one.title: one.is_done for one in found}


def test_a_step_is_done_once_its_rows_are_there(sender: Sender, noon: datetime) -> None:
    clinic = sender.clinic
    before = done(clinic, noon)
    factories.make_site(clinic, opening_hours=HOURS)
    factories.make_kind(clinic)
    clinician = factories.make_clinician(clinic)
    WorkingHours.objects.create(clinician=clinician, site=clinic.sites.get(), hours=HOURS)
    rules.install(clinic)
    phone = factories.make_phone(clinic, is_test=True)
    patient = factories.make_patient(clinic, phone=phone)
    factories.make_message(sender, patient, status=Status.READ, send_after=None)
    Sender.objects.update(state_checked_at=noon)

    after = done(clinic, noon)

    assert {name for name, is_done in after.items() if is_done and not before[name]} == {
        "Sites and opening hours",
        "Clinicians and their hours",
        "Kinds of visit",
        "Reminder rules",
        "Test message",
        "WhatsApp number",
    }
    assert not after["Templates"]


def test_sites_and_clinicians_without_hours_are_named(sender: Sender, noon: datetime) -> None:
    clinic = sender.clinic
    factories.make_site(clinic, name="North", opening_hours=HOURS)
    factories.make_site(clinic, name="South")
    factories.make_site(clinic, name="West", opening_hours={"0": []})
    factories.make_clinician(clinic, name="Dra. Paz")

    found = steps.steps(clinic, sender, (), now=noon, real_now=noon)

    says = {one.title: one for one in found if not one.is_done}
    assert "South, West." in says["Sites and opening hours"].says
    assert "Dra. Paz" in says["Clinicians and their hours"].says
    assert says["Kinds of visit"].link == reverse("admin:clinic_visitkind_changelist")


def test_a_clinic_without_a_number_is_led_to_where_it_is_entered(
    client: Client, sunrise_clinic: Clinic
) -> None:
    page = signed_in(client, sunrise_clinic).get(GUIDE).content.decode()

    assert '<a href="#number">Enter it</a>' in page
    assert "steps are done" in page


def test_the_connection_is_checked_when_asked(
    client: Client, sender: Sender, sandbox: SandboxProcess, settings: LazySettings
) -> None:
    settings.SANDBOX_URL = sandbox.base_url
    manager = signed_in(client, sender.clinic)

    page = manager.post(GUIDE).content.decode()

    assert "WhatsApp knows the number" in page
    sender.refresh_from_db()
    assert sender.state_checked_at is not None


def test_who_may_not_change_the_clinic_sees_no_guide(
    client: Client, sunrise_clinic: Clinic
) -> None:
    assert signed_in(client, sunrise_clinic, "Reception").get(GUIDE).status_code == 403


def test_nobody_there_is_said_in_words(
    sender: Sender, settings: LazySettings, noon: datetime
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.SANDBOX_URL = f"http://127.0.0.1:{taken.getsockname()[1]}"

        number, health, _subscription, _address = checks.look(sender, now=noon)

    assert "did not answer" in number.says
    assert "did not answer" in health.says


@pytest.fixture
def live(sandbox: SandboxProcess, settings: LazySettings) -> LazySettings:
    """Beyond practicing, with the sandbox in Meta's place."""
    settings.USES_SANDBOX = False
    settings.WHATSAPP_BASE_URL = sandbox.base_url
    return settings


def test_an_account_that_no_app_is_subscribed_to_is_named(
    live: LazySettings, sender: Sender, noon: datetime
) -> None:
    def subscription() -> checks.Checked:
        return checks.look(sender, now=noon)[2]

    before = subscription()
    address = f"{live.WHATSAPP_BASE_URL}/{live.WHATSAPP_GRAPH_VERSION}/{sender.account.waba_id}"
    sent = requests.post(
        f"{address}/subscribed_apps",
        headers={"Authorization": f"Bearer {live.WHATSAPP_TOKEN}"},
        timeout=5,
    )
    after = subscription()

    assert sent.ok
    assert (before.is_good, after.is_good) == (False, True)
    assert "No app is subscribed" in before.says
    assert "“healthmsg”" in after.says


@pytest.mark.parametrize(
    ("code", "says"),
    [
        pytest.param(190, "refuses the access token", id="token"),
        pytest.param(100, "does not know this number or account", id="no such number"),
        pytest.param(200, "lacks a permission", id="permission"),
        pytest.param(368, "with the code 368", id="something else"),
    ],
)
def test_what_meta_refuses_is_said_in_words(
    live: LazySettings, sender: Sender, noon: datetime, code: int, says: str
) -> None:
    refusal = json.dumps({"error": {"code": code, "message": "no", "type": "OAuthException"}})
    with door(status=400, word=refusal) as address:
        live.WHATSAPP_BASE_URL = address.removesuffix("/webhooks/whatsapp")

        number, health, subscription, _address = checks.look(sender, now=noon)

    assert not any(one.is_good for one in (number, health, subscription))
    assert says in number.says
    assert says in health.says
    assert says in subscription.says


def test_the_limit_is_told_in_visits(sender: Sender, noon: datetime) -> None:
    clinic = sender.clinic
    rules.install(clinic)
    patient = factories.make_patient(clinic)
    for minutes in range(3):
        factories.make_visit(patient, starts_at=noon + timedelta(days=2, minutes=minutes))
    factories.make_visit(patient, starts_at=noon + timedelta(days=3))
    Portfolio.objects.update(daily_limit=5)

    need = limit.of_clinic(clinic, steps.sender_of(clinic), rules.in_use(clinic), now=noon)

    assert (need.visits, need.limit, need.is_too_small) == (3, 5, True)
    assert need.people == 3 * need.messages_a_visit
    assert need.visits_within == 5 // need.messages_a_visit


@pytest.mark.parametrize(
    ("known", "reckoned"),
    [pytest.param(1000, "1,000", id="known"), pytest.param(None, "250", id="unknown")],
)
def test_a_clinic_without_visits_reads_how_many_the_limit_is_enough_for(
    client: Client, sender: Sender, known: int | None, reckoned: str
) -> None:
    rules.install(sender.clinic)
    Portfolio.objects.update(daily_limit=known)

    page = signed_in(client, sender.clinic).get(GUIDE)

    need, says = page.context["need"], page.content.decode()
    enough = need.reckoned // need.messages_a_visit
    assert f"{reckoned} people a day are {enough} visits a day" in says
    assert ("reckoned with the limit of new numbers" in says) is (known is None)
    assert "That fits" not in says
    assert "No visits are entered yet" in says


def test_a_clinic_without_rules_is_not_told_of_visits(client: Client, sender: Sender) -> None:
    page = signed_in(client, sender.clinic).get(GUIDE).content.decode()

    assert "No rule in use writes about a visit yet." in page
    assert "That fits" not in page


class Door(BaseHTTPRequestHandler):
    """Answers a handshake as the receiver does, or otherwise."""

    status, word = 200, ""

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write((self.word or asked["hub.challenge"][0]).encode())

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@contextmanager
def door(**ways: object) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), type("Some", (Door,), ways))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/webhooks/whatsapp"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("ways", "found"),
    [
        pytest.param({}, Found.OURS, id="receiver"),
        pytest.param({"status": 403}, Found.OTHER_WORD, id="another-word"),
        pytest.param({"word": "<html>"}, Found.NOT_OURS, id="something-else"),
    ],
)
def test_our_own_address_is_asked_as_meta_asks(ways: dict[str, object], found: Found) -> None:
    with door(**ways) as address:
        assert handshake.ask(address, verify_token="word") == found


def test_an_address_without_trust_or_without_anybody_says_which() -> None:
    with door() as address:
        unsafe = handshake.ask(address.replace("http://", "https://"), verify_token="word")

    assert unsafe == Found.NOT_TRUSTED
    assert handshake.ask(address, verify_token="word") == Found.NOT_THERE
