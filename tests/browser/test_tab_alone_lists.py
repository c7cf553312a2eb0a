"""A list is cancelled, and whom WhatsApp does not reach is written down, by the Tab key alone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import Appointment, Clinic, VisitStatus
from healthmsg.desk.cancelled_lists.models import CancelledList
from healthmsg.desk.unreached.models import UnreachedOutcome
from tests import factories
from tests.browser import tab_alone
from tests.browser.conftest import Desk
from tests.browser.test_cancelled_lists import visits

__all__ = ["visits"]

pytestmark = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])


def test_a_list_is_cancelled(desk: Desk, visits: list[Appointment]) -> None:
    desk.sign_in("Reception lead")
    desk.open("/desk/cancelled-lists/")
    page = desk.page
    tab_alone.goes_round(page)
    tab_alone.follow(page.get_by_role("link", name="Cancel or move a list"))
    tab_alone.goes_round(page)

    tab_alone.choose(page.get_by_label("Whose list"), "Dra. Paz")
    tab_alone.write_day(page.get_by_label("Until day"), timezone.localdate() + timedelta(days=3))
    tab_alone.choose_one(page.get_by_label("cancel all"))
    tab_alone.follow(page.get_by_role("button", name="Show what would happen"))
    expect(page.get_by_text("3 visits are affected")).to_be_visible()
    assert not CancelledList.objects.exists()
    tab_alone.goes_round(page)
    cancel = page.get_by_role("button", name="Cancel 3 visits now")
    tab_alone.follow(cancel)
    expect(page.get_by_text("Write why the visits are cancelled.")).to_be_visible()
    tab_alone.write(page.get_by_label("Why (for your colleagues"), "the clinician is ill")
    tab_alone.follow(cancel)

    expect(page.get_by_role("heading", name="Visit by visit")).to_be_visible()
    assert CancelledList.objects.get().reason == "the clinician is ill"
    assert not Appointment.objects.filter(status=VisitStatus.BOOKED).exists()
    tab_alone.goes_round(page)


def test_who_is_booked_again_is_so_over_the_cancelled_list(
    desk: Desk, visits: list[Appointment]
) -> None:
    desk.sign_in("Reception lead")
    today, page = timezone.localdate(), desk.page
    desk.open(
        f"/desk/cancelled-lists/new/?clinician={visits[0].clinician_id}&act=CANCEL"
        f"&first_day={today}&first_hour=00:00&last_day={today + timedelta(days=3)}&last_hour=23:59"
    )
    tab_alone.write(page.get_by_label("Why (for your colleagues"), "ill")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    again = page.get_by_role("link", name="Book again: Ana Ruiz")
    tab_alone.press(again)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Book a visit for Ana Ruiz")).to_be_visible()
    tab_alone.step(page)
    tab_alone.goes_round(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    tab_alone.lands_on(again)


def test_a_letter_is_written_down_and_taken_back(desk: Desk, clinic: Clinic) -> None:
    for n, name in enumerate(("Ana Ruiz", "Omar Nasr", "Lía Sosa")):
        given, family = name.split()
        factories.make_visit(
            factories.make_patient(clinic, given_name=given, family_name=family, consents=()),
            starts_at=timezone.now() + timedelta(days=1 + n),
            kind=clinic.visit_kinds.get(),
            site=clinic.sites.get(),
        )
    desk.sign_in("Reception")
    desk.open("/desk/unreached/?days=14")
    page = desk.page
    tab_alone.goes_round(page)
    tab_alone.follow(page.get_by_role("link", name="never asked"))
    for name in ("Ana Ruiz", "Lía Sosa"):
        tab_alone.press(page.get_by_role("checkbox", name=name), "Space")
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
    tab_alone.choose(page.locator("#how"), "reached by SMS")
    tab_alone.follow(page.get_by_role("button", name="Write down for those ticked"))

    expect(page.get_by_text("Written down for 2 patients: reached by SMS")).to_be_visible()
    written = UnreachedOutcome.objects.values_list("patient__given_name", "happened_on")
    assert set(written) == {("Ana", timezone.localdate()), ("Lía", timezone.localdate())}
    tab_alone.follow(page.get_by_role("button", name="Undo"))
    expect(page.get_by_text("Taken back for 2 patients.")).to_be_visible()
    assert not UnreachedOutcome.objects.filter(undone_at=None).exists()
