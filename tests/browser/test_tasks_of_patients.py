"""Texts, the menu, and what only people settle: accessible, and no wider than a phone."""

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Desk
from tests.house.tasks import tasks_of
from whatsapp.models import Sender

_ACTS = (
    "repeatrequest_answered",
    "stopdoubt_was_stop",
    "numberincident_new_number",
    "numberincident_patient_told",
)
_STEPS = ("note", "decide", "concern", "authority", "patients_told", "close")


def test_every_screen_is_accessible_and_fits(desk: Desk, clinic_sender: Sender) -> None:
    now, clinic = timezone.now(), clinic_sender.clinic
    patient = factories.make_patient(clinic, consented_at=now)
    message = factories.make_message(clinic_sender, patient, created_at=now)
    reply = factories.make_reply(
        clinic=clinic,
        sender=clinic_sender,
        phone=message.phone,
        wamid="wamid.1",
        kind="text",
        text="please stop",
        written_at=now,
    )
    rows = tasks_of(reply, message, now)
    names = [f"{row._meta.app_label}_{row._meta.model_name}" for row in rows]
    keys = dict(zip(names, (row.pk for row in rows), strict=True))
    desk.sign_in("Clinic admin")

    for address in (
        *(reverse(f"admin:{name}_changelist") for name in names),
        *(reverse(f"admin:{name}_change", args=[pk]) for name, pk in keys.items()),
        *(
            reverse(f"admin:whatsapp_{a}", args=[keys[f"whatsapp_{a.split('_')[0]}"]])
            for a in _ACTS
        ),
        *(reverse(f"admin:desk_incident_{s}", args=[keys["desk_incident"]]) for s in _STEPS),
        reverse("admin:desk_incident_add"),
        reverse("admin:whatsapp_clinicwords_edit", args=[clinic.pk, "es", "menu"]),
        reverse("patient", args=[patient.pk]),
    ):
        desk.open(address)
        desk.is_accessible() if desk.is_wide else desk.fits()
        desk.picture(address.partition("?")[0].strip("/").replace("/", "-"))


def test_a_text_is_looked_at_before_it_is_said(desk: Desk, clinic_sender: Sender) -> None:
    clinic = clinic_sender.clinic
    desk.sign_in("Clinic admin")
    desk.open(reverse("admin:whatsapp_clinicwords_edit", args=[clinic.pk, "es", "talk_noted"]))

    desk.page.get_by_label("Your words").fill("Le leemos mañana. Llame al {clinic_phone}.")
    desk.page.get_by_role("button", name="Look how it reads").press("Enter")
    expect(desk.page.locator(".said")).to_contain_text(f"Llame al {clinic.phone}.")
    desk.page.get_by_role("button", name="Say it so").press("Enter")

    desk.says("From now on it is said so.")
    desk.says("Le leemos mañana.")
