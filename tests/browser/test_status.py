"""The page of how everything stands renews itself without moving, and stops when asked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.desk.status import parts
from tests import factories
from tests.browser.conftest import Desk
from whatsapp import sweeping, watching
from whatsapp.measures import Tally
from whatsapp.models import Delivery, Heartbeat, LineBeat, Portfolio, Sender, Switch


@pytest.fixture
def busy(clinic_sender: Sender) -> Sender:
    """Something of everything the page can show."""
    now = timezone.now()
    patient = factories.make_patient(clinic_sender.clinic)
    for part in parts.PROCESSES[1:]:
        watching.live(part)
    Heartbeat.objects.filter(part="inbox").update(seen_at=now - timedelta(minutes=12))
    LineBeat.objects.create(
        name="door", since=datetime.now(UTC) - timedelta(hours=3), seen_at=datetime.now(UTC)
    )
    for minutes in (3, 2, -60):
        factories.make_message(
            clinic_sender,
            patient,
            send_after=now - timedelta(minutes=minutes),
            expires_at=now + timedelta(hours=5),
        )
    Delivery.objects.create(clear_body=b"{}", problem="KeyError", digest_after=None)
    Portfolio.objects.update(daily_limit=250, seats_kept=40)
    Sender.objects.update(slowed_to=20.0, slowed_at=now, slowed_reason="sent too fast")
    second = factories.make_sender(clinic_sender.clinic, phone_number_id="200000000000000")
    second.held_at, second.held_reason = now - timedelta(hours=5), "too many complaints"
    second.save()
    Switch.objects.create(
        name=Switch.Name.BROADCASTS, held_at=now - timedelta(hours=1), held_reason="a look first"
    )
    tally = Tally()
    tally.observe_many("api_latency", clinic_sender.pk, [0.1] * 40, "accepted")
    tally.observe_many("queue_to_accept", clinic_sender.pk, [0.3] * 40)
    tally.flush_now()
    sweeping.sweep(now=now)
    return clinic_sender


def test_the_page_is_accessible_and_fits(desk: Desk, busy: Sender) -> None:
    desk.sign_in("Clinic admin")
    desk.open(reverse("status"))

    desk.says("things to look at")
    desk.says("silent for 12 min")
    desk.says("2 due, the oldest for 3 min")
    desk.is_accessible()


def test_it_renews_itself_in_place_and_keeps_the_focus(desk: Desk, busy: Sender) -> None:
    desk.page.clock.install()
    desk.sign_in("Clinic admin")
    desk.open(reverse("status"))
    desk.says("silent for 12 min")
    link = desk.page.get_by_role("link", name=str(busy)).first
    link.focus()
    desk.page.evaluate("document.activeElement.dataset.mine = 'yes'")

    watching.live("inbox")
    desk.page.clock.run_for(11_000)

    expect(desk.page.get_by_text("silent for 12 min")).to_have_count(0)
    assert desk.page.evaluate("document.activeElement.dataset.mine") == "yes"


def test_it_stops_when_asked_and_goes_on_when_asked(desk: Desk, busy: Sender) -> None:
    desk.page.clock.install()
    desk.sign_in("Clinic admin")
    desk.open(reverse("status"))
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))

    desk.page.get_by_role("button", name="Stop updating").press("Enter")
    desk.page.clock.run_for(30_000)
    assert not [url for url in asked if "only=now" in url]

    desk.page.get_by_role("button", name="Keep it up to date").press("Enter")
    desk.page.wait_for_timeout(300)
    assert len([url for url in asked if "only=now" in url]) == 1


def test_it_says_when_nobody_answers_any_more(desk: Desk, busy: Sender) -> None:
    desk.page.clock.install()
    desk.sign_in("Clinic admin")
    desk.open(reverse("status"))
    desk.page.route("**/status/**", lambda route: route.abort())

    desk.page.clock.run_for(11_000)

    desk.says("No answer: what stands here is out of date.")
    desk.is_accessible()
