"""A click that did not work says so, and a page that is no longer renewed says that it is old."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from healthmsg.clinic.models import Answer, Appointment, Clinic
from tests import factories
from tests.browser.conftest import Desk

Fault = Callable[[Page], None]


def without_network(page: Page) -> None:
    page.context.set_offline(True)


def with_a_broken_server(page: Page) -> None:
    page.route("**/desk/**", lambda route: route.fulfill(status=500, body="broken"))


def refused(page: Page) -> None:
    page.route("**/desk/**", lambda route: route.fulfill(status=403, body="no"))


@pytest.fixture
def visit(clinic: Clinic) -> Appointment:
    """Somebody to call, soon."""
    patient = factories.make_patient(clinic, given_name="Ana", family_name="Ruiz")
    return factories.make_visit(
        patient,
        starts_at=timezone.now() + timedelta(hours=3),
        kind=clinic.visit_kinds.get(),
        site=clinic.sites.get(),
        clinician=clinic.clinicians.get(),
        answer=Answer.WANTS_ANOTHER_TIME,
    )


def call_list(desk: Desk, visit: Appointment) -> Locator:
    desk.sign_in("Reception")
    desk.open("/desk/to-call/")
    return desk.page.locator(f"#line-{visit.pk}").get_by_role("button", name="Comes")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(without_network, "may not have been written down", id="no-network"),
        pytest.param(with_a_broken_server, "may not have been written down", id="broken"),
        pytest.param(refused, "Nothing was written down: this was refused.", id="refused"),
    ],
)
def test_a_call_that_is_not_written_down_says_so(
    desk: Desk, visit: Appointment, fault: Fault, words: str
) -> None:
    comes = call_list(desk, visit)
    fault(desk.page)

    comes.press("Enter")

    expect(desk.page.get_by_role("alert")).to_contain_text(words)
    expect(comes).to_be_focused()
    desk.is_accessible()
    desk.picture(f"failed-{fault.__name__}")
    visit.refresh_from_db()
    assert visit.answer == Answer.WANTS_ANOTHER_TIME

    desk.page.context.set_offline(False)
    desk.page.unroute_all()
    comes.press("Enter")

    desk.says("Written down: Ana Ruiz, comes.")
    expect(desk.page.get_by_role("alert")).to_have_count(0)


def test_a_list_that_is_no_longer_renewed_says_so(desk: Desk, visit: Appointment) -> None:
    desk.sign_in("Reception")
    desk.page.clock.install()
    desk.open("/desk/to-call/")
    expect(desk.page.locator(f"#line-{visit.pk}")).to_be_visible()
    desk.page.context.set_offline(True)

    desk.page.clock.run_for(21_000)

    expect(desk.page.get_by_role("alert")).to_contain_text("what stands here is out of date")
    desk.page.context.set_offline(False)
    desk.page.clock.run_for(21_000)
    expect(desk.page.get_by_role("alert")).to_have_count(0)


def test_a_dialog_that_does_not_open_says_so(desk: Desk, visit: Appointment) -> None:
    desk.sign_in("Reception")
    desk.open("/desk/agenda/")
    page = desk.page
    page.context.set_offline(True)

    page.locator("#book").click()

    expect(page.get_by_role("alert")).to_contain_text("This did not open.")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.context.set_offline(False)
    page.locator("#book").click()
    expect(page.get_by_role("dialog").get_by_label("Patient", exact=True)).to_be_focused()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_fails_in_a_dialog_is_said_there_and_what_was_typed_stays(
    desk: Desk, visit: Appointment
) -> None:
    desk.sign_in("Reception")
    desk.open("/desk/agenda/")
    page = desk.page
    page.locator("#book").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Patient", exact=True).fill("Lucía Ríos")
    dialog.get_by_role("button", name="New patient").click()
    dialog.get_by_label("Family name", exact=True).fill("Ríos Paz")
    with_a_broken_server(page)

    dialog.get_by_role("button", name="Register and go on").click()

    expect(dialog.get_by_role("alert")).to_contain_text("may not have been written down")
    expect(dialog.get_by_label("Family name", exact=True)).to_have_value("Ríos Paz")
    desk.is_accessible()
    desk.picture("failed-in-dialog")
