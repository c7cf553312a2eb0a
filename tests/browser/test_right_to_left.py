"""The screens of every day in Arabic: from right to left, nothing cut off, nothing axe minds."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import Answer, Clinic, WorkingHours
from tests import factories
from tests.browser.conftest import Desk, overhang
from tests.whatsapp.test_inbox import hear, written
from whatsapp.models import Sender, Thread


@pytest.fixture
def screens(clinic: Clinic, clinic_sender: Sender) -> list[str]:
    """A day at the desk; returns the addresses of its pages."""
    now = timezone.now()
    site, doctor, kind = clinic.sites.get(), clinic.clinicians.get(), clinic.visit_kinds.get()
    week = {str(day): [["00:00", "23:55"]] for day in range(7)}
    site.opening_hours = week
    site.save(update_fields=["opening_hours"])
    WorkingHours.objects.create(clinician=doctor, site=site, hours=week)
    patient = factories.make_patient(clinic, given_name="ليلى", family_name="حداد")
    visit = factories.make_visit(
        patient,
        starts_at=now + timedelta(hours=20),
        kind=kind,
        site=site,
        clinician=doctor,
        answer=Answer.WANTS_ANOTHER_TIME,
    )
    message = factories.make_message(
        clinic_sender,
        patient,
        created_at=now,
        appointment=visit,
        appointment_version=1,
        body="مرحبا ليلى، ننتظرك.",
    )
    hear(written(message.phone, "Can I come at 10:30? +54 11 5555 0101", at=now), now=now)
    day = f"?day={visit.starts_at.astimezone(clinic.zone).date().isoformat()}"
    return [
        reverse("overview"),
        reverse("trends"),
        reverse("agenda") + day,
        reverse("agenda_book_for", args=[patient.pk]) + day,
        reverse("to_call"),
        reverse("admin:clinic_patient_changelist"),
        reverse("patient", args=[patient.pk]),
        reverse("admin:clinic_patient_change", args=[patient.pk]),
        reverse("admin:clinic_appointment_change", args=[visit.pk]),
        reverse("admin:whatsapp_thread_changelist"),
        reverse("admin:whatsapp_thread_change", args=[Thread.objects.get().pk]),
    ]


def test_every_day_in_arabic(desk: Desk, screens: list[str]) -> None:
    desk.sign_in("Clinic admin")
    desk.page.set_extra_http_headers({"Accept-Language": "ar"})

    for address in screens:
        desk.open(address)
        expect(desk.page.locator("html")).to_have_attribute("dir", "rtl")
        expect(desk.page.locator("html")).to_have_attribute("lang", "ar")
        assert overhang(desk.page) <= 0, address
        desk.picture("ar-" + address.split("?")[0].strip("/").replace("/", "-"))
        if desk.is_wide:
            desk.is_accessible()
    desk.page.emulate_media(color_scheme="dark")
    desk.open(screens[0])
    desk.picture("ar-dark")
    desk.is_accessible()
