"""The page of the audit: who looked at whom and changed what, found by who asks for it."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import patient_keys
from healthmsg.clinic.models import AuditLine, Clinic, Patient, StaffUser
from healthmsg.desk import tasks
from tests import factories
from tests.healthmsg.test_audit_looks import CANARY, admin, desk, forget, looks

__all__ = ["admin", "desk"]

pytestmark = pytest.mark.django_db


def test_audit_page_finds_by_patient_person_day_and_kind(
    desk: Client, admin: StaffUser, willing_patient: Patient
) -> None:
    Patient.objects.filter(pk=willing_patient.pk).update(family_name=CANARY)
    desk.get(reverse("admin:clinic_patient_change", args=[willing_patient.pk]))
    assert tasks.seal_audit() > 0
    page = reverse("admin:clinic_auditline_changelist")

    found = desk.post(page, {"typed": CANARY})
    assert CANARY not in found["Location"]
    for address, is_there in (
        (found["Location"], True),
        (f"{page}?patient={willing_patient.pk}&kind__exact=VIEW", True),
        (f"{page}?who={admin.pk}&day=1", True),
        (f"{page}?who={admin.pk}&day=2001-02-03", False),
        (f"{page}?of=clinic.site&patient={willing_patient.pk}", False),
    ):
        shown = desk.get(address).content.decode()
        assert (f"{CANARY}" in shown.partition('id="changelist"')[2]) is is_there, address


def test_audit_page_of_a_patient_names_the_lists_in_which_they_stood(
    desk: Client, sunrise_clinic: Clinic, willing_patient: Patient
) -> None:
    other = factories.make_patient(sunrise_clinic)
    people = reverse("admin:clinic_patient_changelist")
    assert desk.get(people).status_code == 200
    tasks.seal_audit()
    page = reverse("admin:clinic_auditline_changelist")
    listed = AuditLine.objects.get(path="admin:clinic_patient_changelist")
    assert listed.after == {"patients": sorted([willing_patient.pk, other.pk])}
    later = factories.make_patient(sunrise_clinic)

    line = reverse("admin:clinic_auditline_change", args=[listed.pk])
    for patient, is_there in ((willing_patient, True), (other, True), (later, False)):
        asked = f"{page}?patient={patient.pk}&kind__exact=VIEW"
        assert (line in desk.get(asked).content.decode()) is is_there
    found = desk.post(page, {"typed": willing_patient.family_name})["Location"]
    assert line in desk.get(found).content.decode()


def test_audit_page_of_a_change_shows_what_it_was_and_what_it_is(
    desk: Client, willing_patient: Patient
) -> None:
    Patient.objects.filter(pk=willing_patient.pk).update(family_name=CANARY, sex="FEMALE")
    tasks.seal_audit()
    line = AuditLine.objects.get(model="clinic.patient", verb="UPDATE")
    page = reverse("admin:clinic_auditline_change", args=[line.pk])

    shown = desk.get(page).content.decode()

    for words in ("Family name", willing_patient.family_name, CANARY, "female", "not known"):
        assert words in shown

    patient_keys.destroy(willing_patient.pk, now=timezone.now())
    gone = desk.get(page).content.decode()
    assert "Removed with the patient" in gone
    assert willing_patient.family_name not in gone


def test_audit_page_looked_at_is_noted_itself(desk: Client, willing_patient: Patient) -> None:
    tasks.seal_audit()
    line = AuditLine.objects.filter(model="clinic.patient").latest("pk")
    forget()

    desk.get(reverse("admin:clinic_auditline_changelist"))
    desk.get(reverse("admin:clinic_auditline_change", args=[line.pk]))

    of_list, of_line = looks()
    assert (of_list.path, of_list.model) == (
        "admin:clinic_auditline_changelist",
        "clinic.auditline",
    )
    assert of_line.patient_id == willing_patient.pk


def test_audit_page_is_for_those_who_have_its_permission(
    client: Client, sunrise_clinic: Clinic
) -> None:
    person = StaffUser.objects.create(username="front", is_staff=True)
    person.clinics.add(sunrise_clinic)
    person.groups.add(Group.objects.get(name="Reception"))
    client.force_login(person)

    assert client.get(reverse("admin:clinic_auditline_changelist")).status_code == 403


def test_audit_page_stops_at_the_persons_clinics(desk: Client, willing_patient: Patient) -> None:
    other = factories.make_patient(factories.make_clinic())
    tasks.seal_audit()
    page = reverse("admin:clinic_auditline_changelist")

    assert f"#{other.pk}<" not in desk.get(f"{page}?patient={other.pk}").content.decode()
    lines = AuditLine.objects.filter(patient_id=other.pk)
    address = reverse("admin:clinic_auditline_change", args=[lines[0].pk])
    assert desk.get(address).status_code == 404
