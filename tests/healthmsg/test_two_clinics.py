"""Whoever works for several clinics is led to the one they look at; who works for none is told."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Appointment, Clinic, StaffUser
from tests import factories
from tests.house import who_may_open
from tests.house.test_empty_clinic import is_a_page
from tests.house.test_role_table import person

# A page about one row that has to be named in its question.
_ABOUT_SOMETHING = {"desk/duplicates/compare/": 404}


@pytest.fixture
def other_clinic(sunrise_clinic: Clinic) -> Clinic:
    return factories.make_clinic(name="Moonrise")


@pytest.fixture
def signed_in(client: Client, sunrise_clinic: Clinic, other_clinic: Clinic) -> Client:
    user = person(sunrise_clinic, "Reception lead")
    user.clinics.add(other_clinic)
    client.force_login(user)
    return client


def visit_of(clinic: Clinic) -> Appointment:
    patient = factories.make_patient(clinic)
    patient.contacts.update(phone=None)
    begins = timezone.now() + timedelta(minutes=5)
    return factories.make_visit(patient, starts_at=begins, contact=None)


def links(page: str, words: str) -> list[str]:
    found = re.findall(rf'<a[^>]* href="([^"]+)"[^>]*>{words}', page)
    return [unescape(one) for one in found]


def test_the_overviews_links_stay_with_the_clinic_that_is_looked_at(
    signed_in: Client, sunrise_clinic: Clinic, other_clinic: Clinic
) -> None:
    visit_of(sunrise_clinic)
    theirs = visit_of(other_clinic)
    page = signed_in.get(reverse("overview"), {"clinic": other_clinic.pk}).content.decode()

    calls, days = links(page, "To call"), links(page, "The day")

    called = signed_in.get(calls[0])
    assert [line.visit for line in called.context["ahead"]] == [theirs]
    listed = [
        visit for one in days for visit in signed_in.get(one, follow=True).context["cl"].result_list
    ]
    assert listed == [theirs]


def test_attack_another_clinics_day_is_not_asked_for_by_its_number(
    client: Client, sunrise_clinic: Clinic, other_clinic: Clinic
) -> None:
    visit_of(other_clinic)
    client.force_login(person(sunrise_clinic, "Reception lead"))
    address = reverse("admin:clinic_appointment_changelist")

    asked = f"{address}?clinic={other_clinic.pk}&day=week"
    listed = client.get(asked, follow=True)

    assert not listed.context["cl"].result_list


def test_who_works_for_no_clinic_is_told_so_on_every_page(client: Client, db: None) -> None:
    user = StaffUser.objects.create(username="new", is_staff=True)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)

    answers = {
        address: client.get(f"/{address}")
        for address, columns in who_may_open.table().items()
        if is_a_page(address, columns)
    }

    refused = {
        address: answer.status_code
        for address, answer in answers.items()
        if answer.status_code not in {200, 302, 403, 405}
    }
    assert refused == _ABOUT_SOMETHING
    pages = ("overview", "trends", "agenda", "agenda_week", "to_call", "day_list", "setup")
    silent = [
        name
        for name in (*pages, "cancel_list", "unreached")
        if "You work for no clinic yet" not in answers[reverse(name)[1:]].content.decode()
    ]
    assert silent == []
