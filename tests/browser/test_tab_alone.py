"""The agenda and the call list by the Tab key alone: what it cannot reach is not for all."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from healthmsg.clinic.models import Answer, Appointment, Clinic, Patient, VisitStatus
from tests import factories
from tests.browser import tab_alone
from tests.browser.conftest import Desk
from tests.browser.test_agenda import _hours, agenda, booked, sofia

__all__ = ["_hours", "sofia"]

pytestmark = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])


def open_sheet(page: Page, link: Locator) -> Locator:
    """Open a visit over the agenda; the focus comes into the sheet."""
    tab_alone.press(link)
    dialog = page.get_by_role("dialog")
    tab_alone.lands_on(dialog.get_by_role("heading", level=2).first)
    return dialog


def close(dialog: Locator, *, back_at: Locator) -> None:
    """Close by Escape; the focus is where the sheet was opened, as it stands now."""
    dialog.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    tab_alone.lands_on(back_at)


def test_a_visit_is_booked(desk: Desk, sofia: Patient) -> None:
    page = agenda(desk)
    tab_alone.goes_round(page)
    tab_alone.press(page.get_by_role("link", name="09:20 free"))
    dialog = page.get_by_role("dialog")
    tab_alone.lands_on(dialog.get_by_label("Patient", exact=True))
    page.keyboard.type("sofia g")
    tab_alone.press(dialog.get_by_role("link", name="Sofía García"))
    expect(dialog.get_by_text("Hola Sofía, te esperamos")).to_be_visible()

    tab_alone.press(dialog.get_by_role("button", name="Book", exact=True))

    expect(dialog.get_by_text("Booked for")).to_be_visible()
    tab_alone.press(dialog.get_by_role("button", name="Close"))
    expect(dialog).to_be_hidden()
    tab_alone.lands_on(page.get_by_role("link", name="09:20 Sofía García"))
    assert Appointment.objects.get().status == VisitStatus.BOOKED


def test_a_visit_is_moved_to_another_time(desk: Desk, sofia: Patient) -> None:
    visit = booked(sofia, "09:20")
    page = agenda(desk)
    tile = page.locator(f"#visit-{visit.pk}")
    dialog = open_sheet(page, tile)
    tab_alone.goes_round(page)

    tab_alone.press(dialog.get_by_role("link", name="Move", exact=True))
    tab_alone.lands_on(dialog.get_by_role("heading", level=2).first)
    tab_alone.goes_round(page)
    tab_alone.press(dialog.locator(".choices a").nth(1))
    expect(dialog.get_by_role("heading", name="What they will read")).to_be_visible()
    tab_alone.follow(dialog.get_by_role("button", name="Move", exact=True))

    expect(page.get_by_text("Moved to")).to_be_visible()
    tab_alone.tab_to(page.locator(f"#visit-{visit.pk}"))
    moved = Appointment.objects.get()
    assert moved.starts_at != visit.starts_at
    assert moved.version == 2


def test_a_time_for_a_visit_is_chosen_in_the_agenda(desk: Desk, sofia: Patient) -> None:
    visit = booked(sofia, "09:20")
    page = agenda(desk)
    dialog = open_sheet(page, page.locator(f"#visit-{visit.pk}"))
    tab_alone.press(dialog.get_by_role("link", name="Move", exact=True))
    tab_alone.lands_on(dialog.get_by_role("heading", level=2).first)
    tab_alone.follow(dialog.get_by_role("link", name="Choose in the agenda"))
    expect(page.get_by_text("Choose a free time for the visit you are moving.")).to_be_visible()

    tab_alone.press(page.get_by_role("link", name="11:40 free"))
    expect(dialog.get_by_role("heading", name="What they will read")).to_be_visible()
    tab_alone.follow(dialog.get_by_role("button", name="Move", exact=True))

    expect(page.get_by_text("Moved to")).to_be_visible()
    tab_alone.tab_to(page.get_by_role("link", name="11:40 Sofía García"))
    moved = Appointment.objects.get()
    assert moved.starts_at == visit.starts_at + timedelta(hours=2, minutes=20)


@pytest.mark.parametrize(
    ("minutes", "act", "says", "became"),
    [
        pytest.param(5, "Arrived", "Marked as arrived.", VisitStatus.ARRIVED, id="arrived"),
        pytest.param(-30, "Missed", "Marked as missed.", VisitStatus.MISSED, id="missed"),
    ],
)
def test_what_became_of_a_visit_is_marked_and_taken_back(
    desk: Desk, clinic: Clinic, sofia: Patient, minutes: int, act: str, says: str, became: str
) -> None:
    visit = factories.make_visit(
        sofia,
        starts_at=timezone.now() + timedelta(minutes=minutes),
        site=clinic.sites.get(),
        kind=clinic.visit_kinds.get(),
        clinician=clinic.clinicians.get(),
    )
    desk.sign_in("Reception")
    desk.open(f"/desk/agenda/?day={visit.starts_at.astimezone(clinic.zone).date()}")
    page = desk.page
    tile = page.locator(f"#visit-{visit.pk}")
    dialog = open_sheet(page, tile)

    tab_alone.press(dialog.get_by_role("button", name=act))
    expect(dialog.get_by_text(says)).to_be_visible()
    tab_alone.lands_on(dialog.get_by_role("heading", level=2).first)
    visit.refresh_from_db()
    assert visit.status == became
    close(dialog, back_at=tile)

    page.keyboard.press("Enter")
    tab_alone.lands_on(dialog.get_by_role("heading", level=2).first)
    tab_alone.press(dialog.get_by_role("button", name="Undo: booked again"))
    expect(dialog.get_by_text("The visit is booked again.")).to_be_visible()
    tab_alone.lands_on(dialog.get_by_role("heading", level=2).first)
    close(dialog, back_at=tile)
    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED


def test_a_call_is_written_down(desk: Desk, clinic: Clinic, sofia: Patient) -> None:
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
    tab_alone.goes_round(page)
    line = page.locator(f"#line-{visit.pk}")
    tab_alone.tab_to(line.locator("a[href^='tel:']"))

    tab_alone.press(line.get_by_role("button", name="Comes"))

    tab_alone.lands_on(page.locator("#undo-last"))
    visit.refresh_from_db()
    assert visit.answer == Answer.CONFIRMED
    page.keyboard.press("Enter")
    expect(line).to_be_visible()
    tab_alone.press(line.get_by_role("button", name="No answer"))
    expect(page.get_by_role("heading", name="To try again later")).to_be_visible()
    tab_alone.lands_on(page.locator("#undo-last"))


def test_who_missed_a_visit_is_booked_again_from_the_call_list(
    desk: Desk, clinic: Clinic, sofia: Patient
) -> None:
    visit = factories.make_visit(
        sofia,
        starts_at=timezone.now() - timedelta(hours=3),
        kind=clinic.visit_kinds.get(),
        site=clinic.sites.get(),
        clinician=clinic.clinicians.get(),
        status=VisitStatus.MISSED,
    )
    desk.sign_in("Reception")
    desk.open("/desk/to-call/")
    page = desk.page
    again = page.locator(f"#line-{visit.pk}").get_by_role("link", name="Book again")
    tab_alone.press(again)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Book a visit for Sofía García")).to_be_visible()
    close(dialog, back_at=again)
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Book a visit for Sofía García")).to_be_visible()
    tab_alone.press(dialog.locator(".choices a").first)
    tab_alone.press(dialog.get_by_role("button", name="Book", exact=True))
    expect(dialog.get_by_text("Booked for")).to_be_visible()

    # The line is gone, and the visit that came instead has one.
    booked_again = Appointment.objects.get(status=VisitStatus.BOOKED)
    close(dialog, back_at=page.locator(f"#visit-{booked_again.pk}"))
    expect(again).to_have_count(0)
