"""Whom to call, as the page lists them."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Patient, PatientState, StaffUser
from tests import factories


def test_the_slot_of_who_has_died_is_listed_to_be_freed(
    client: Client, willing_patient: Patient
) -> None:
    client.force_login(StaffUser.objects.create(username="r", is_staff=True, is_superuser=True))
    visit = factories.make_visit(willing_patient, starts_at=timezone.now() + timedelta(hours=3))
    called = client.get(reverse("to_call")).context["lists"][0]
    Patient.objects.update(state=PatientState.DECEASED)

    page = client.get(reverse("to_call"))

    (listed,) = page.context["lists"]
    assert [line["visit"] for line in called["calls"]] == [visit]
    assert (called["not_coming"], listed["calls"]) == ([], [])
    assert [line["visit"] for line in listed["not_coming"]] == [visit]
    assert "free this slot" in page.content.decode()
