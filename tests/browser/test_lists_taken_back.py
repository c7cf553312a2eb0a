"""A whole list is taken back at the desk: looked at, done, and who is still to be told."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import Appointment, Clinic, VisitStatus
from healthmsg.desk.cancelled_lists.models import AffectedVisit, CancelledList
from tests import factories
from tests.browser.conftest import Desk, find_faults
from tests.browser.test_cancelled_lists import ask_to_cancel, visits
from tests.reminders.desk import leaves

__all__ = ["visits"]


@pytest.fixture
def cancelled(desk: Desk, clinic: Clinic, visits: list[Appointment]) -> CancelledList:
    """One has read it, one has to be called, one time is taken meanwhile."""
    week = {str(day): [["00:00", "23:59"]] for day in range(7)}
    clinic.sites.update(opening_hours=week)
    desk.sign_in("Reception lead")
    desk.open("/desk/cancelled-lists/new/")
    ask_to_cancel(desk)
    desk.page.get_by_label("Why (for your colleagues").fill("the clinician is ill")
    desk.page.get_by_label("Why (for your colleagues").press("Enter")
    desk.says("Visit by visit")
    leaves(AffectedVisit.objects.get(appointment=visits[0]).message, at=timezone.now())
    factories.make_visit(
        factories.make_patient(clinic),
        starts_at=visits[2].starts_at,
        kind=visits[2].kind,
        site=visits[2].site,
        clinician=visits[2].clinician,
    )
    return CancelledList.objects.get()


@pytest.mark.parametrize("page", [320, 768, 1280], indirect=True)
def test_a_list_is_taken_back_after_a_look_at_every_visit(
    desk: Desk, visits: list[Appointment], cancelled: CancelledList
) -> None:
    width = desk.page.evaluate("innerWidth")
    desk.open(f"/desk/cancelled-lists/{cancelled.pk}/")
    desk.is_accessible()
    desk.picture(f"back-offered-{width}")
    desk.follow(desk.page.get_by_role("link", name="Take the list back"))
    desk.says("Visits that can be put back as they were: 2 of 3")
    expect(desk.page.get_by_text("its time is taken by another visit").first).to_be_visible()
    desk.is_accessible()
    desk.page.get_by_role("button", name="Take back 2 visits now").press("Enter")
    desk.says("Write why the list is taken back.")
    desk.is_accessible()
    desk.picture(f"back-preview-{width}")
    desk.page.get_by_label("Why (for your colleagues").fill("she is well again")
    desk.page.get_by_label("Why (for your colleagues").press("Enter")

    desk.says("Taken back:")
    desk.is_accessible()
    desk.picture(f"back-done-{width}")
    desk.page.emulate_media(color_scheme="dark")
    assert not find_faults(desk.page)
    stand = dict(Appointment.objects.values_list("pk", "status"))
    assert [stand[one.pk] for one in visits] == ["BOOKED", "BOOKED", "CANCELLED_BY_CLINIC"]


def test_it_is_stopped_while_it_is_taken_back_and_goes_on(
    desk: Desk, visits: list[Appointment], cancelled: CancelledList
) -> None:
    now = timezone.now()
    CancelledList.objects.update(
        taken_back_at=now,
        taken_back_by=cancelled.created_by,
        taken_back_because="well again",
    )
    desk.open(f"/desk/cancelled-lists/{cancelled.pk}/")
    desk.says("Being taken back: 0 of 3 visits were looked at")
    desk.picture("back-under-way")
    desk.page.get_by_role("button", name="Stop taking it back").click()
    desk.says("Stopped: no more visits are touched")
    desk.is_accessible()
    desk.picture("back-stopped")
    desk.page.get_by_role("button", name="Go on taking it back").click()

    desk.says("It goes on.")
    assert Appointment.objects.filter(status=VisitStatus.BOOKED).count() == 3


def test_it_is_said_in_arabic(
    desk: Desk, visits: list[Appointment], cancelled: CancelledList
) -> None:
    desk.page.set_extra_http_headers({"Accept-Language": "ar"})
    for path, name in (("take-back/", "preview"), ("", "list")):
        desk.open(f"/desk/cancelled-lists/{cancelled.pk}/{path}")
        expect(desk.page.locator("html")).to_have_attribute("dir", "rtl")
        desk.is_accessible()
        desk.picture(f"back-ar-{name}")
