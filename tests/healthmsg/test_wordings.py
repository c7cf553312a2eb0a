"""Words of the permission to begin with, in the language that has none yet."""

import pytest
from django.test import Client
from django.urls import reverse

from healthmsg.clinic import wording_starter
from healthmsg.clinic.models import Clinic, Wording
from tests.factories import NOON
from tests.healthmsg.test_erasure_pages import signed_in

pytestmark = pytest.mark.django_db


def wording(clinic: Clinic, language: str = "es") -> Wording:
    return Wording.objects.create(
        clinic=clinic, text="We write.", version=1, language=language, valid_from=NOON
    )


@pytest.mark.parametrize("language", ["en", "es", "pt_BR", "fr", "ar", "hi"])
def test_words_to_begin_with_say_who_meta_and_how_to_end(
    sunrise_clinic: Clinic, language: str
) -> None:
    words = wording_starter.starter(sunrise_clinic, language)

    meta = {"ar": "ميتا"}.get(language, "Meta")
    stop = {"es": "BAJA", "pt_BR": "SAIR", "ar": "إيقاف"}.get(language, "STOP")
    for said in ("Sunrise", sunrise_clinic.phone, sunrise_clinic.emergency_number, meta, stop):
        assert said in words


def test_a_new_wording_begins_in_the_language_that_has_none(
    client: Client, sunrise_clinic: Clinic
) -> None:
    add = reverse("admin:clinic_wording_add")
    page = signed_in(client, sunrise_clinic, "Clinic admin").get(add).content.decode()
    assert "quisiera escribirle por WhatsApp" in page
    assert "WhatsApp is Meta" in page

    wording(sunrise_clinic)
    assert "would like to write to you on WhatsApp" in client.get(add).content.decode()
    assert wording_starter.next_of(sunrise_clinic) == {"language": "en", "version": 1}
    wording(sunrise_clinic, language="en")
    assert wording_starter.next_of(sunrise_clinic) == {"language": "es", "version": 2}


def test_a_language_we_do_not_know_begins_empty(sunrise_clinic: Clinic) -> None:
    assert wording_starter.starter(sunrise_clinic, "sw") == ""
