"""Reception's day, in a real browser: register, permit, book, move, cancel."""

from datetime import timedelta

from django.utils import timezone

from healthmsg.clinic.models import Appointment, Patient, VisitStatus
from tests.browser.conftest import Desk
from whatsapp.models import Sender


def test_reception_registers_books_moves_and_cancels(desk: Desk, clinic_sender: Sender) -> None:
    desk.sign_in("Reception")
    _register(desk)
    _permit(desk)
    _book(desk)
    _move(desk)
    _cancel(desk)


def _register(desk: Desk) -> None:
    desk.open("/admin/clinic/patient/add/")
    page = desk.page
    page.locator("#id_given_name").fill("Sofía")
    page.locator("#id_family_name").fill("García")
    page.locator("#id_contacts-0-number").fill("011 15 5555 0101")
    desk.is_accessible()
    page.get_by_role("button", name="Save", exact=True).click()
    desk.says("was added successfully")
    patient = Patient.objects.get()
    contact = patient.contacts.select_related("phone").get()
    assert (contact.name, contact.language) == ("Sofía", "es")
    assert contact.phone is not None
    assert contact.phone.number == "+5491155550101"
    # A search leaves no name in the address.
    desk.open("/admin/clinic/patient/")
    page.get_by_role("searchbox").fill("garc")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="García, Sofía").click()
    desk.says("Who is written to, and about what")
    assert "garc" not in page.url.lower()


def _permit(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name="Write down a permission").click()
    page.get_by_label("appointments", exact=True).check()
    page.get_by_label("Evidence").fill("said yes at the desk")
    desk.is_accessible()
    page.get_by_role("button", name="Write it down").click()
    desk.says("Wrote down 1 permission.")
    desk.is_accessible()


def _book(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name="Book a visit").first.click()
    day = timezone.now().date() + timedelta(days=10)
    page.get_by_label("Day").fill(day.isoformat())
    page.get_by_label("Time").fill("10:00")
    page.get_by_role("button", name="Look again").click()
    desk.says("Hola Sofía, te esperamos")
    desk.is_accessible()
    page.get_by_role("button", name="Book", exact=True).click()
    desk.says("Undo the booking")
    # What she will be told comes once the sheet stands.
    desk.says("Hola Sofía, te esperamos")
    desk.is_accessible()
    assert Appointment.objects.get().version == 1
    page.get_by_role("link", name="Everything about this visit").click()
    desk.says("Hola Sofía, te esperamos")


def _move(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name="Move").click()
    page.get_by_label("Time").fill("11:30")
    page.get_by_role("button", name="Move").click()
    desk.says("11:30")
    assert Appointment.objects.get().version == 2


def _cancel(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name="Cancel the visit").click()
    page.get_by_label("Why").select_option(label="the patient is ill")
    desk.is_accessible()
    page.get_by_role("button", name="Cancel the visit").click()
    desk.says("cancelled by the clinic")
    visit = Appointment.objects.get()
    assert visit.status == VisitStatus.CANCELLED_BY_CLINIC
    page.get_by_role("button", name="Undo: book it again").click()
    desk.says("The visit is booked again.")
