"""The page of a patient by the Tab key alone: pauses, numbers, permissions, two records of one."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import (
    Clinic,
    ConsentRecord,
    Patient,
    PatientState,
    PhoneState,
    Purpose,
)
from tests import factories
from tests.browser import tab_alone
from tests.browser.conftest import Desk
from tests.browser.test_merging import twins
from tests.browser.test_patient_states import page_of, patient_of
from whatsapp.models import Sender

__all__ = ["twins"]

pytestmark = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])


def test_messages_are_paused_and_go_on(desk: Desk, clinic_sender: Sender) -> None:
    patient = patient_of(clinic_sender)
    until = timezone.localdate() + timedelta(days=30)
    desk.sign_in("Reception")
    desk.open(page_of(patient))
    page = desk.page
    tab_alone.goes_round(page)
    tab_alone.press(page.locator("summary", has_text="More"))
    tab_alone.follow(page.get_by_role("link", name="Pause messages"))
    tab_alone.goes_round(page)
    tab_alone.write_day(page.locator("[name=until]"), until)
    tab_alone.write(page.locator("[name=reason]"), "abroad")
    tab_alone.follow(page.get_by_role("button", name="Pause"))

    patient.refresh_from_db()
    assert (patient.state, patient.paused_until) == (PatientState.PAUSED, until)
    tab_alone.follow(page.get_by_role("link", name="Write again"))
    tab_alone.follow(page.get_by_role("button", name="Write again"))
    patient.refresh_from_db()
    assert patient.state == PatientState.ACTIVE


def test_a_number_is_marked_as_somebody_elses(desk: Desk, clinic_sender: Sender) -> None:
    patient = patient_of(clinic_sender)
    phone = factories.phone_of(patient)
    desk.sign_in("Reception")
    desk.open(page_of(patient))
    page = desk.page
    tab_alone.follow(page.get_by_role("link", name="Wrong number"))
    tab_alone.goes_round(page)
    tab_alone.follow(page.get_by_role("button", name="It belongs to somebody else"))

    expect(page.get_by_text("Nothing more goes to this number").first).to_be_visible()
    phone.refresh_from_db()
    assert phone.state == PhoneState.WRONG_PERSON


def test_a_permission_is_written_down(desk: Desk, clinic_sender: Sender) -> None:
    patient = factories.make_patient(clinic_sender.clinic, consents=())
    desk.sign_in("Reception")
    desk.open(page_of(patient))
    page = desk.page
    tab_alone.follow(page.get_by_role("link", name="Write down a permission"))
    tab_alone.goes_round(page)
    tab_alone.press(page.get_by_label("appointments", exact=True), "Space")
    tab_alone.write(page.get_by_label("Evidence"), "said yes at the desk")
    tab_alone.follow(page.get_by_role("button", name="Write it down"))

    expect(page.get_by_text("Wrote down 1 permission.")).to_be_visible()
    assert ConsentRecord.objects.get().purpose == Purpose.APPOINTMENTS


def test_somebody_asked_at_the_agenda_says_yes(desk: Desk, clinic_sender: Sender) -> None:
    clinic = clinic_sender.clinic
    visit = factories.make_visit(
        factories.make_patient(clinic, consents=()),
        starts_at=timezone.now() + timedelta(days=2),
        kind=clinic.visit_kinds.get(),
        site=clinic.sites.get(),
        clinician=clinic.clinicians.get(),
    )
    desk.sign_in("Reception")
    desk.open(f"/desk/agenda/?day={visit.starts_at.astimezone(clinic.zone).date()}")
    page = desk.page
    tile = page.locator(f"#visit-{visit.pk}")
    tab_alone.press(tile)
    dialog = page.get_by_role("dialog")
    tab_alone.lands_on(dialog.get_by_role("heading", level=2).first)
    tab_alone.press(dialog.get_by_role("button", name="They say yes"))

    expect(dialog.get_by_role("button", name="They say yes")).to_have_count(0)
    tab_alone.lands_on(dialog.get_by_role("heading", level=2).first)
    page.keyboard.press("Escape")
    tab_alone.lands_on(tile)
    assert ConsentRecord.objects.filter(purpose=Purpose.APPOINTMENTS).exists()


def test_two_records_become_one_and_two_again(
    desk: Desk, clinic: Clinic, twins: tuple[Patient, Patient]
) -> None:
    one, other = twins
    desk.sign_in("Reception lead")
    desk.open("/desk/duplicates/")
    page = desk.page
    tab_alone.follow(page.get_by_role("link", name="Compare: Ana Ruiz"))
    tab_alone.goes_round(page)
    tab_alone.choose_one(page.locator(f"#keep-{other.pk}"))
    tab_alone.write(page.get_by_label("To be sure"), "1999-09-09")
    tab_alone.follow(page.get_by_role("button", name="Make them one record"))
    expect(page.get_by_text("This is not the birth date")).to_be_visible()
    tab_alone.write(page.get_by_label("To be sure"), "1980-01-01")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.get_by_text("They are one record now.")).to_be_visible()
    one.refresh_from_db()
    assert (one.state, other.appointments.count()) == (PatientState.GONE, 1)
    desk.open("/desk/duplicates/")
    tab_alone.follow(page.get_by_role("button", name="Undo: Ana Ruiz"))
    expect(page.get_by_text("They are two records again.")).to_be_visible()
    one.refresh_from_db()
    assert one.state == PatientState.ACTIVE
