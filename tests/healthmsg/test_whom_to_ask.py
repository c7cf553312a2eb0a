"""Who may not change many visits or patients at once is told whom to ask; who may is not."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, Patient, StaffUser

_LIST = "To cancel or move a whole list at once, ask a reception lead or an admin."
_TWICE = "Registered twice? Ask a reception lead or an admin to make it one."


@pytest.mark.parametrize(
    ("role", "is_told"), [("Reception", True), ("Reception lead", False), ("Clinic admin", False)]
)
def test_whom_to_ask_is_told_where_a_button_is_missing(
    client: Client, sunrise_clinic: Clinic, willing_patient: Patient, role: str, is_told: bool
) -> None:
    user = StaffUser.objects.create(username=role, is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)

    calls = client.get(reverse("to_call")).content.decode()
    patient = client.get(reverse("patient", args=[willing_patient.pk]))

    assert (_LIST in calls, reverse("cancelled_lists") in calls) == (is_told, not is_told)
    page = patient.content.decode()
    assert (_TWICE in page, reverse("compare_patients") in page) == (is_told, not is_told)
