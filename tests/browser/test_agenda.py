"""Reception at the agenda: by mouse, by keyboard alone, with somebody new, with blockers."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinic,
    Clinician,
    ClosingDay,
    Patient,
    Purpose,
    Site,
    VisitKind,
    VisitStatus,
    WorkingHours,
)
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.agenda.choosing import MOST_ON_A_BOARD
from reminders import booking, queueing
from reminders.booking import Booking
from tests import factories
from tests.browser.conftest import Desk, find_faults
from whatsapp.models import Message, Sender
from whatsapp.status import Status

WIDTHS = (320, 768, 1280)
# The dialog asks every three seconds; milliseconds.
POLLED = 15_000
# Somebody fast, or a reader of codes: before the page has time for anything else.
TYPES_AT_ONCE = """
new MutationObserver((_, watcher) => {
  const field = document.getElementById("find-typed");
  if (field) {
    watcher.disconnect();
    field.value = "garc";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}).observe(document.body, { childList: true, subtree: true })
"""


@pytest.fixture(autouse=True)
def _hours(clinic: Clinic, clinic_sender: Sender) -> None:
    """The doctor of the clinic works in the morning of every day, holidays or not."""
    week = {str(day): [["08:00", "13:00"]] for day in range(7)}
    site = Site.objects.get(clinic=clinic)
    Site.objects.update(opening_hours=week)
    ClosingDay.objects.create(site=site, closed_on=ahead(clinic), is_open_anyway=True)
    doctor = Clinician.objects.get(clinic=clinic)
    WorkingHours.objects.create(clinician=doctor, site=site, hours=week)


@pytest.fixture
def sofia(clinic: Clinic) -> Patient:
    # Tests run at any hour, and so does what they send.
    clinic.sending_opens, clinic.sending_closes = time.min, time.max
    clinic.save()
    return factories.make_patient(clinic, given_name="Sofía", family_name="García")


def ahead(clinic: Clinic) -> date:
    return timezone.now().astimezone(clinic.zone).date() + timedelta(days=10)


def booked(patient: Patient, clock: str) -> Appointment:
    clinic = patient.clinic
    noon = datetime.combine(ahead(clinic), time(12), clinic.zone)
    request = Booking(
        patient=patient,
        kind=VisitKind.objects.get(clinic=clinic),
        site=Site.objects.get(clinic=clinic),
        starts_at=wall_clock(noon, time.fromisoformat(clock)),
        contact=patient.contacts.first(),
        clinician=Clinician.objects.get(clinic=clinic),
    )
    return booking.book(request, by=None, now=timezone.now())


def fill_the_day(sofia: Patient) -> None:
    """Five clinicians, and visits that stand in every way reception has to tell apart."""
    clinic, first = sofia.clinic, booked(sofia, "11:00")
    week = {str(day): [["08:00", "12:00"]] for day in range(7)}
    booked(factories.make_patient(clinic, consents=()), "09:20")
    statuses = (VisitStatus.ARRIVED, VisitStatus.SEEN, VisitStatus.MISSED)
    stands: list[dict[str, object]] = [{"status": status} for status in statuses]
    stands += [{"answer": answer} for answer in Answer.values]
    stands.append({"status": VisitStatus.CANCELLED_BY_PATIENT})
    for n in range(4):
        one = factories.make_clinician(clinic, name=f"Dr. Rao {n}")
        WorkingHours.objects.create(clinician=one, site=first.site, hours=week)
        for place, fields in enumerate(stands[n * 2 : n * 2 + 2]):
            factories.make_visit(
                factories.make_patient(clinic, given_name="María Fernanda"),
                starts_at=first.starts_at - timedelta(minutes=60 - 20 * n - 15 * place),
                site=first.site,
                kind=first.kind,
                clinician=one,
                **({"is_overbooked": bool(place)} | fields),
            )


def agenda(desk: Desk) -> Page:
    desk.sign_in("Reception")
    desk.open(f"/desk/agenda/?day={ahead(Clinic.objects.get()).isoformat()}")
    return desk.page


def test_booking_by_mouse(desk: Desk, sofia: Patient) -> None:
    page = agenda(desk)
    desk.is_accessible()
    page.get_by_role("link", name="09:20 free").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Patient", exact=True).press_sequentially("garc")
    desk.picture("agenda-find")
    dialog.get_by_role("link", name="Sofía García").click()
    expect(dialog.get_by_text("Hola Sofía, te esperamos")).to_be_visible()
    desk.is_accessible()
    desk.picture("agenda-will-she")
    assert "garc" not in page.url.lower()
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_text("Booked for")).to_be_visible()
    desk.is_accessible()
    desk.picture("agenda-booked")
    visit = Appointment.objects.get()
    assert visit.starts_at.astimezone(visit.site.zone).strftime("%H:%M") == "09:20"
    dialog.get_by_role("button", name="Send now").click()
    expect(dialog.get_by_text("It goes out now.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    # The agenda behind shows her without a reload.
    expect(page.get_by_role("link", name="09:20 Sofía García")).to_be_visible()


def test_what_is_typed_the_moment_the_field_is_there_is_looked_for(
    desk: Desk, sofia: Patient
) -> None:
    page = agenda(desk)
    page.evaluate(TYPES_AT_ONCE)
    page.get_by_role("link", name="09:20 free").click()
    expect(page.get_by_role("dialog").get_by_role("link", name="Sofía García")).to_be_visible()


def test_the_tick_that_proves_the_number_comes_while_she_stands_there(
    desk: Desk, sofia: Patient
) -> None:
    page = agenda(desk)
    page.get_by_role("link", name="09:20 free").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Patient", exact=True).fill("garc")
    dialog.get_by_role("link", name="Sofía García").click()
    dialog.get_by_role("button", name="Book", exact=True).click()
    dialog.get_by_role("button", name="Send now").click()
    expect(dialog.get_by_text("It goes out now.")).to_be_visible()
    news = dialog.locator("#told-now")

    queueing.queue_due(now=timezone.now(), limit=10)
    expect(news).to_contain_text("waiting to be sent", timeout=POLLED)
    now = timezone.now()
    message = Message.objects.filter(status=Status.QUEUED)
    message.update(status=Status.ACCEPTED, send_after=None, accepted_at=now)
    expect(news).to_contain_text("taken by WhatsApp", timeout=POLLED)
    Message.objects.update(status=Status.DELIVERED, delivered_at=now)

    expect(news).to_contain_text("arrived on the phone", timeout=POLLED)
    desk.is_accessible()
    desk.picture("agenda-tick")
    # Proved once, it is not asked for any more.
    expect(dialog.locator("#told-now[hx-get]")).to_have_count(0)


def test_booking_by_keyboard_alone(desk: Desk, sofia: Patient) -> None:
    page = agenda(desk)
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Patient", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "book"

    page.keyboard.press("n")
    expect(dialog.get_by_label("Patient", exact=True)).to_be_focused()
    page.keyboard.type("sofia g")
    found = dialog.get_by_role("link", name="Sofía García")
    expect(found).to_be_visible()
    found.focus()
    page.keyboard.press("Enter")
    times = dialog.locator(".choices a")
    expect(times.first).to_be_visible()
    times.first.focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Hola Sofía, te esperamos")).to_be_visible()
    dialog.get_by_role("button", name="Book", exact=True).focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Booked for")).to_be_visible()
    assert Appointment.objects.filter(status=VisitStatus.BOOKED).count() == 1


def test_booking_with_somebody_new_who_was_never_asked(desk: Desk) -> None:
    page = agenda(desk)
    page.get_by_role("link", name="10:00 free").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Patient", exact=True).fill("Lucía Ríos")
    dialog.get_by_role("button", name="New patient").click()
    expect(dialog.get_by_label("Given name", exact=True)).to_have_value("Lucía")
    dialog.get_by_label("Identifier", exact=True).fill("H-77")
    dialog.get_by_label("sees little", exact=True).check()
    dialog.get_by_label("Phone", exact=True).fill("12")
    dialog.get_by_role("button", name="Register and go on").click()
    expect(dialog.get_by_text("No such telephone number exists.")).to_be_visible()
    desk.is_accessible()
    desk.picture("agenda-new-patient")
    dialog.get_by_label("Phone", exact=True).fill("011 15 5555 0101")
    dialog.get_by_role("button", name="Register and go on").click()

    expect(dialog.get_by_text("Nobody has asked yet whether we may write.")).to_be_visible()
    desk.is_accessible()
    desk.picture("agenda-never-asked")
    dialog.get_by_role("button", name="They say yes").click()
    expect(dialog.get_by_text("Nobody has asked yet")).to_be_hidden()
    expect(dialog.get_by_text("Hola Lucía, te esperamos")).to_be_visible()
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_text("Booked for")).to_be_visible()

    patient = Patient.objects.get()
    assert (patient.external_id, patient.needs) == ("H-77", ["LOW_VISION"])
    phone = factories.phone_of(patient)
    now = timezone.now()
    assert consent.standing(patient, phone, Purpose.APPOINTMENTS, at=now) == consent.GRANTED


def test_a_namesake_is_shown_before_somebody_is_registered_twice(
    desk: Desk, sofia: Patient
) -> None:
    page = agenda(desk)
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Patient", exact=True).fill("Sofia Garcia")
    dialog.get_by_role("button", name="New patient").click()
    dialog.get_by_role("button", name="Register and go on").click()
    expect(dialog.get_by_text("Is it one of these?")).to_be_visible()
    desk.is_accessible()
    dialog.get_by_role("link", name="Sofía García").click()
    expect(dialog.get_by_text("Book a visit for Sofía García")).to_be_visible()
    assert Patient.objects.count() == 1


def test_moving_to_a_free_time_of_the_agenda(desk: Desk, sofia: Patient) -> None:
    visit = booked(sofia, "09:20")
    page = agenda(desk)
    page.get_by_role("link", name="09:20 Sofía García").click()
    dialog = page.get_by_role("dialog")
    desk.is_accessible()
    desk.picture("agenda-visit")
    dialog.get_by_role("link", name="Move", exact=True).click()
    expect(dialog.get_by_role("link", name="Choose in the agenda")).to_be_visible()
    desk.is_accessible()
    dialog.get_by_role("link", name="Choose in the agenda").click()
    page.get_by_role("link", name="11:00 free").click()
    dialog.get_by_role("button", name="Move", exact=True).click()
    desk.says("Moved to")
    visit.refresh_from_db()
    assert visit.starts_at.astimezone(visit.site.zone).strftime("%H:%M") == "11:00"
    assert visit.version == 2


def test_a_visit_on_the_move_is_not_forgotten_on_the_way_through_the_week(
    desk: Desk, sofia: Patient
) -> None:
    visit = booked(sofia, "09:20")
    page = agenda(desk)
    page.get_by_role("link", name="09:20 Sofía García").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("link", name="Move", exact=True).click()
    dialog.get_by_role("link", name="Choose in the agenda").click()
    banner = page.get_by_text("Choose a free time for the visit you are moving.")
    expect(banner).to_be_visible()

    page.get_by_role("link", name="Week", exact=True).click()

    expect(banner).to_be_visible()
    desk.is_accessible()
    desk.picture("agenda-week-moving")
    page.locator(".agenda-week thead a").nth(ahead(sofia.clinic).weekday()).click()
    expect(banner).to_be_visible()
    page.get_by_role("link", name="11:00 free").click()
    dialog.get_by_role("button", name="Move", exact=True).click()
    desk.says("Moved to")
    visit.refresh_from_db()
    assert visit.starts_at.astimezone(visit.site.zone).strftime("%H:%M") == "11:00"
    assert Appointment.objects.count() == 1


def test_booking_beside_another_cancelling_and_undoing_it(desk: Desk, sofia: Patient) -> None:
    booked(sofia, "09:20")
    factories.make_patient(sofia.clinic, given_name="Bruno", family_name="Díaz")
    page = agenda(desk)
    page.get_by_role("link", name="09:20 Sofía García").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("link", name="Book somebody beside it").click()
    dialog.get_by_label("Patient", exact=True).fill("bru")
    dialog.get_by_role("link", name="Bruno Díaz").click()
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_text("Booked for")).to_be_visible()
    assert Appointment.objects.get(patient__given_name="Bruno").is_overbooked

    dialog.get_by_text("Cancel the visit").first.click()
    dialog.get_by_role("button", name="Cancel the visit").click()
    expect(dialog.get_by_text("Choose a reason, or write one.")).to_be_visible()
    desk.is_accessible()
    desk.picture("agenda-cancel")
    dialog.get_by_label("the patient is ill").check()
    dialog.get_by_role("button", name="Cancel the visit").click()
    expect(dialog.get_by_text("cancelled by the patient")).to_be_visible()
    expect(dialog.get_by_text("the patient is ill", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Undo: book it again").click()
    expect(dialog.get_by_text("The visit is booked again.")).to_be_visible()


def test_somebody_walks_in(desk: Desk, sofia: Patient, clinic: Clinic) -> None:
    Site.objects.update(opening_hours={str(day): [["00:00", "23:59"]] for day in range(7)})
    desk.sign_in("Reception")
    desk.open("/desk/agenda/")
    page = desk.page
    page.keyboard.press("w")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Patient", exact=True).fill("sof")
    dialog.get_by_role("link", name="Sofía García").click()
    dialog.get_by_role("button", name="Is here now").click()
    expect(dialog.get_by_text("here since").first).to_be_visible()
    assert Appointment.objects.get().status == VisitStatus.ARRIVED


def test_every_width_by_day_and_by_night(desk: Desk, sofia: Patient) -> None:
    one = Clinician.objects.get()
    fill_the_day(sofia)
    page = agenda(desk)
    day = page.url
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(day)
            assert not find_faults(page)
            desk.picture(f"agenda-{width}-{scheme}")
            page.goto(day.replace("/agenda/", "/agenda/week/"))
            assert not find_faults(page)
            desk.picture(f"agenda-week-{width}-{scheme}")
            page.goto(f"{page.url}&clinician={one.pk}")
            assert not find_faults(page)


def test_of_too_many_people_sites_are_shown_in_numbers_and_lead_on(
    desk: Desk, sofia: Patient
) -> None:
    booked(sofia, "09:20")
    clinic, first = sofia.clinic, Site.objects.get()
    other = factories.make_site(clinic, name="Zona Sur")
    for n in range(MOST_ON_A_BOARD):
        one = factories.make_clinician(clinic, name=f"Dr. Rao {n}")
        WorkingHours.objects.create(clinician=one, site=other, hours={})
    page = agenda(desk)
    shown = f"{page.url}&site=all-{clinic.pk}"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for address in (shown, shown.replace("/agenda/", "/agenda/week/")):
            page.goto(address)
            assert not find_faults(page)
            desk.is_accessible()
            desk.picture(f"agenda-sites-{width}")
    page.goto(shown)
    expect(page.get_by_role("row", name=first.name)).to_contain_text("1 visit")
    page.get_by_role("link", name=first.name).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="09:20 Sofía García")).to_be_visible()


def test_what_has_the_focus_keeps_it_while_the_agenda_renews_itself(
    desk: Desk, sofia: Patient
) -> None:
    page = agenda(desk)
    page.get_by_role("link", name="10:00 free").focus()
    booked(sofia, "09:20")

    page.evaluate(
        "htmx.trigger('#board', 'agenda-look'); document.dispatchEvent(new Event('agenda-changed'))"
    )

    expect(page.get_by_role("link", name="09:20 Sofía García")).to_be_visible()
    expect(page.get_by_role("link", name="10:00 free")).to_be_focused()


def test_without_scripts_everything_is_a_page(desk: Desk, sofia: Patient) -> None:
    desk.sign_in("Reception")
    browser, state = desk.page.context.browser, desk.page.context.storage_state()
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False, storage_state=state)
    page = plain.new_page()
    page.goto(f"{desk._server.url}/desk/agenda/?day={ahead(sofia.clinic).isoformat()}")
    page.get_by_role("link", name="09:20 free").click()
    page.get_by_label("Patient", exact=True).fill("garc")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Sofía García").click()
    page.get_by_role("button", name="Book", exact=True).click()
    page.get_by_text("Booked for").wait_for()
    plain.close()
    assert Appointment.objects.count() == 1
