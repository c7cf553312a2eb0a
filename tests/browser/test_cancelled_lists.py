"""A clinician falls ill, and the list is cancelled from the desk."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import Appointment, Clinic, Site, VisitStatus, WorkingHours
from tests import factories
from tests.browser.conftest import Desk, find_faults
from whatsapp.models import Sender


@pytest.fixture
def visits(clinic: Clinic, clinic_sender: Sender) -> list[Appointment]:
    factories.make_template(
        clinic_sender.account,
        name="list_cancelled",
        body="Hola {{contact_name}}, {{when}} no se puede. Gracias.",
        buttons=("Lo he visto",),
        verbs=("seen",),
    )
    begins = timezone.now() + timedelta(days=1)
    found = []
    for n, name in enumerate(("Ana Ruiz", "Omar Nasr", "Lía Sosa")):
        given, family = name.split()
        patient = factories.make_patient(
            clinic, given_name=given, family_name=family, consented_at=timezone.now()
        )
        if n == 1:
            patient.contacts.update(phone=None)
        found.append(
            factories.make_visit(
                patient,
                starts_at=begins + n * timedelta(minutes=20),
                kind=clinic.visit_kinds.get(),
                site=clinic.sites.get(),
                clinician=clinic.clinicians.get(),
                booked_at=timezone.now(),
            )
        )
    return found


def ask_to_cancel(desk: Desk) -> None:
    desk.page.get_by_label("Whose list").select_option(label="Dra. Paz")
    last = timezone.localdate() + timedelta(days=3)
    desk.page.get_by_label("Until day").fill(last.isoformat())
    desk.page.get_by_label("cancel all").check()
    desk.page.get_by_role("button", name="Show what would happen").press("Enter")


def test_a_list_is_cancelled_and_whom_to_call_stands_there_at_once(
    desk: Desk, visits: list[Appointment]
) -> None:
    desk.sign_in("Reception lead")
    desk.open("/desk/cancelled-lists/")
    desk.is_accessible()
    desk.follow(desk.page.get_by_role("link", name="Cancel or move a list"))
    desk.is_accessible()
    ask_to_cancel(desk)

    desk.says("3 visits are affected")
    desk.is_accessible()
    desk.page.get_by_role("button", name="Cancel 3 visits now").press("Enter")
    desk.says("Write why the visits are cancelled.")
    desk.is_accessible()
    desk.picture("list-preview")
    desk.page.get_by_label("Why (for your colleagues").fill("the clinician is ill")
    desk.page.get_by_label("Why (for your colleagues").press("Enter")

    desk.says("Visit by visit")
    assert not Appointment.objects.filter(status=VisitStatus.BOOKED).exists()
    desk.says("3 patients are cancelled and have no new visit")
    desk.is_accessible()
    desk.picture("list-progress")
    desk.page.emulate_media(color_scheme="dark")
    assert not find_faults(desk.page)
    desk.picture("list-progress-dark")
    begin_to_book_again(desk)

    desk.page.get_by_role("main").get_by_role("link", name="To call").click()
    line = desk.page.locator(f"#line-{visits[1].pk}")
    expect(line).to_contain_text("does not know that we cancelled the visit")
    desk.picture("list-calls")
    line.get_by_role("button", name="Told them").click()
    desk.says("Written down: Omar Nasr, was told.")
    expect(line).to_have_count(0)


def begin_to_book_again(desk: Desk) -> None:
    """The dialog opens over the list, and leaves it as it was."""
    desk.page.emulate_media(color_scheme="light")
    desk.page.get_by_role("link", name="Book again: Ana Ruiz").click()
    dialog = desk.page.get_by_role("dialog")
    expect(dialog.get_by_text("Book a visit for Ana Ruiz")).to_be_visible()
    desk.is_accessible()
    desk.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_list_is_stopped_and_goes_on(desk: Desk, visits: list[Appointment]) -> None:
    desk.sign_in("Clinic admin")
    today = timezone.localdate()
    desk.open(
        f"/desk/cancelled-lists/new/?clinician={visits[0].clinician_id}&act=LATER&minutes=15"
        f"&first_day={today}&first_hour=00:00&last_day={today + timedelta(days=3)}&last_hour=23:59"
    )
    # On a telephone each cell says itself what its column would.
    labelled = desk.page.locator("[data-label='New time']").first
    expect(labelled).to_be_visible()
    if desk.is_wide:
        expect(desk.page.get_by_role("columnheader", name="New time")).to_be_visible()
    desk.is_accessible()
    desk.picture("list-move-preview")
    desk.page.get_by_role("button", name="Move 3 visits now").click()

    desk.page.get_by_role("button", name="Stop").click()
    desk.says("Stopped: no more visits are touched")
    desk.is_accessible()
    desk.page.get_by_role("button", name="Go on").click()

    desk.says("It goes on.")
    moved = {visit.pk: visit.starts_at + timedelta(minutes=15) for visit in visits}
    assert dict(Appointment.objects.values_list("pk", "starts_at")) == moved


@pytest.mark.parametrize("page", [390], indirect=True, ids=["telephone"])
def test_a_list_is_moved_to_another_day_after_a_look_at_the_next_free_times(
    desk: Desk, clinic: Clinic, visits: list[Appointment]
) -> None:
    week = {str(day): [["00:00", "23:59"]] for day in range(7)}
    site, paz = clinic.sites.get(), clinic.clinicians.get()
    WorkingHours.objects.create(clinician=paz, site=site, hours=week)
    desk.sign_in("Reception lead")
    desk.open("/desk/cancelled-lists/new/")
    desk.page.get_by_label("Whose list").select_option(label="Dra. Paz")
    today = timezone.localdate()
    desk.page.get_by_label("Until day").fill((today + timedelta(days=3)).isoformat())
    see_the_next_free_times(desk)

    show = desk.page.get_by_role("button", name="Show what would happen")
    desk.page.get_by_label("move all to another day").check()
    show.press("Enter")
    desk.says("Choose the day.")
    desk.is_accessible()
    there = today + timedelta(days=5)
    desk.page.get_by_label("To which day").fill(there.isoformat())
    show.press("Enter")
    desk.says("3 visits are affected: move all to another day")
    desk.picture("list-other-day-preview")
    desk.page.get_by_role("button", name="Move 3 visits now").press("Enter")

    desk.says("Visit by visit")
    desk.is_accessible()
    desk.picture("list-other-day")
    zone = clinic.zone
    for was, visit in zip(visits, Appointment.objects.order_by("pk"), strict=True):
        moved, before = visit.starts_at.astimezone(zone), was.starts_at.astimezone(zone)
        assert (moved.date(), moved.time()) == (there, before.time())


def see_the_next_free_times(desk: Desk) -> None:
    """What would come of another way is seen, and nothing is done yet."""
    desk.page.get_by_label("move each to the next free time").check()
    desk.page.get_by_role("button", name="Show what would happen").press("Enter")
    desk.says("3 visits are affected: move each to the next free time")
    new_times = desk.page.locator("[data-label='New time']").all_inner_texts()
    assert len(new_times) == 3
    assert all(re.search(r"\d\d:\d\d", one) for one in new_times)


def test_a_list_is_handed_over_to_who_is_free(
    desk: Desk, clinic: Clinic, visits: list[Appointment]
) -> None:
    omar = factories.make_clinician(clinic, name="Dr. Omar")
    site, week = clinic.sites.get(), {str(day): [["00:00", "23:59"]] for day in range(7)}
    WorkingHours.objects.create(clinician=omar, site=site, hours=week)
    Site.objects.update(opening_hours=week)
    # He sees somebody else at that time.
    factories.make_visit(
        factories.make_patient(clinic),
        starts_at=visits[0].starts_at,
        kind=visits[0].kind,
        site=site,
        clinician=omar,
    )
    desk.sign_in("Reception lead")
    desk.open("/desk/cancelled-lists/new/")
    desk.page.get_by_label("Whose list").select_option(label="Dra. Paz")
    last = timezone.localdate() + timedelta(days=3)
    desk.page.get_by_label("Until day").fill(last.isoformat())
    desk.page.get_by_label("hand over to another clinician").check()
    desk.page.get_by_role("button", name="Show what would happen").click()
    expect(desk.page.get_by_text("Choose another clinician.")).to_be_visible()
    desk.is_accessible()
    desk.page.get_by_label("To whom").select_option(label="Dr. Omar")
    desk.page.get_by_role("button", name="Show what would happen").press("Enter")

    expect(desk.page.get_by_text("taken by another visit")).to_be_visible()
    desk.says("Nobody is written to: time and place stay.")
    desk.is_accessible()
    desk.picture("list-hand-over-preview")
    desk.page.get_by_role("button", name="Hand over 2 visits now").press("Enter")

    desk.says("Visit by visit")
    desk.is_accessible()
    handed = Appointment.objects.filter(clinician=omar, pk__in=[one.pk for one in visits])
    assert set(handed) == set(visits[1:])
