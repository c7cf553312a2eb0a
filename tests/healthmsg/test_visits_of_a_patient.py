"""The page of a patient shows the newest visits and leads to all of them, of nobody else."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Appointment, Clinic, Patient, StaffUser
from healthmsg.desk.patients.shown import VISITS
from tests import factories

LIST = reverse("admin:clinic_appointment_changelist")


@pytest.fixture
def reception(client: Client, sunrise_clinic: Clinic) -> Client:
    user = StaffUser.objects.create(username="somebody", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    client.force_login(user)
    return client


def _starts() -> Iterator[datetime]:
    """One visit ahead, and one in each month before, the newest first."""
    now = timezone.now()
    for months in range(VISITS + 2):
        yield now + timedelta(days=1 - 30 * months)


@pytest.fixture
def visits(willing_patient: Patient) -> list[Appointment]:
    """Visits of a patient, the newest first; somebody else of the clinic comes today too."""
    kind, site = factories.make_kind(willing_patient.clinic), willing_patient.clinic.sites.first()
    site = site or factories.make_site(willing_patient.clinic)
    other = factories.make_patient(willing_patient.clinic)
    factories.make_visit(other, starts_at=timezone.now(), kind=kind, site=site)
    return [
        factories.make_visit(willing_patient, starts_at=at, kind=kind, site=site)
        for at in _starts()
    ]


def _page(reception: Client, patient: Patient) -> str:
    address = reverse("patient", args=[patient.pk])
    return unescape(reception.get(address).content.decode())


def _listed(reception: Client, query: str) -> list[int]:
    return [row.pk for row in reception.get(LIST + query).context["cl"].result_list]


def test_a_patient_with_many_visits_says_that_there_are_more_and_where(
    reception: Client, visits: list[Appointment]
) -> None:
    patient = visits[0].patient

    page = _page(reception, patient)

    assert f"Only the newest {VISITS} visits are shown here." in page
    assert f'href="{LIST}?patient={patient.pk}">All visits<' in page


def test_a_patient_with_few_visits_is_not_said_to_have_more(
    reception: Client, visits: list[Appointment]
) -> None:
    Appointment.objects.filter(pk__in=[one.pk for one in visits[VISITS:]]).delete()

    page = _page(reception, visits[0].patient)

    assert "are shown here" not in page
    assert "All visits" in page


def test_all_visits_of_a_patient_stand_in_the_list_newest_first(
    reception: Client, visits: list[Appointment]
) -> None:
    patient = visits[0].patient
    answer = reception.get(f"{LIST}?patient={patient.pk}")

    page = unescape(answer.content.decode())

    assert [row.pk for row in answer.context["cl"].result_list] == [one.pk for one in visits]
    assert "All visits of one patient, newest first" in page
    assert f'href="{reverse("patient", args=[patient.pk])}"' in page


def test_of_the_visits_of_a_patient_one_day_is_chosen(
    reception: Client, visits: list[Appointment]
) -> None:
    wanted = visits[3]
    day = wanted.starts_at.astimezone(wanted.clinic.zone).date()

    query = f"?patient={wanted.patient_id}&day={day.isoformat()}"

    assert _listed(reception, query) == [wanted.pk]


@pytest.mark.parametrize("typed", ["x", "²", "9" * 40, "-1"])
def test_what_is_no_patient_shows_the_day(
    typed: str, reception: Client, visits: list[Appointment]
) -> None:
    today = _listed(reception, "")

    assert len(today) == 1
    assert _listed(reception, f"?patient={typed}") == today


def test_visits_of_a_patient_of_another_clinic_are_not_listed(
    reception: Client, visits: list[Appointment]
) -> None:
    foreign = factories.make_patient(factories.make_clinic(name="Elsewhere"))
    factories.make_visit(foreign, starts_at=timezone.now())

    assert _listed(reception, f"?patient={foreign.pk}") == []
