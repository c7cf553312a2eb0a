"""A clinician's hours and time away, on the clinician's own page."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, Clinician, Leave, StaffUser, WorkingHours
from tests import factories


@pytest.fixture
def doctor(sunrise_clinic: Clinic) -> Clinician:
    return factories.make_clinician(sunrise_clinic)


@pytest.fixture
def admin_of_clinic(client: Client, sunrise_clinic: Clinic) -> Client:
    user = StaffUser.objects.create(username="admin", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)
    return client


def saved(client: Client, doctor: Clinician, **fields: str) -> str:
    """Send the page with these fields; gives what is shown then."""
    form = {
        "clinic": str(doctor.clinic_id),
        "name": doctor.name,
        "is_active": "on",
        "working_hours-TOTAL_FORMS": "1",
        "working_hours-INITIAL_FORMS": "0",
        "leave-TOTAL_FORMS": "1",
        "leave-INITIAL_FORMS": "0",
    }
    page = reverse("admin:clinic_clinician_change", args=[doctor.pk])
    answer = client.post(page, form | fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_week_is_written_as_people_write_it(admin_of_clinic: Client, doctor: Clinician) -> None:
    site = factories.make_site(doctor.clinic)
    fields = {
        "working_hours-0-site": str(site.pk),
        "working_hours-0-hours_0": "8:00-12:00",
        "leave-0-first_day": "2026-12-24",
        "leave-0-last_day": "2026-12-20",
    }

    shown = saved(admin_of_clinic, doctor, **fields)

    assert "please write such as 08:00-12:00" in shown
    assert "The last day is not before the first." in shown
    fields |= {
        "working_hours-0-hours_0": "08:00-12:00, 14:00-17:00",
        "leave-0-last_day": "2026-12-31",
    }
    assert "was changed successfully" in saved(admin_of_clinic, doctor, **fields)
    assert WorkingHours.objects.get().hours == {"0": [["08:00", "12:00"], ["14:00", "17:00"]]}
    assert Leave.objects.get().last_day.isoformat() == "2026-12-31"


def test_a_site_of_another_clinic_is_refused(admin_of_clinic: Client, doctor: Clinician) -> None:
    other = factories.make_clinic()
    StaffUser.objects.get(username="admin").clinics.add(other)
    site = factories.make_site(other)

    shown = saved(admin_of_clinic, doctor, **{"working_hours-0-site": str(site.pk)})

    assert "This belongs to another clinic." in shown
    assert not WorkingHours.objects.exists()
