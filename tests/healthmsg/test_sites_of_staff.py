"""Somebody who works at one site sees what happens there, and not what happens elsewhere."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Appointment, Clinic, StaffUser
from healthmsg.cockpit import owned
from tests import factories
from whatsapp.models import Message, Sender


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def visits(sunrise_clinic: Clinic, now: datetime) -> tuple[Appointment, Appointment]:
    """One here, one at the clinic's other site."""
    patient = factories.make_patient(sunrise_clinic)
    here, there = (
        factories.make_visit(patient, starts_at=now + timedelta(hours=2)) for _ in range(2)
    )
    return here, there


@pytest.fixture
def person(visits: tuple[Appointment, Appointment], sunrise_clinic: Clinic) -> StaffUser:
    user = StaffUser.objects.create(username="north", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.sites.add(visits[0].site)
    user.groups.add(Group.objects.get(name="Reception"))
    return user


def test_role_of_one_site_lists_its_visits_alone(
    client: Client, person: StaffUser, visits: tuple[Appointment, Appointment]
) -> None:
    here, there = visits
    client.force_login(person)

    listed = client.get(reverse("admin:clinic_appointment_changelist"), follow=True)
    calls = client.get(reverse("to_call"))

    assert [row.pk for row in listed.context["cl"].result_list] == [here.pk]
    page = calls.content.decode()
    assert here.patient.family_name in page
    assert there.site.name not in page


def test_attack_a_visit_of_another_site_is_not_found(
    client: Client, person: StaffUser, visits: tuple[Appointment, Appointment]
) -> None:
    here, there = visits
    client.force_login(person)

    statuses = [
        client.get(reverse(f"admin:clinic_appointment_{page}", args=[visit.pk])).status_code
        for page in ("change", "cancel")
        for visit in (here, there)
    ]

    assert statuses == [200, 404, 200, 404]


def test_messages_about_no_visit_are_for_every_site(
    person: StaffUser, visits: tuple[Appointment, Appointment], sender: Sender, now: datetime
) -> None:
    here, there = visits
    messages = [
        factories.make_message(sender, here.patient, created_at=now, **about)
        for about in (
            {"appointment": here, "appointment_version": 1},
            {"appointment": there, "appointment_version": 1},
            {},
        )
    ]

    seen = owned(Message.objects.order_by("pk"), person)

    assert list(seen) == [messages[0], messages[2]]


def test_whoever_is_limited_to_no_site_sees_all(
    person: StaffUser, visits: tuple[Appointment, Appointment]
) -> None:
    person.sites.clear()

    assert owned(Appointment.objects.all(), person).count() == len(visits)
