"""The overview says what waits for a person: only what they may let go on themselves."""

from datetime import datetime

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from campaigns import approving, editions
from campaigns.models import Making, PatientList, Schedule
from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.desk.imports.models import ImportKind, ImportState
from healthmsg.desk.models import Import
from tests import factories

pytestmark = pytest.mark.django_db


def person(clinic: Clinic, role: str, name: str = "") -> StaffUser:
    user = StaffUser.objects.create(username=name or role, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    return user


def waits_for(client: Client, user: StaffUser) -> list[tuple[str, str]]:
    client.force_login(user)
    page = client.get(reverse("overview"))
    found = [(one.kind, one.name) for one in page.context["waits"]]
    for one in page.context["waits"]:
        assert one.link in page.content.decode()
        assert client.get(one.link).status_code == 200
    return found


def test_a_campaign_waits_for_approvers_who_have_no_part_in_it(
    client: Client, sunrise_clinic: Clinic, noon: datetime
) -> None:
    approver = person(sunrise_clinic, "Approver")
    author = person(sunrise_clinic, "Campaign author")
    theirs = factories.make_campaign(sunrise_clinic, name="Flu", created_by=author)
    factories.make_campaign(sunrise_clinic, name="Mine", created_by=approver)
    factories.make_campaign(factories.make_clinic(name="Elsewhere"), name="Another clinic's")

    assert waits_for(client, approver) == [("Campaign", "Flu")]
    assert waits_for(client, author) == []

    approving.approve(theirs, by=approver, now=noon)
    assert waits_for(client, approver) == []


def test_what_a_clinician_has_to_approve_waits_for_clinicians(
    client: Client, sunrise_clinic: Clinic
) -> None:
    clinician = person(sunrise_clinic, "Clinician")
    other = person(sunrise_clinic, "Clinician", "other")
    schedule = editions.add_example(sunrise_clinic)
    Schedule.objects.filter(pk=schedule.pk).update(created_by=other)
    PatientList.objects.create(
        clinic=sunrise_clinic, name="Due", schedule=schedule, asked_by=other, making=Making.READY
    )

    found = waits_for(client, clinician)

    assert [kind for kind, _ in found] == ["List of patients", "Vaccination schedule"]
    assert waits_for(client, other) == []
    assert waits_for(client, person(sunrise_clinic, "Reception")) == []


def test_a_file_that_was_read_waits_for_whoever_brings_files_in(
    client: Client, sunrise_clinic: Clinic, noon: datetime
) -> None:
    manager = person(sunrise_clinic, "Clinic admin")
    source = Import.objects.create(
        clinic=sunrise_clinic,
        kind=ImportKind.PATIENTS,
        state=ImportState.WAITS,
        created_at=noon,
        file_name="a.csv",
        content_hash="0",
    )

    assert waits_for(client, manager) == [("Import", source.get_kind_display())]
    assert waits_for(client, person(sunrise_clinic, "Reception")) == []
