"""Overview and trends: accessible, by keyboard, narrow and wide, in the dark, without scripts."""

import os
from datetime import time, timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from campaigns.models import Run, RunStatus
from healthmsg.clinic.models import Clinic
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.daily.models import CountedDay, Cut, DayCount
from reminders import rules
from tests import factories
from tests.browser.conftest import Desk, find_faults
from whatsapp.models import Message, Portfolio, Sender, Stream, Switch
from whatsapp.status import Status

WIDTHS = (320, 768, 1280)


@pytest.fixture
def busy(clinic_sender: Sender) -> Sender:
    """A day at work after a quarter of a year, with something of everything."""
    now, clinic = timezone.now(), clinic_sender.clinic
    Clinic.objects.update(call_from_hours=48)
    patient = factories.make_patient(clinic)
    kind, site = clinic.visit_kinds.get(), clinic.sites.get()
    tomorrow = wall_clock(now.astimezone(clinic.zone) + timedelta(days=1), time(9))
    for n, status in enumerate((Status.READ,) * 6 + (Status.DELIVERED,) * 3 + (Status.FAILED,)):
        factories.make_message(
            clinic_sender,
            patient,
            status=status,
            send_after=None,
            created_at=now,
            accepted_at=now,
            failed_at=now if status == Status.FAILED else None,
        )
        factories.make_visit(
            patient,
            starts_at=tomorrow + timedelta(minutes=20 * n),
            kind=kind,
            site=site,
            answer="CONFIRMED" if n % 3 else "NONE",
        )
    Portfolio.objects.update(daily_limit=2000, seats_kept=120)
    Sender.objects.update(quality="GREEN")
    campaign = factories.make_campaign(clinic, name="Flu 2026")
    Run.objects.create(
        campaign=campaign,
        occurrence_at=now,
        stream=Stream.objects.create(clinic=clinic, name="run", counts={"SENT": 700}),
        status=RunStatus.POURING,
        audience_size=1200,
        expires_at=now,
        started_at=now,
    )
    past(clinic_sender)
    return clinic_sender


def past(sender: Sender) -> None:
    """A quarter of a year in numbers."""
    clinic, site = sender.clinic, sender.clinic.sites.get()
    today = timezone.now().astimezone(clinic.zone).date()
    names = [str(pk) for pk in clinic.reminder_rules.values_list("pk", flat=True)]
    pieces = [(Cut.WHOLE, "", 30), *((Cut.RULE, name, 6 + n) for n, name in enumerate(names))]
    pieces += [(Cut.HOUR, str(hour), 3) for hour in range(8, 18)]
    pieces += [(Cut.LANGUAGE, "es", 25), (Cut.LANGUAGE, "ar", 5)]
    pieces += [(Cut.KIND, str(clinic.visit_kinds.get().pk), 30)]
    for days in range(1, 85):
        day = today - timedelta(days=days)
        CountedDay.objects.create(clinic=clinic, day=day, counted_at=timezone.now())
        DayCount.objects.bulk_create(
            DayCount(
                clinic=clinic,
                day=day,
                site=site,
                cut=cut,
                key=key,
                written=many,
                sent=many,
                arrived=many - many // 9,
                read=many * 2 // 3,
                answered=many // 3 + days % 2,
                visits=many,
                missed=(many + days) // 11,
            )
            for cut, key, many in pieces
        )


def looks(desk: Desk, name: str) -> None:
    """Fail on what axe finds at any width, in light and dark; keep pictures where asked."""
    for scheme in ("light", "dark"):
        desk.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in WIDTHS:
            desk.page.set_viewport_size({"width": width, "height": 900})
            assert not find_faults(desk.page), (scheme, width)
            if directory := os.environ.get("HEALTHMSG_PICTURES"):
                path = Path(directory) / f"{name}-{width}-{scheme}.png"
                desk.page.screenshot(path=path, full_page=True)


def test_the_overview_is_accessible_at_every_width(desk: Desk, busy: Sender) -> None:
    desk.sign_in("Clinic admin")
    desk.open(reverse("overview"))

    desk.says("Messages of today")
    desk.says("10 visits = 6 told + 4 to call + 0 asked us not to")
    looks(desk, "overview")


