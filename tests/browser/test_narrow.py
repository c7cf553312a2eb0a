"""Every page of the desk on a small telephone and a tablet: nothing aside, nothing cut off."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Need,
    Purpose,
    Site,
    VisitStatus,
    WorkingHours,
)
from tests import factories
from tests.browser.conftest import Desk, overhang
from tests.browser.test_overview import past
from whatsapp.models import Portfolio, Sender
from whatsapp.status import Status

NAMES = (("María Fernanda de los Ángeles", "Villavicencio-Etcheverry"), ("Bartholomew", "Ng"))
# What stands beyond the edge of the window, unless it is in something that scrolls by itself.
CUT = """() => [...document.querySelectorAll("main *, header *, dialog[open] *")].filter((one) => {
  const box = one.getBoundingClientRect();
  if (!box.width || !box.height || !one.checkVisibility() || one.closest(".sr-only, .skip, svg")) {
    return false;
  }
  for (let up = one.parentElement; up; up = up.parentElement) {
    if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) {
      return false;
    }
  }
  return box.right > window.innerWidth + 1 || box.left < -1;
}).map((one) => one.outerHTML.slice(0, 120))"""

# What has a part out of sight: tables and, but on a telephone, the names of the pages.
ASIDE = """() => [...document.querySelectorAll(innerWidth < 640 ? ".wide" : ".wide, .bar-pages")]
  .filter((table) => table.scrollWidth > table.clientWidth + 1)
  .map((table) => table.textContent.trim().slice(0, 120))"""


@pytest.fixture
def visits(clinic_sender: Sender) -> list[Appointment]:
    """Patients of long names, told, to call, missed and cancelled, and a quarter behind them."""
    now, clinic = timezone.now(), clinic_sender.clinic
    week = {str(day): [["08:00", "18:00"]] for day in range(7)}
    site, doctor = clinic.sites.get(), clinic.clinicians.get()
    Site.objects.update(opening_hours=week, name="Centro de Especialidades Médicas del Norte")
    WorkingHours.objects.create(clinician=doctor, site=site, hours=week)
    Portfolio.objects.update(daily_limit=2000, seats_kept=120)
    past(clinic_sender)
    found = []
    for n, (given, family) in enumerate(NAMES * 3):
        patient = factories.make_patient(
            clinic,
            given_name=given,
            family_name=family,
            consents=() if n == 3 else (Purpose.APPOINTMENTS,),
            needs=[Need.NO_PHONE_CALLS, Need.INTERPRETER] if n == 1 else [],
        )
        visit = factories.make_visit(
            patient,
            starts_at=now + timedelta(hours=(-20 if n == 2 else 3 + n)),
            kind=clinic.visit_kinds.get(),
            site=site,
            clinician=doctor,
            status=VisitStatus.MISSED if n == 2 else VisitStatus.BOOKED,
            answer=Answer.WANTS_ANOTHER_TIME if n == 4 else Answer.NONE,
        )
        status = Status.FAILED if n == 5 else Status.READ
        factories.make_message(
            clinic_sender,
            patient,
            appointment=visit,
            appointment_version=1,
            status=status,
            send_after=None,
            created_at=now,
            accepted_at=now,
            failed_at=now if n == 5 else None,
        )
        found.append(visit)
    return found


def narrow(desk: Desk, address: str, name: str) -> None:
    desk.open(address)
    desk.page.locator("h1").first.wait_for()
    desk.picture(f"at-{desk.page.evaluate('innerWidth')}-{name}")
    assert overhang(desk.page) <= 0, name
    assert cut(desk.page) == [], name
    assert desk.page.evaluate(ASIDE) == [], name


def cut(page: Page) -> list[str]:
    """Return what stands beyond the edge of the window, and cannot be scrolled to."""
    found: list[str] = page.evaluate(CUT)
    return found


@pytest.mark.parametrize("page", [320, 768], indirect=True, ids=["telephone", "tablet"])
def test_no_page_of_the_desk_is_wider_than_a_small_telephone_or_a_tablet(
    desk: Desk, visits: list[Appointment]
) -> None:
    desk.sign_in("Clinic admin")
    first = visits[0]
    day = first.starts_at.astimezone(first.site.zone).date()
    span = f"first_day={day}&first_hour=00:00&last_day={day + timedelta(days=3)}&last_hour=23:59"
    pages = {
        **{name: reverse(name) for name in ("overview", "agenda", "agenda_week", "to_call")},
        **{name: reverse(name) for name in ("day_list", "unreached", "trends", "setup", "why")},
        **{name: reverse(name) for name in ("cancelled_lists", "duplicates", "agenda_book")},
        "week-of-one": f"{reverse('agenda_week')}?clinician={first.clinician_id}",
        "visit": reverse("agenda_visit", args=[first.pk]),
        "move": reverse("agenda_move", args=[first.pk]),
        "book": reverse("agenda_book_for", args=[first.patient_id]),
        "team": reverse("team_notices", args=[first.clinician_id]),
        "patient": reverse("patient", args=[first.patient_id]),
        "why-visit": reverse("why_visit", args=[first.pk]),
        "why-patient": reverse("why_patient", args=[first.patient_id]),
        "list": f"{reverse('cancel_list')}?clinician={first.clinician_id}&act=CANCEL&{span}",
    }
    for name, address in pages.items():
        narrow(desk, address, name)

    desk.open(pages["list"])
    desk.page.get_by_role("button", name="visits now").click()
    desk.says("Write why the visits are cancelled.")
    assert overhang(desk.page) <= 0
    desk.picture("list-lacks")
    desk.page.get_by_label("Why").fill("Training")
    desk.page.get_by_role("button", name="visits now").click()
    desk.says("Visit by visit")
    narrow(desk, desk.page.url.removeprefix(desk.address("")), "list-progress")


@pytest.mark.parametrize("page", [320], indirect=True, ids=["narrow"])
def test_several_rows_are_acted_on_from_a_small_telephone(
    desk: Desk, visits: list[Appointment]
) -> None:
    desk.sign_in("Clinic admin")
    desk.open(reverse("admin:clinic_patient_changelist"))
    for box in desk.page.locator(".action-select").all()[:2]:
        box.check()

    acts = desk.page.locator("select[name=action]")
    expect(acts).to_be_in_viewport()
    acts.select_option("as_file")
    expect(desk.page.get_by_role("button", name="Run")).to_be_in_viewport()
    desk.picture("at-320-acts")
