"""A code of the desk, its receipt and the proof, on a screen and a telephone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    ConsentRecord,
    GivenHow,
    LegalBasis,
    Patient,
    Purpose,
    StaffUser,
    Wording,
)
from healthmsg.clinic.wording_starter import starter
from healthmsg.desk.proof import codes, exporting
from healthmsg.desk.proof.models import PermissionCode
from tests import factories
from tests.browser.conftest import Desk
from whatsapp import replies
from whatsapp.models import Sender
from whatsapp.status import Status


@pytest.fixture
def words(clinic_sender: Sender) -> Wording:
    Sender.objects.update(display_number="+54 11 5555-0000")
    return Wording.objects.create(
        clinic=clinic_sender.clinic,
        version=1,
        language="es",
        text=starter(clinic_sender.clinic, "es"),
        valid_from=timezone.now(),
    )


@pytest.fixture
def patient(clinic_sender: Sender) -> Patient:
    return factories.make_patient(
        clinic_sender.clinic, consents=(), given_name="Ana", family_name="Paz"
    )


def sent_back(code: PermissionCode, sender: Sender) -> None:
    now = timezone.now()
    factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        wamid=f"wamid.{code.pk}",
        from_number=code.phone.number.lstrip("+"),
        kind="text",
        text=code.code,
        written_at=now,
    )
    replies.take_in_hand(now=now, broken_off=set())


def looked_at(desk: Desk, name: str) -> None:
    """By day and by night."""
    for scheme in ("dark", "light"):
        desk.page.emulate_media(color_scheme=scheme)
        desk.is_accessible()
        desk.picture(f"{name}-{scheme}")


def test_a_code_is_scanned_and_its_receipt_printed(
    desk: Desk, clinic_sender: Sender, patient: Patient, words: Wording
) -> None:
    desk.sign_in("Reception")
    desk.open(f"/desk/patients/{patient.pk}/")
    desk.page.get_by_role("link", name="Permission by their phone").click()
    desk.says("They read the words")
    looked_at(desk, "permission-code-form")

    desk.page.get_by_role("button", name="Show the code").click()

    desk.says("Waiting for their message.")
    # Fails where the picture cannot be read.
    desk.page.locator("img.qr").evaluate("image => image.decode()")
    looked_at(desk, "permission-code")
    sent_back(PermissionCode.objects.get(), clinic_sender)

    desk.says("It has arrived")
    looked_at(desk, "permission-code-arrived")
    desk.page.get_by_role("link", name="Receipt").click()
    desk.says("Cómo terminarlo")
    looked_at(desk, "permission-receipt")


def test_the_proof_can_be_read_and_printed(
    desk: Desk, clinic_sender: Sender, patient: Patient, words: Wording
) -> None:
    now = timezone.now()
    robin = StaffUser.objects.create(username="robin", first_name="Robin", last_name="Gil")
    phone = factories.phone_of(patient)
    paper = consent.Evidence(
        GivenHow.ON_PAPER, given_by="SELF", recorded_by=robin, wording=words, text="Form 12"
    )
    consent.grant(patient, phone, [Purpose.APPOINTMENTS], evidence=paper, at=now)
    LegalBasis.objects.create(clinic=patient.clinic, purpose="APPOINTMENTS", basis="CARE")
    code = codes.show(patient.contacts.get(), [Purpose.PREVENTION], words, by=robin, now=now)
    sent_back(code, clinic_sender)
    factories.make_message(
        clinic_sender,
        patient,
        body="Hola Ana",
        status=Status.DELIVERED,
        send_after=None,
        accepted_at=now + timedelta(minutes=1),
    )
    assert ConsentRecord.objects.filter(patient=patient).count() == 2

    desk.page.set_content(exporting.as_page(patient, by=robin, now=now))

    desk.says("Proof of permissions")
    desk.is_accessible()
    desk.fits()
    desk.picture("permission-proof")


def test_the_patients_page_shows_the_proof_and_legal_bases(
    desk: Desk, patient: Patient, words: Wording
) -> None:
    now = timezone.now()
    told = consent.Evidence(GivenHow.AT_DESK, wording=words)
    phone = factories.phone_of(patient)
    consent.grant(patient, phone, [Purpose.APPOINTMENTS], evidence=told, at=now)
    LegalBasis.objects.create(
        clinic=patient.clinic, purpose="APPOINTMENTS", basis="CARE", note="GDPR 9(2)(h)"
    )
    desk.sign_in("Clinic admin")

    desk.open(f"/desk/patients/{patient.pk}/")

    basis = desk.page.get_by_text("Legal basis: part of the care (GDPR 9(2)(h))")
    expect(basis.filter(visible=True)).to_be_visible()
    looked_at(desk, "permissions")
    desk.open(f"/admin/clinic/clinic/{patient.clinic_id}/change/")
    looked_at(desk, "legal-bases")
    desk.open("/admin/clinic/wording/add/")
    looked_at(desk, "wording-add")
