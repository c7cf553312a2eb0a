"""Permissions on the screens: a stop ends by a fresh yes, or was a mistake; never by itself."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Clinic,
    ConsentRecord,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
)
from tests import factories


@pytest.fixture
def reception(client: Client, sunrise_clinic: Clinic) -> Client:
    user = StaffUser.objects.create(username="reception", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    client.force_login(user)
    return client


@pytest.fixture
def stopped(willing_patient: Patient) -> Phone:
    phone = factories.phone_of(willing_patient)
    consent.stop(
        phone, evidence=consent.Evidence(GivenHow.BY_MESSAGE), at=timezone.now() - timedelta(days=2)
    )
    return phone


def _yes(patient: Patient, **values: object) -> dict[str, object]:
    contact = patient.contacts.get()
    return {
        "contact": contact.pk,
        "answer": "yes",
        "purposes": [Purpose.PREVENTION.value],
        "how": GivenHow.AT_DESK.value,
        "evidence": "told me so",
    } | values


def _stands(patient: Patient, purpose: Purpose) -> str:
    return consent.standing(patient, factories.phone_of(patient), purpose, at=timezone.now())


def test_a_yes_for_a_number_that_stopped_asks_whether_they_told_us_so(
    reception: Client, willing_patient: Patient, stopped: Phone
) -> None:
    address = reverse("admin:clinic_patient_permission", args=[willing_patient.pk])
    page = reception.get(address).content.decode()

    refused = reception.post(address, _yes(willing_patient))
    before = _stands(willing_patient, Purpose.PREVENTION)
    reception.post(address, _yes(willing_patient, told_today="on"))

    assert "this number asked us to stop on" in page
    assert "write down only what the person told you today" in page
    assert "told_today" in refused.context["form"].errors
    assert (before, _stands(willing_patient, Purpose.PREVENTION)) == ("WITHDRAWN", "GRANTED")
    assert _stands(willing_patient, Purpose.APPOINTMENTS) == "WITHDRAWN"
    line = ConsentRecord.objects.get(phone=stopped, patient=None, change="GRANTED")
    assert line.recorded_by is not None


def test_a_yes_where_nobody_stopped_asks_nothing_more(
    reception: Client, willing_patient: Patient
) -> None:
    address = reverse("admin:clinic_patient_permission", args=[willing_patient.pk])

    page = reception.get(address)
    reception.post(address, _yes(willing_patient))

    assert "told_today" not in page.context["form"].fields
    assert _stands(willing_patient, Purpose.PREVENTION) == "GRANTED"


def test_a_stop_of_the_wrong_number_is_marked_as_a_mistake(
    reception: Client, willing_patient: Patient
) -> None:
    phone = factories.phone_of(willing_patient)
    stop = reverse("admin:clinic_patient_stop_number", args=[willing_patient.pk])
    reception.post(f"{stop}?phone={phone.pk}", {"how": "AT_DESK", "evidence": ""})
    line = ConsentRecord.objects.filter(phone=phone, patient=None).earliest("pk")
    mistake = reverse("admin:clinic_patient_mistake", args=[willing_patient.pk])
    address = f"{mistake}?line={line.pk}"
    ledger = reception.get(reverse("patient_ledger", args=[willing_patient.pk])).content.decode()
    assert f"?line={line.pk}" in ledger

    unsure = reception.post(address, {"evidence": "wrong patient"})
    before = _stands(willing_patient, Purpose.APPOINTMENTS)
    reception.post(address, {"evidence": "wrong patient", "nobody_asked": "on"})

    assert "nobody_asked" in unsure.context["form"].errors
    assert (before, _stands(willing_patient, Purpose.APPOINTMENTS)) == ("WITHDRAWN", "GRANTED")
    phone.refresh_from_db()
    assert phone.state == PhoneState.NEW


def test_a_line_of_somebody_elses_number_is_not_found(
    reception: Client, sunrise_clinic: Clinic, willing_patient: Patient, stopped: Phone
) -> None:
    other = factories.make_patient(sunrise_clinic)
    line = ConsentRecord.objects.filter(phone=stopped, patient=None).earliest("pk")
    mistake = reverse("admin:clinic_patient_mistake", args=[other.pk])

    assert reception.get(f"{mistake}?line={line.pk}").status_code == 404
