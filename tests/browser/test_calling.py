"""Reception goes through the call list, with a mouse, by keyboard, and two at once."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinic,
    Need,
    Site,
    VisitStatus,
    WorkingHours,
)
from reminders.models import CallOutcome
from tests import factories
from tests.browser.conftest import Desk, find_faults

# A machine with much else to do; milliseconds.
PATIENT = 20_000


@pytest.fixture
def visits(clinic: Clinic) -> list[Appointment]:
    """Somebody without a message, somebody deaf, somebody who wants another time."""
    now = timezone.now()
    week = {str(day): [["08:00", "18:00"]] for day in range(7)}
    site, doctor = clinic.sites.get(), clinic.clinicians.get()
    Site.objects.update(opening_hours=week)
    WorkingHours.objects.create(clinician=doctor, site=site, hours=week)
    found = []
    for n, (name, needs) in enumerate(
        [("Ana Ruiz", []), ("Omar Nasr", [Need.NO_PHONE_CALLS]), ("Lía Sosa", [Need.INTERPRETER])]
    ):
        given, family = name.split()
        patient = factories.make_patient(clinic, given_name=given, family_name=family, needs=needs)
        found.append(
            factories.make_visit(
                patient,
                starts_at=now + timedelta(hours=3 + n),
                kind=clinic.visit_kinds.get(),
                site=site,
                clinician=doctor,
                answer=Answer.WANTS_ANOTHER_TIME if name == "Lía Sosa" else Answer.NONE,
            )
        )
    missed = factories.make_patient(clinic, given_name="Eva", family_name="Luz")
    factories.make_visit(
        missed,
        starts_at=now - timedelta(days=1),
        kind=clinic.visit_kinds.get(),
        site=site,
        clinician=doctor,
        status=VisitStatus.MISSED,
    )
    return found


def test_one_click_writes_down_what_came_of_a_call(desk: Desk, visits: list[Appointment]) -> None:
    desk.sign_in("Reception")
    desk.open("/desk/to-call/")
    desk.picture("calls")
    desk.is_accessible()
    deaf = desk.page.locator(f"#line-{visits[1].pk}")
    expect(deaf).to_contain_text("Cannot use the telephone.")
    expect(deaf.locator("a[href^='tel:']")).to_have_count(0)

    ana = desk.page.locator(f"#line-{visits[0].pk}")
    ana.get_by_role("button", name="Comes").click()

    expect(ana).to_have_count(0)
    desk.says("Written down: Ana Ruiz, comes.")
    visits[0].refresh_from_db()
    assert visits[0].answer == Answer.CONFIRMED
    expect(desk.page.locator("#undo-last")).to_be_focused()
    desk.picture("calls-written-down")
    desk.is_accessible()

    desk.page.keyboard.press("Enter")

    expect(desk.page.locator(f"#line-{visits[0].pk}")).to_be_visible()
    visits[0].refresh_from_db()
    assert visits[0].answer == Answer.NONE
    deaf.get_by_role("button", name="No answer").press("Enter")
    desk.says("To try again later")
    desk.page.emulate_media(color_scheme="dark")
    assert not find_faults(desk.page)
    desk.picture("calls-dark")
    desk.page.emulate_media(media="print", color_scheme="light")
    desk.picture("calls-print")


def test_the_second_sees_by_itself_what_the_first_did(
    desk: Desk, visits: list[Appointment]
) -> None:
    desk.sign_in("Reception")
    desk.open("/desk/to-call/")
    second = desk.page.context.new_page()
    second.clock.install()
    second.goto(desk.page.url)
    expect(second.locator(f"#line-{visits[0].pk}")).to_be_visible()

    desk.page.locator(f"#line-{visits[0].pk}").get_by_role("button", name="Comes").click()
    desk.says("Written down")
    second.clock.run_for(21_000)

    expect(second.locator(f"#line-{visits[0].pk}")).to_have_count(0)
    expect(second.get_by_text("Called today")).to_be_visible()


def test_whoever_wants_another_time_leads_to_the_times(
    desk: Desk, visits: list[Appointment]
) -> None:
    desk.sign_in("Reception")
    desk.open("/desk/to-call/?why=another-time")

    wants = desk.page.locator(f"#line-{visits[2].pk}")
    wants.get_by_role("button", name="Another time").click()

    desk.page.wait_for_url(f"**/desk/agenda/visits/{visits[2].pk}/move/**")
    desk.says("Choose the new time while they listen.")
    desk.is_accessible()
    assert CallOutcome.objects.count() == 1
    desk.page.locator(".choices a").last.click()
    desk.says("What they will read")
    desk.page.get_by_role("button", name="Move", exact=True).click()
    desk.page.wait_for_url("**/desk/to-call/?why=another-time")
    desk.says("Moved to")


def test_who_missed_a_visit_is_booked_again_over_the_list(
    desk: Desk, visits: list[Appointment]
) -> None:
    desk.sign_in("Reception")
    desk.open("/desk/to-call/")
    missed = Appointment.objects.get(status=VisitStatus.MISSED)
    line = desk.page.locator(f"#line-{missed.pk}")

    line.get_by_role("link", name="Book again").press("Enter")
    dialog = desk.page.get_by_role("dialog")
    expect(dialog.get_by_text("Book a visit for Eva Luz")).to_be_visible(timeout=PATIENT)
    desk.is_accessible()
    desk.picture("calls-book-again")
    dialog.locator(".choices a").first.click()
    # The form before it has the same button.
    expect(dialog.locator(".choices")).to_have_count(0, timeout=PATIENT)
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_text("Booked for")).to_be_visible(timeout=PATIENT)
    desk.page.keyboard.press("Escape")

    expect(line).to_have_count(0, timeout=PATIENT)
    assert desk.page.url.endswith("/desk/to-call/")
    assert missed.patient.appointments.filter(status=VisitStatus.BOOKED).count() == 1


def test_it_works_without_scripts(desk: Desk, visits: list[Appointment]) -> None:
    desk.sign_in("Reception")
    browser = desk.page.context.browser
    assert browser is not None
    context = browser.new_context(
        java_script_enabled=False, storage_state=desk.page.context.storage_state()
    )
    plain = context.new_page()
    plain.goto(desk.address("/desk/to-call/"))

    plain.locator(f"#line-{visits[0].pk}").get_by_role("button", name="Cancels").click()

    expect(plain.get_by_text("Written down: Ana Ruiz, cancels.")).to_be_visible()
    plain.get_by_role("button", name="Undo: Ana Ruiz").click()
    expect(plain.locator(f"#line-{visits[0].pk}")).to_be_visible()
    context.close()


def test_the_day_list_is_a_page_to_print(desk: Desk, visits: list[Appointment]) -> None:
    desk.sign_in("Reception")
    desk.open("/desk/to-call/")
    desk.page.get_by_role("link", name="Day list").click()

    desk.page.get_by_label("Day", exact=True).fill(
        visits[0].starts_at.astimezone(visits[0].site.zone).date().isoformat()
    )
    desk.page.get_by_role("button", name="Show").click()

    desk.says("Ruiz, Ana")
    desk.is_accessible()
    desk.picture("day-list")
    desk.page.emulate_media(media="print")
    desk.picture("day-list-print")
