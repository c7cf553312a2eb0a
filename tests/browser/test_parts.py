"""Parts of a page that come once it stands: by themselves, and without scripts by their links."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from healthmsg.clinic.models import Appointment
from reminders import booking
from reminders.booking import Booking
from tests import factories
from tests.browser.conftest import Desk
from tests.browser.test_narrow import cut
from whatsapp.models import Sender

SIZES = pytest.mark.parametrize("page", [320, 768, 1280], indirect=True)


@pytest.fixture
def visit(clinic_sender: Sender) -> Appointment:
    clinic, now = clinic_sender.clinic, timezone.now()
    patient = factories.make_patient(
        clinic, given_name="María Fernanda", family_name="Villavicencio-Etcheverry"
    )
    factories.make_message(clinic_sender, patient, body="Nos vemos.", created_at=now)
    made = Booking(
        patient=patient,
        kind=clinic.visit_kinds.get(),
        site=clinic.sites.get(),
        starts_at=now + timedelta(days=5),
        contact=patient.contacts.get(),
    )
    return booking.book(made, by=None, now=now)


@SIZES
def test_the_parts_of_the_patients_page_come_by_themselves(desk: Desk, visit: Appointment) -> None:
    desk.sign_in("Clinic admin")
    desk.open(f"/desk/patients/{visit.patient_id}/")
    page = desk.page

    expect(page.get_by_text("Hola María Fernanda, te esperamos").first).to_be_visible()
    expect(page.get_by_text("Nos vemos.")).to_be_visible()
    expect(page.locator(".to-come")).to_have_count(1)
    page.get_by_text("Every line of the ledger").first.click()
    expect(page.get_by_role("region", name="Ledger of permissions")).to_be_visible()
    expect(page.locator("[aria-busy=true], .to-come")).to_have_count(0)
    picture(desk, "patient")
    desk.is_accessible()
    assert cut(page) == []


@SIZES
@pytest.mark.parametrize("address", ["admin/clinic/appointment/{}/change", "desk/agenda/visits/{}"])
def test_the_messages_of_a_visit_come_by_themselves(
    desk: Desk, visit: Appointment, address: str
) -> None:
    desk.sign_in("Reception")
    desk.open(f"/{address.format(visit.pk)}/")

    expect(desk.page.get_by_text("Hola María Fernanda, te esperamos").first).to_be_visible()
    expect(desk.page.locator("[aria-busy=true], .to-come")).to_have_count(0)
    picture(desk, address.split("/")[1])
    desk.is_accessible()
    assert cut(desk.page) == []


@SIZES
@pytest.mark.parametrize(
    "part", ["why/visit/{}/messages", "patients/{}/past", "patients/{}/ledger"]
)
def test_each_part_is_a_page_of_its_own(desk: Desk, visit: Appointment, part: str) -> None:
    desk.sign_in("Reception")
    key = visit.pk if "visit" in part else visit.patient_id
    desk.open(f"/desk/{part.format(key)}/")

    desk.says("Villavicencio-Etcheverry")
    picture(desk, f"part-{part.rsplit('/', maxsplit=1)[-1]}")
    desk.is_accessible()
    assert cut(desk.page) == []


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_without_scripts_each_part_is_a_link(
    desk: Desk, browser: Browser, visit: Appointment
) -> None:
    desk.sign_in("Reception")
    desk.open(f"/desk/patients/{visit.patient_id}/")
    signed_in = desk.page.context.storage_state()
    plain = browser.new_context(java_script_enabled=False, storage_state=signed_in).new_page()

    for link, words in (
        ("Messages about this visit", "Hola María Fernanda, te esperamos"),
        ("What has happened, newest first", "Nos vemos."),
        ("Every line of the ledger", "Entered by mistake"),
    ):
        plain.goto(desk.page.url)
        if link.startswith("Every"):
            plain.locator("summary", has_text=link).click()
        plain.get_by_role("link", name=link).click()
        expect(plain.get_by_text(words).first).to_be_visible()
    plain.context.close()


def test_a_part_that_does_not_come_stays_a_link(desk: Desk, visit: Appointment) -> None:
    desk.sign_in("Reception")
    desk.page.route("**/past/", lambda route: route.fulfill(status=500, body=""))
    desk.open(f"/desk/patients/{visit.patient_id}/")

    expect(desk.page.get_by_text("Hola María Fernanda, te esperamos").first).to_be_visible()
    expect(desk.page.get_by_role("link", name="What has happened, newest first")).to_be_visible()
    expect(desk.page.locator("[aria-busy=true]")).to_have_count(0)


def picture(desk: Desk, name: str) -> None:
    size = desk.page.viewport_size
    desk.picture(f"{name}-{size['width'] if size else 0}")
