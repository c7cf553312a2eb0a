"""Messages are paused, a patient has died, a number is somebody else's: told on every page."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import Patient, PatientState, PhoneState
from tests import factories
from tests.browser.conftest import Desk
from whatsapp.models import Sender


def patient_of(sender: Sender) -> Patient:
    return factories.make_patient(
        sender.clinic, given_name="Ana", family_name="Ruiz", consented_at=timezone.now()
    )


def page_of(patient: Patient) -> str:
    return f"/desk/patients/{patient.pk}/"


def test_messages_are_paused_until_a_day_and_go_on(desk: Desk, clinic_sender: Sender) -> None:
    patient = patient_of(clinic_sender)
    until = timezone.localdate() + timedelta(days=30)
    desk.sign_in("Reception")
    desk.open(page_of(patient))
    desk.page.locator("summary", has_text="More").click()
    desk.follow(desk.page.get_by_role("link", name="Pause messages"))
    desk.is_accessible()
    desk.page.locator("[name=until]").fill(until.isoformat())
    desk.page.locator("[name=reason]").fill("abroad")
    desk.page.get_by_role("button", name="Pause").press("Enter")

    desk.page.get_by_role("link", name="Write again").wait_for()
    desk.is_accessible()
    desk.picture("patient-paused")
    patient.refresh_from_db()
    assert (patient.state, patient.paused_until) == (PatientState.PAUSED, until)
    desk.open(f"/desk/patients/{patient.pk}/past/")
    desk.says("Paused until")
    desk.is_accessible()
    desk.open(page_of(patient))
    desk.page.get_by_role("link", name="Write again").click()
    desk.page.get_by_role("button", name="Write again").press("Enter")

    desk.page.locator("summary", has_text="More").click()
    desk.page.get_by_role("link", name="Pause messages").wait_for()
    patient.refresh_from_db()
    assert patient.state == PatientState.ACTIVE


def test_who_has_died_is_written_to_no_more_and_why_says_so(
    desk: Desk, clinic_sender: Sender
) -> None:
    patient = patient_of(clinic_sender)
    desk.sign_in("Reception")
    desk.open(page_of(patient))
    desk.page.locator("summary", has_text="More").click()
    desk.follow(desk.page.get_by_role("link", name="Has died"))
    desk.is_accessible()
    desk.picture("has-died")
    desk.page.locator("form button[type=submit].danger, form [type=submit]").last.press("Enter")

    desk.page.get_by_role("link", name="Write again").wait_for()
    patient.refresh_from_db()
    assert patient.state == PatientState.DECEASED
    desk.open(f"/desk/why/patient/{patient.pk}/")
    blocked = desk.page.get_by_role("region", name="Nothing can be sent")
    expect(blocked).to_contain_text("has died")
    desk.is_accessible()


def test_a_number_is_marked_as_somebody_elses_and_taken_back(
    desk: Desk, clinic_sender: Sender
) -> None:
    patient = patient_of(clinic_sender)
    phone = factories.phone_of(patient)
    desk.sign_in("Reception")
    desk.open(f"/admin/clinic/phone/{phone.pk}/wrong-person/")
    desk.is_accessible()
    desk.page.get_by_role("button", name="It belongs to somebody else").press("Enter")

    desk.says("Nothing more goes to this number")
    phone.refresh_from_db()
    assert phone.state == PhoneState.WRONG_PERSON
    desk.open(f"/desk/why/patient/{patient.pk}/")
    expect(desk.page.get_by_role("region", name="What helps")).to_contain_text(
        "Ask for the right number"
    )
    desk.is_accessible()
    desk.picture("why-wrong-number")
