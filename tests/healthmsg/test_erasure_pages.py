"""A copy and a deletion are acts with permissions of their own; an import brings nobody back."""

import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from healthmsg.clinic import consent
from healthmsg.clinic.models import Clinic, Patient, Phone, Purpose, StaffUser
from healthmsg.desk.privacy import erasing
from healthmsg.desk.privacy.models import Removal, RemovalKind
from tests import factories
from tests.imports.ana import ANA, HEADINGS
from tests.imports.bringing import brought, checked, found

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _house(settings: LazySettings, tmp_path: Path) -> None:
    settings.STOP_JOURNAL_DIRECTORY = str(tmp_path / "stops")
    settings.INBOUND_FILES_DIRECTORY = str(tmp_path / "files")


def signed_in(client: Client, clinic: Clinic, role: str) -> Client:
    user = StaffUser.objects.create(username=role, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def admin_client(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


def act(name: str, patient: Patient) -> str:
    return reverse(f"admin:clinic_patient_{name}", args=[patient.pk])


def erased(patient: Patient, now: datetime) -> None:
    from django.conf import settings  # noqa: PLC0415 - as this test has set it

    files = Path(settings.INBOUND_FILES_DIRECTORY)
    key = settings.NUMBERS_KEY
    assert erasing.erase(patient, reason="asked", by=None, key=key, files=files, now=now)


def test_erasure_needs_a_reason_and_the_identifier_once_more(
    admin_client: Client, sunrise_clinic: Clinic
) -> None:
    patient = factories.make_patient(sunrise_clinic, external_id="A-17")
    page = admin_client.get(act("delete_for_good", patient)).content.decode()
    assert "Exactly: A-17" in page

    for values in ({"reason": "asked", "typed": "A-71"}, {"reason": "", "typed": "A-17"}):
        admin_client.post(act("delete_for_good", patient), values)
        patient.refresh_from_db()
        assert patient.erased_at is None

    admin_client.post(act("delete_for_good", patient), {"reason": "asked", "typed": "A-17"})
    patient.refresh_from_db()
    assert patient.erased_at is not None
    assert Removal.objects.get().decided_by == StaffUser.objects.get()
    shown = admin_client.get(reverse("patient", args=[patient.pk]))
    assert "Deleted on request" in shown.content.decode()
    assert 'name="given_name"' not in shown.content.decode()
    for name in ("copy", "delete_for_good", "legal_hold", "permission", "back"):
        assert admin_client.get(act(name, patient)).status_code == 404
    listed = admin_client.get(reverse("admin:clinic_patient_changelist")).content.decode()
    assert "deleted on request" in listed


def test_erasure_is_refused_under_a_legal_hold_that_a_person_placed(
    admin_client: Client, willing_patient: Patient
) -> None:
    admin_client.post(act("legal_hold", willing_patient), {"reason": "a court asks"})
    page = reverse("patient", args=[willing_patient.pk])
    assert "a court asks" in admin_client.get(page).content.decode()

    values = {"reason": "asked", "typed": f"#{willing_patient.pk}"}
    refused = admin_client.post(act("delete_for_good", willing_patient), values)

    assert "A legal hold keeps" in refused.content.decode()
    willing_patient.refresh_from_db()
    assert willing_patient.erased_at is None
    admin_client.post(act("legal_hold", willing_patient))
    admin_client.post(act("delete_for_good", willing_patient), values)
    willing_patient.refresh_from_db()
    assert willing_patient.erased_at is not None


@pytest.mark.parametrize("role", ["Reception", "Clinician", "Approver", "Campaign author"])
@pytest.mark.parametrize("name", ["copy", "delete_for_good", "legal_hold"])
def test_copy_and_erasure_are_not_everybodys(
    client: Client, sunrise_clinic: Clinic, willing_patient: Patient, role: str, name: str
) -> None:
    answer = signed_in(client, sunrise_clinic, role).post(act(name, willing_patient), {})

    assert answer.status_code in {403, 404}


def test_erasure_of_another_clinics_patient_is_not_possible(admin_client: Client) -> None:
    elsewhere = factories.make_patient(factories.make_clinic(name="Elsewhere"))

    for name in ("copy", "delete_for_good", "legal_hold"):
        assert admin_client.get(act(name, elsewhere)).status_code == 404


@pytest.mark.parametrize("kind", ["page", "json", "archive"])
def test_a_copy_is_handed_out_and_written_down(
    admin_client: Client, willing_patient: Patient, kind: str
) -> None:
    answer = admin_client.post(act("copy", willing_patient), {"kind": kind, "reason": "a letter"})

    content = b"".join(answer)
    if kind == "archive":
        content = zipfile.ZipFile(io.BytesIO(content)).read("copy.json")
    assert willing_patient.family_name in content.decode()
    assert "attachment" in answer["Content-Disposition"]
    assert willing_patient.family_name not in answer["Content-Disposition"]
    written = Removal.objects.get()
    assert (written.kind, written.reason) == (RemovalKind.COPY, "a letter")


def test_after_an_erasure_an_import_does_not_bring_the_patient_back(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    brought(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon)
    erased(Patient.objects.get(), noon)

    source = checked(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon + HOUR)

    assert found(source) == {(2, "identifier", "WAS_DELETED")}
    assert Patient.objects.filter(erased_at=None).count() == 0


def test_after_an_erasure_the_number_is_stopped_under_any_other_name(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    brought(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon)
    erased(Patient.objects.get(), noon)

    source = brought(sunrise_clinic, "PATIENTS", HEADINGS, ("99", *ANA[1:]), now=noon + HOUR)

    again = Patient.objects.get(erased_at=None)
    phone = Phone.objects.get(contacts__patient=again)
    assert (2, "permission", "STOP_STANDS") in found(source)
    assert consent.has_stopped(phone)
    standing = consent.standing(again, phone, Purpose.APPOINTMENTS, at=noon + 2 * HOUR)
    assert standing == "WITHDRAWN"


def test_after_an_erasure_reception_registers_the_number_with_its_stop(
    client: Client, sunrise_clinic: Clinic, willing_patient: Patient, noon: datetime
) -> None:
    number = factories.phone_of(willing_patient).number
    erased(willing_patient, noon)
    reception = signed_in(client, sunrise_clinic, "Reception")
    values = {
        "clinic": sunrise_clinic.pk,
        "given_name": "Ana",
        "family_name": "Paz",
        "sex": "UNKNOWN",
        "contacts-TOTAL_FORMS": 1,
        "contacts-INITIAL_FORMS": 0,
        "contacts-MIN_NUM_FORMS": 0,
        "contacts-MAX_NUM_FORMS": 9,
        "contacts-0-relationship": "SELF",
        "contacts-0-rank": 1,
        "contacts-0-language": "es",
        "contacts-0-may_be_told": "FULL",
        "contacts-0-number": number,
    }

    answer = reception.post(reverse("admin:clinic_patient_add"), values, follow=True)

    assert Patient.objects.filter(erased_at=None).count() == 1, answer.content.decode()
    assert consent.has_stopped(Phone.objects.get(number=number))
