"""Hours and time away, the waiting list, and the patient's own page of other times."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinic,
    Leave,
    Site,
    VisitStatus,
    WorkingHours,
)
from reminders import links
from reminders.models import EarlierWish, FreedSlot, SlotOffer
from tests import factories
from tests.browser.conftest import Desk

# Where pictures of the screens go, for whoever wants to look at them.
PICTURES = os.environ.get("SCREENSHOTS", "")


def looks(desk: Desk, name: str) -> None:
    desk.is_accessible()
    if PICTURES:
        width = "wide" if desk.is_wide else "narrow"
        desk.page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)


@pytest.fixture
def visit(clinic: Clinic) -> Appointment:
    week = {str(n): [["08:00", "18:00"]] for n in range(7)}
    Site.objects.update(opening_hours=week)
    patient = factories.make_patient(clinic, consented_at=timezone.now())
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    return factories.make_visit(
        patient,
        starts_at=hour + timedelta(days=4),
        site=clinic.sites.get(),
        kind=clinic.visit_kinds.get(),
        clinician=clinic.clinicians.get(),
    )


def test_a_patient_finds_another_time_without_any_script(desk: Desk, visit: Appointment) -> None:
    page = desk.page
    desk.open(links.path(visit))
    looks(desk, "days")
    desk.follow(page.locator("[aria-labelledby=times] a.act").nth(1))
    looks(desk, "times")
    page.locator("button.act").first.click()
    desk.says("Le guardamos")
    looks(desk, "kept")
    page.get_by_role("button", name="Sí, moverla").press("Enter")
    desk.says("Listo: su cita es ahora")
    looks(desk, "moved")
    visit.refresh_from_db()
    assert visit.version == 2
    page.get_by_role("button", name="Deshacer").click()
    desk.says("vuelve a ser")
    desk.open("/another-time/nonsense/")
    looks(desk, "old-link")


def test_a_patient_without_buttons_confirms_and_cancels_by_keyboard_alone(
    desk: Desk, visit: Appointment
) -> None:
    page = desk.page
    desk.open(links.path(visit))
    page.keyboard.press("Tab")
    # The clinic's number, which calls.
    assert page.locator(":focus").inner_text() == visit.clinic.phone
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Sí, voy"
    page.keyboard.press("Enter")
    desk.says("está confirmada")
    looks(desk, "visit-confirmed")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    desk.says("sigue reservada")
    looks(desk, "visit-cancel")
    visit.refresh_from_db()
    assert (visit.status, visit.answer) == (VisitStatus.BOOKED, Answer.CONFIRMED)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    desk.says("está cancelada")
    looks(desk, "visit-cancelled")
    visit.refresh_from_db()
    assert visit.status == VisitStatus.CANCELLED_BY_PATIENT
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    desk.says("reservada de nuevo")


def test_a_clinicians_week_and_time_away_are_written_down(desk: Desk, visit: Appointment) -> None:
    desk.sign_in("Clinic admin")
    desk.open(reverse("admin:clinic_clinician_change", args=[visit.clinician_id]))
    page = desk.page
    page.get_by_role("link", name="Add another Working hours").click()
    page.locator("#id_working_hours-0-site").select_option(label="Centro Norte")
    page.locator("#id_working_hours-0-hours_0").fill("08:00-12:00, 14:00-17:00")
    page.get_by_role("link", name="Add another Time away").click()
    page.locator("#id_leave-0-first_day").fill("2026-12-24")
    page.locator("#id_leave-0-last_day").fill("2026-12-20")
    page.get_by_role("button", name="Save", exact=True).click()
    desk.says("The last day is not before the first.")
    looks(desk, "clinician")
    page.locator("#id_leave-0-last_day").fill("2026-12-31")
    page.get_by_role("button", name="Save", exact=True).click()
    desk.says("was changed successfully")
    hours = WorkingHours.objects.get()
    assert hours.hours == {"0": [["08:00", "12:00"], ["14:00", "17:00"]]}
    assert Leave.objects.get().first_day.isoformat() == "2026-12-24"


def test_reception_puts_somebody_on_the_waiting_list(desk: Desk, visit: Appointment) -> None:
    desk.sign_in("Reception")
    desk.open(reverse("admin:clinic_appointment_change", args=[visit.pk]))
    page = desk.page
    desk.follow(page.get_by_role("link", name="Would come earlier"))
    looks(desk, "wish")
    page.get_by_role("button", name="Put on the waiting list").click()
    desk.says("On the waiting list")
    looks(desk, "visit")
    wish = EarlierWish.objects.get()
    assert (wish.clinician_id, wish.wished_by is None) == (visit.clinician_id, False)
    slot = FreedSlot.objects.create(
        clinic=visit.clinic,
        site=visit.site,
        kind=visit.kind,
        clinician=visit.clinician,
        starts_at=visit.starts_at - timedelta(days=1),
        ends_at=visit.ends_at - timedelta(days=1),
        left_by=visit,
        left_version=1,
        freed_at=timezone.now(),
    )
    SlotOffer.objects.create(slot=slot, wish=wish, offered_at=timezone.now())
    for name, row in (("earlierwish", wish), ("freedslot", slot)):
        desk.open(reverse(f"admin:reminders_{name}_changelist"))
        looks(desk, f"{name}-list")
        desk.open(reverse(f"admin:reminders_{name}_change", args=[row.pk]))
        looks(desk, name)
    desk.open(reverse("overview"))
    desk.says("free times given to the waiting list")
    looks(desk, "overview")
    desk.open(reverse("admin:reminders_earlierwish_change", args=[wish.pk]))
    page.get_by_role("link", name="Take off the list").click()
    page.get_by_role("button", name="Take off the list").click()
    desk.says("Taken off the waiting list.")