def test_it_shows_what_changed_without_being_loaded_again(desk: Desk, busy: Sender) -> None:
    desk.page.clock.install()
    desk.sign_in("Clinic admin")
    desk.open(reverse("overview"))
    desk.says("Flu 2026")
    desk.page.get_by_role("link", name="Flu 2026").focus()

    Switch.objects.create(
        name=Switch.Name.BROADCASTS, held_at=timezone.now(), held_reason="a look first"
    )
    desk.page.clock.run_for(21_000)

    desk.says("a look first")
    focused = desk.page.evaluate("document.activeElement.textContent")
    assert focused == "Flu 2026"


def test_trends_are_drawn_and_told_in_tables(desk: Desk, busy: Sender) -> None:
    complaints: list[str] = []
    desk.sign_in("Clinic admin")
    desk.page.on("console", lambda line: complaints.append(line.text))
    desk.open(reverse("trends"))

    desk.says("Week by week")
    assert desk.page.evaluate("Chart.getChart(document.querySelector('canvas')).data.labels.length")
    desk.page.locator("summary", has_text="As a table").first.press("Enter")
    expect(desk.page.get_by_role("table").first).to_be_visible()
    with desk.page.expect_download() as kept:
        desk.page.get_by_role("link", name="Keep as a file").first.click()
    assert kept.value.suggested_filename.startswith("trends-weeks-")
    desk.page.get_by_label("The last").select_option("4")
    desk.page.get_by_role("button", name="Show").press("Enter")
    desk.page.wait_for_url("**weeks=4*")
    assert not complaints
    looks(desk, "trends")


def test_why_and_why_not_is_told_from_a_list_to_the_ledger(desk: Desk, busy: Sender) -> None:
    message = Message.objects.filter(status=Status.FAILED).get()
    message.error_title = "not on WhatsApp"
    message.save(update_fields=["error_title"])
    desk.sign_in("Reception")
    desk.open(reverse("why"))
    looks(desk, "why-lately")

    desk.page.get_by_role("table").get_by_role("link").first.press("Enter")
    desk.says("What was decided, in its order")
    looks(desk, "why-message")
    desk.page.get_by_role("link", name="The patient").click()
    desk.page.get_by_role("link", name="Why they hear from us, and why not").click()
    desk.says("What was decided, newest first")
    looks(desk, "why-patient")
    visit = busy.clinic.appointments.first()
    assert visit is not None
    desk.open(reverse("why_visit", args=[visit.pk]))
    desk.says("Rules that say nothing here")
    looks(desk, "why-visit")


def test_both_stand_without_scripts(
    browser: Browser, live_server: LiveServer, busy: Sender
) -> None:
    rules.install(busy.clinic)
    context = browser.new_context(java_script_enabled=False)
    desk = Desk(context.new_page(), live_server, busy.clinic)
    desk.sign_in("Clinic admin")

    desk.open(reverse("overview"))
    expect(desk.page.get_by_role("link", name="Look again")).to_be_visible()
    desk.open(reverse("trends"))

    expect(desk.page.get_by_role("table").first).to_be_visible()
    expect(desk.page.locator("canvas").first).to_be_hidden()
    context.close()


def test_the_setup_guide_is_accessible(desk: Desk, busy: Sender) -> None:
    desk.sign_in("Clinic admin")
    desk.open(reverse("setup"))

    desk.says("steps are done")
    desk.says("What the daily limit means here")
    looks(desk, "setup")


def test_it_stands_from_right_to_left(
    browser: Browser, live_server: LiveServer, busy: Sender
) -> None:
    context = browser.new_context()
    desk = Desk(context.new_page(), live_server, busy.clinic)
    desk.sign_in("Clinic admin")
    context.set_extra_http_headers({"Accept-Language": "ar"})

    for name in ("overview", "trends", "setup"):
        desk.open(reverse(name))
        assert desk.page.evaluate("getComputedStyle(document.body).direction") == "rtl"
        looks(desk, f"{name}-rtl")
    context.close()
