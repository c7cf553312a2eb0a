"""Every screen at two widths: nothing axe objects to, nothing wider than the window."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns import launching
from campaigns.models import Campaign
from healthmsg.clinic.models import Purpose
from reminders import booking
from reminders.booking import Booking
from tests import factories
from tests.browser.conftest import Desk
from whatsapp.models import Sender

LISTS = (
    "admin:index",
    "overview",
    "trends",
    "to_call",
    "admin:clinic_patient_changelist",
    "admin:clinic_appointment_changelist",
    "admin:clinic_phone_changelist",
    "admin:whatsapp_message_changelist",
    "admin:whatsapp_reply_changelist",
    "admin:whatsapp_template_changelist",
    "admin:whatsapp_binding_changelist",
    "admin:whatsapp_sender_changelist",
    "admin:whatsapp_account_changelist",
    "admin:whatsapp_portfolio_changelist",
    "admin:whatsapp_switch_changelist",
    "admin:whatsapp_breaker_changelist",
    "admin:whatsapp_suppression_changelist",
    "admin:reminders_reminderrule_changelist",
    "admin:campaigns_campaign_changelist",
    "admin:campaigns_run_changelist",
    "admin:clinic_staffuser_changelist",
    "admin:whatsapp_notice_changelist",
    "admin:clinic_wording_add",
    "admin:clinic_staffuser_add",
    "admin:campaigns_campaign_add",
)


@pytest.fixture
def busy(clinic_sender: Sender) -> list[str]:
    """A day's work; returns the addresses of the pages it made."""
    now, clinic = timezone.now(), clinic_sender.clinic
    patient = factories.make_patient(
        clinic, consents=(Purpose.APPOINTMENTS, Purpose.PREVENTION), consented_at=now
    )
    request = Booking(
        patient=patient,
        kind=clinic.visit_kinds.get(),
        site=clinic.sites.get(),
        starts_at=now + timedelta(days=5),
        contact=patient.contacts.get(),
    )
    visit = booking.book(request, by=None, now=now)
    message = factories.make_message(
        clinic_sender,
        patient,
        created_at=now,
        appointment=visit,
        appointment_version=1,
        body="Hola",
    )
    reply = factories.make_reply(
        clinic=clinic,
        sender=clinic_sender,
        phone=message.phone,
        wamid="wamid.1",
        kind="text",
        text="¿Puedo ir antes?",
        written_at=now,
        needs_person_at=now,
    )
    template = factories.make_template(clinic_sender.account, language="ar", buttons=("نعم",))
    audience = factories.make_audience(clinic, patient)
    campaign = Campaign.objects.create(
        clinic=clinic,
        name="Flu",
        purpose=Purpose.PREVENTION,
        template_name="appointment_confirmation",
        audience=audience,
    )
    run = launching.start(campaign, by=None, now=now)
    launching.pour(now=now)
    rows = (
        patient,
        visit,
        message,
        reply,
        template,
        campaign,
        run,
        audience,
        audience.lists.get(),
        clinic,
        clinic_sender,
        clinic.reminder_rules.all()[0],
        clinic.sites.get(),
        clinic.visit_kinds.get(),
        message.phone,
    )
    pages = [
        reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        for row in rows
    ]
    return [
        *pages,
        reverse("admin:clinic_clinic_go_live", args=[clinic.pk]),
        reverse("admin:campaigns_campaign_start", args=[campaign.pk]),
        reverse("admin:campaigns_run_patient", args=[run.pk]),
        reverse("admin:whatsapp_template_fill_ins", args=[template.pk]),
        reverse("admin:clinic_appointment_move", args=[visit.pk]),
        reverse("admin:clinic_patient_pause", args=[patient.pk]),
    ]


def test_every_screen_is_accessible_and_fits(desk: Desk, busy: list[str]) -> None:
    desk.open("/admin/login/")
    desk.is_accessible()
    desk.sign_in("Clinic admin")

    for address in (*map(reverse, LISTS), *busy):
        desk.open(address)
        desk.says("Practice: nothing leaves")
        # What axe looks at hardly depends on the width; what fits does.
        desk.is_accessible() if desk.is_wide else desk.fits()
        desk.picture(address.strip("/").replace("/", "-"))


def test_a_number_is_stopped_by_keyboard_alone(desk: Desk, clinic_sender: Sender) -> None:
    desk.sign_in("Clinic admin")
    desk.open(reverse("admin:whatsapp_sender_change", args=[clinic_sender.pk]))

    desk.page.get_by_role("link", name="Stop this number").press("Enter")
    desk.page.get_by_label("Why").fill("too many complaints")
    desk.page.get_by_label("Why").press("Enter")

    desk.says("This number is stopped")
    desk.says("too many complaints")
    desk.open(reverse("overview"))
    desk.says("too many complaints")
