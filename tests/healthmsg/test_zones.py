"""Time zones are chosen by country and city, in the words of whoever looks."""

from zoneinfo import available_timezones

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import translation

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.cockpit import zones
from tests import factories
from tests.house.forms import Page


def test_every_zone_that_is_offered_can_be_kept_and_is_named_once() -> None:
    offered = zones.choices()

    assert {name for name, _words in offered} <= available_timezones()
    assert len(offered) == len(dict(offered)) > 400
    assert len({words for _name, words in offered}) == len(offered)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Spain, Madrid"), ("es", "España, Madrid"), ("ar", "إسبانيا, Madrid")],
)
def test_a_country_is_called_as_whoever_looks_calls_it(language: str, words: str) -> None:
    with translation.override(language):
        assert dict(zones.choices())["Europe/Madrid"] == words


def test_a_name_that_no_country_has_any_more_stays_where_it_stands() -> None:
    assert "America/Buenos_Aires" not in dict(zones.choices())
    assert ("America/Buenos_Aires",) * 2 in zones.choices("America/Buenos_Aires")


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["America/Buenos_Aires", "Africa/Nairobi"])
def test_a_clinic_that_is_saved_keeps_its_zone(client: Client, zone: str) -> None:
    clinic = factories.make_clinic(time_zone=zone)
    user = StaffUser.objects.create(username="admin", is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)
    page = reverse("admin:clinic_clinic_change", args=[clinic.pk])
    form = next(one for one in Page(client.get(page).text).forms if "time_zone" in one.sent())

    client.post(page, form.sent() | {"name": ["Another"]})

    assert Clinic.objects.values_list("name", "time_zone").get() == ("Another", zone)
