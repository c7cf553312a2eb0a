"""One booking and one call by the Tab key alone: what it never reaches cannot be used by all."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from healthmsg.clinic.models import Answer, Appointment, Clinic, Patient, VisitStatus
from tests import factories
from tests.browser.conftest import Desk
from tests.browser.test_agenda import _hours, agenda, sofia

__all__ = ["_hours", "sofia"]

# A page has fewer stops than this.
MANY = 120


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until what is wanted has the focus, and can be seen there."""
    expect(wanted).to_be_visible()
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            expect(wanted).to_be_in_viewport()
            return
    raise AssertionError(f"Tab never reaches {wanted}")


def test_a_visit_is_booked_by_tab_alone(desk: Desk, sofia: Patient) -> None:
    page = agenda(desk)
    tab_to(page, page.get_by_role("link", name="09:20 free"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Patient", exact=True)).to_be_focused()
    page.keyboard.type("sofia g")
    tab_to(page, dialog.get_by_role("link", name="Sofía García"))
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Hola Sofía, te esperamos")).to_be_visible()

    tab_to(page, dialog.get_by_role("button", name="Book", exact=True))
    page.keyboard.press("Enter")

    expect(dialog.get_by_text("Booked for")).to_be_visible()
    tab_to(page, dialog.get_by_role("button", name="Close"))
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    tab_to(page, page.get_by_role("link", name="09:20 Sofía García"))
    assert Appointment.objects.get().status == VisitStatus.BOOKED


def test_a_call_is_written_down_by_tab_alone(desk: Desk, clinic: Clinic, sofia: Patient) -> None:
    visit = factories.make_visit(
        sofia,
        starts_at=timezone.now() + timedelta(hours=3),
        kind=clinic.visit_kinds.get(),
        site=clinic.sites.get(),
        answer=Answer.WANTS_ANOTHER_TIME,
    )
    desk.sign_in("Reception")
    desk.open("/desk/to-call/")
    page = desk.page
    line = page.locator(f"#line-{visit.pk}")
    tab_to(page, line.locator("a[href^='tel:']"))

    tab_to(page, line.get_by_role("button", name="Comes"))
    page.keyboard.press("Enter")

    expect(page.locator("#undo-last")).to_be_focused()
    visit.refresh_from_db()
    assert visit.answer == Answer.CONFIRMED
    page.keyboard.press("Enter")
    expect(line).to_be_visible()
    tab_to(page, line.get_by_role("button", name="No answer"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="To try again later")).to_be_visible()
