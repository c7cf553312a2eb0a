"""The day at the desk: who comes, who was seen, who did not come; and who is found by what."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinic,
    Clinician,
    Patient,
    Site,
    StaffUser,
    VisitKind,
    VisitStatus,
)
from tests import factories
from tests.browser.conftest import Desk
from tests.browser.test_agenda import _hours, agenda, booked, fill_the_day, sofia
from whatsapp.models import Sender

__all__ = ["_hours", "sofia"]

# What stands beside the name, for each way in which a visit can stand.
MARKS = {
    "✓ here since": {"status": VisitStatus.ARRIVED},
    "– seen": {"status": VisitStatus.SEEN},
    "✓ confirmed": {"answer": Answer.CONFIRMED},
    "! wants another time": {"answer": Answer.WANTS_ANOTHER_TIME},
    "! wants to cancel": {"answer": Answer.WANTS_TO_CANCEL},
}


def visit_now(patient: Patient, *, minutes: int, **fields: object) -> Appointment:
    """A visit around now, whatever the hour."""
    return factories.make_visit(
        patient,
        starts_at=timezone.now() + timedelta(minutes=minutes),
        site=Site.objects.get(),
        kind=VisitKind.objects.get(),
        clinician=Clinician.objects.get(),
        **fields,
    )


def test_somebody_arrives_and_is_seen_and_a_slip_is_taken_back(
    desk: Desk, clinic: Clinic, sofia: Patient
) -> None:
    visit = visit_now(sofia, minutes=5)
    desk.sign_in("Reception")
    desk.open(f"/desk/agenda/?day={visit.starts_at.astimezone(clinic.zone).date()}")
    page = desk.page
    tile = page.locator(f"#visit-{visit.pk}")
    tile.click()
    dialog = page.get_by_role("dialog")

    dialog.get_by_role("button", name="Arrived").click()

    expect(dialog.get_by_text("Marked as arrived.")).to_be_visible()
    expect(tile).to_contain_text("here since")
    desk.is_accessible()
    desk.picture("agenda-arrived")
    dialog.get_by_role("button", name="Seen", exact=True).click()
    expect(dialog.get_by_text("Marked as seen.")).to_be_visible()
    expect(tile).to_contain_text("seen")
    dialog.get_by_role("button", name="Undo: booked again").click()
    expect(dialog.get_by_text("The visit is booked again.")).to_be_visible()
    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED


def test_who_does_not_come_is_marked_as_missed_and_booked_again(
    desk: Desk, clinic: Clinic, sofia: Patient
) -> None:
    visit = visit_now(sofia, minutes=-30)
    desk.sign_in("Reception")
    desk.open(f"/desk/agenda/?day={visit.starts_at.astimezone(clinic.zone).date()}")
    page = desk.page
    page.locator(f"#visit-{visit.pk}").press("Enter")
    dialog = page.get_by_role("dialog")

    dialog.get_by_role("button", name="Missed").press("Enter")

    expect(dialog.get_by_text("Marked as missed.")).to_be_visible()
    visit.refresh_from_db()
    assert visit.status == VisitStatus.MISSED
    desk.open("/desk/to-call/")
    expect(desk.page.locator(f"#line-{visit.pk}")).to_contain_text("missed")

    # A slip is undone where it was made: the visit stands in its place, and takes no time.
    desk.open(f"/desk/agenda/?day={visit.starts_at.astimezone(clinic.zone).date()}")
    expect(page.locator(".agenda-head").first).to_contain_text("0 visits")
    expect(page.locator(f"#visit-{visit.pk}")).to_contain_text("missed")
    desk.picture("agenda-missed")
    desk.is_accessible()
    page.locator(f"#visit-{visit.pk}").press("Enter")
    dialog.get_by_role("button", name="Undo: booked again").press("Enter")
    expect(dialog.get_by_text("The visit is booked again.")).to_be_visible()
    expect(page.locator(".agenda-head").first).to_contain_text("1 visit")


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("011 15 5555 0177", id="as-dialed"),
        pytest.param("0177", id="last-digits"),
        pytest.param("31/01/1980", id="birth-date"),
        pytest.param("1980-01-31", id="birth-date-as-written-by-computers"),
        pytest.param("H-4711", id="identifier"),
        pytest.param("sof garc 31/01/1980", id="name-and-birth-date"),
    ],
)
def test_who_comes_is_found_by_what_they_can_tell(desk: Desk, sofia: Patient, typed: str) -> None:
    Patient.objects.filter(pk=sofia.pk).update(birth_date=date(1980, 1, 31), external_id="H-4711")
    sofia.contacts.update(phone=factories.make_phone(sofia.clinic, number="+5491155550177"))
    factories.make_patient(sofia.clinic, given_name="Bruno", family_name="Díaz")
    page = agenda(desk)
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")

    dialog.get_by_label("Patient", exact=True).fill(typed)

    expect(dialog.get_by_role("link", name="Sofía García")).to_be_visible()
    expect(dialog.get_by_role("link", name="Bruno Díaz")).to_have_count(0)


def test_how_a_visit_stands_is_a_sign_and_words_and_the_cancelled_stand_below(
    desk: Desk, clinic: Clinic, sofia: Patient
) -> None:
    nowhere = factories.make_patient(clinic, given_name="Nora")
    nowhere.contacts.update(phone=None)
    booked(nowhere, "12:00")
    fill_the_day(sofia)
    page = agenda(desk)

    tiles = page.locator(".agenda-tiles")

    for words in MARKS:
        sign, _space, said = words.partition(" ")
        mark = tiles.locator(".mark", has_text=said).first
        expect(mark).to_contain_text(sign)
    unreached = tiles.locator("li", has_text="09:20").locator(".mark")
    expect(unreached.first).to_contain_text("will not be told: never asked")
    cannot = tiles.locator("li", has_text="Nora").locator(".mark")
    expect(cannot).to_have_text("✕ cannot be reached by message")
    page.get_by_text("1 cancelled visit", exact=False).click()
    expect(page.locator("[id^=cancelled-]")).to_be_visible()
    expect(page.locator("details", has_text="cancelled visit")).to_contain_text(
        "cancelled by the patient"
    )
    desk.is_accessible()
    desk.picture("agenda-marks")


def test_keys_lead_to_today_and_the_days_beside_it(desk: Desk, sofia: Patient) -> None:
    page = agenda(desk)
    here = page.get_by_label("Day", exact=True).input_value()

    page.keyboard.press("]")

    after = (date.fromisoformat(here) + timedelta(days=1)).isoformat()
    expect(page.get_by_label("Day", exact=True)).to_have_value(after)
    page.keyboard.press("[")
    expect(page.get_by_label("Day", exact=True)).to_have_value(here)
    page.keyboard.press("t")
    today = timezone.now().astimezone(sofia.clinic.zone).date().isoformat()
    expect(page.get_by_label("Day", exact=True)).to_have_value(today)


def test_keys_of_one_letter_are_turned_off_and_stay_off(desk: Desk, sofia: Patient) -> None:
    page, book = agenda(desk), "#book[aria-keyshortcuts]"
    expect(page.locator(book)).to_have_count(1)
    page.get_by_text("Keys and marks").click()
    page.get_by_label("Keys of one letter work").uncheck()
    expect(page.locator(book)).to_have_count(0)

    page.reload()
    expect(page.locator("#book kbd")).to_be_hidden()
    here = page.url
    for key in ("]", "[", "t", "w", "n"):
        page.keyboard.press(key)

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.url == here
    page.get_by_text("Keys and marks").click()
    page.get_by_label("Keys of one letter work").check()
    page.get_by_text("Keys and marks").press("n")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_booking_beside_another_is_offered_to_those_who_may(desk: Desk, sofia: Patient) -> None:
    booked(sofia, "09:20")
    overbook = Permission.objects.get(codename="overbook")
    page = agenda(desk)
    offer = page.get_by_role("link", name="Book somebody beside it")
    page.get_by_role("link", name="09:20 Sofía García").click()
    expect(offer).to_be_visible()

    for group in StaffUser.objects.get(username="somebody").groups.all():
        group.permissions.remove(overbook)
    page.reload()
    page.get_by_role("link", name="09:20 Sofía García").click()

    expect(page.get_by_role("dialog").get_by_role("link", name="Move", exact=True)).to_be_visible()
    expect(offer).to_have_count(0)


def test_somebody_who_left_keeps_a_column_as_long_as_somebody_is_booked(
    desk: Desk, clinic: Clinic, clinic_sender: Sender, sofia: Patient
) -> None:
    booked(sofia, "09:20")
    left = Clinician.objects.get()
    Clinician.objects.update(is_active=False)
    other = factories.make_clinician(clinic, name="Dr. Rao")
    Site.objects.get().working_hours.create(
        clinician=other, hours={str(day): [["08:00", "13:00"]] for day in range(7)}
    )

    page = agenda(desk)

    heads = page.locator(".agenda-head strong")
    expect(heads).to_have_text(["Dr. Rao", left.name])
    expect(page.locator("#board").get_by_role("link", name="Sofía García")).to_be_visible()
    expect(page.locator(".tile-free .tile-who", has_text=left.name)).to_have_count(0)
