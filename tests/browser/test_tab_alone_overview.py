"""Numbers and decisions by the Tab key alone: a period, the table of a chart, a reason why."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import Clinic
from tests import factories
from tests.browser import tab_alone
from tests.browser.conftest import Desk
from tests.browser.test_overview import busy
from whatsapp.models import Message, Sender
from whatsapp.status import Reason, Status

__all__ = ["busy"]

pytestmark = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])


def test_a_period_is_chosen_and_the_table_of_a_chart_is_opened(desk: Desk, busy: Sender) -> None:
    desk.sign_in("Clinic admin")
    desk.open(reverse("overview"))
    page = desk.page
    tab_alone.goes_round(page)
    tab_alone.follow(page.get_by_role("main").get_by_role("link", name="Trends"))

    weeks = page.locator("#weeks")
    last = weeks.locator("option").last.inner_text()
    tab_alone.choose(weeks, last)
    tab_alone.follow(page.get_by_role("button", name="Show"))
    expect(weeks.locator("option:checked")).to_have_text(last)
    chart = page.get_by_role("main").locator("section.card").first
    table = chart.get_by_role("table")
    expect(table).to_be_hidden()
    tab_alone.press(chart.locator("summary"))
    expect(table).to_be_visible()
    tab_alone.step(page)
    tab_alone.lands_on(chart.get_by_role("region"))
    tab_alone.press(chart.locator("summary"), back=True)
    expect(table).to_be_hidden()
    tab_alone.goes_round(page)


def test_somebody_reads_why_a_message_reached_nobody(desk: Desk, busy: Sender) -> None:
    message = Message.objects.get(status=Status.FAILED)
    Message.objects.filter(pk=message.pk).update(reason=Reason.NOT_ON_WHATSAPP)
    desk.sign_in("Clinic admin")
    desk.open(reverse("why"))
    page = desk.page
    tab_alone.goes_round(page)
    tab_alone.follow(page.get_by_role("main").locator("td a, th a").first)
    expect(page.get_by_role("heading", name="What was decided")).to_be_visible()
    assert page.url.endswith(reverse("why_message", args=[message.pk]))
    tab_alone.goes_round(page)


def test_what_a_page_renews_is_stopped_and_goes_on(desk: Desk, busy: Sender) -> None:
    desk.sign_in("Clinic admin")
    desk.open(reverse("overview"))
    page = desk.page
    tab_alone.press(page.get_by_role("button", name="Stop updating"))
    tab_alone.lands_on(page.get_by_role("button", name="Keep it up to date"))
    page.keyboard.press("Space")
    tab_alone.lands_on(page.get_by_role("button", name="Stop updating"))


def test_the_step_after_the_name_of_the_clinic_leads_past_the_pages(
    desk: Desk, clinic: Clinic
) -> None:
    patient = factories.make_patient(clinic, consented_at=timezone.now())
    desk.sign_in("Reception")
    desk.open(reverse("patient", args=[patient.pk]))
    page = desk.page
    tab_alone.step(page)
    tab_alone.lands_on(page.get_by_role("link", name="Skip to the page"))
    page.keyboard.press("Enter")
    tab_alone.step(page)
    expect(page.get_by_role("main").locator(":focus")).to_have_count(1)
