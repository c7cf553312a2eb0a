"""Automatic texts in the clinic's own words: refused where they would not do, kept by version."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic
from tests.healthmsg.test_breakers import signed_in
from whatsapp import phrases, wording_changes
from whatsapp.admin.words_of_keys import SAID_WHEN
from whatsapp.models import ClinicWords
from whatsapp.phrases import en


@pytest.fixture
def admin_client(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


def edit(clinic: Clinic, key: str, language: str = "es") -> str:
    return reverse("admin:whatsapp_clinicwords_edit", args=[clinic.pk, language, key])


def test_every_text_is_on_the_page(admin_client: Client, sunrise_clinic: Clinic) -> None:
    page = admin_client.get(reverse("admin:whatsapp_clinicwords_changelist")).content.decode()

    assert SAID_WHEN.keys() == en.PHRASES.keys()
    assert page.count("native check needed") == len(en.PHRASES)
    assert "Español" in page or "Spanish" in page


def test_own_words_go_before_the_shipped_ones_and_back(
    admin_client: Client, sunrise_clinic: Clinic
) -> None:
    shipped = phrases.say("es_AR", "button_undo", clinic=sunrise_clinic)
    address = edit(sunrise_clinic, "button_undo")

    admin_client.post(address, {"text": "Volver atrás", "is_checked": "on"})
    assert phrases.say("es_AR", "button_undo", clinic=sunrise_clinic) == "Volver atrás"
    assert phrases.say("en", "button_undo", clinic=sunrise_clinic) == "Undo"
    listed = admin_client.get(reverse("admin:whatsapp_clinicwords_changelist")).content.decode()
    assert "read by a native speaker" in listed
    version = ClinicWords.objects.get()
    assert f"<bdi>{version.changed_by}</bdi>, " in listed
    assert f"<strong>{len(en.PHRASES) - 1}</strong> texts in this language" in listed
    admin_client.post(address, {"text": ""})

    assert phrases.say("es_AR", "button_undo", clinic=sunrise_clinic) == shipped
    versions = ClinicWords.objects.order_by("number").values_list("number", "text", "is_checked")
    assert list(versions) == [(1, "Volver atrás", True), (2, "", False)]


def test_looking_changes_nothing(admin_client: Client, sunrise_clinic: Clinic) -> None:
    text = "Llame a {clinic_phone} o {emergency_number}."

    page = admin_client.post(
        edit(sunrise_clinic, "not_read_at_once"), {"text": text, "look": "1"}
    ).content.decode()

    assert f"Llame a {sunrise_clinic.phone} o 107." in page
    assert not ClinicWords.objects.exists()


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        pytest.param("button_undo", "x" * 21, "LONG", id="button"),
        pytest.param("row_talk", "x" * 25, "LONG", id="row"),
        pytest.param("menu", "{clinic_phone}" + "x" * 1100, "LONG", id="with-rows"),
        pytest.param("talk_noted", "{clinic_phone}" + "x" * 4100, "LONG", id="alone"),
        pytest.param("talk_noted", "Gracias.", "MISSING", id="no-person"),
        pytest.param("confirmed", "{when} {clinic_phone} {illness}", "UNKNOWN", id="unknown"),
        pytest.param("talk_noted", "{clinic_phone} {", "BRACES", id="brace"),
        pytest.param("talk_noted", "{clinic_phone!r}", "BRACES", id="conversion"),
        pytest.param("talk_noted", "{clinic_phone.__class__}", "BRACES", id="attribute"),
        pytest.param("row_stop_one", "Solo una", "MISSING", id="no-name"),
    ],
)
def test_words_that_would_not_do_are_refused(
    admin_client: Client, sunrise_clinic: Clinic, key: str, text: str, why: str
) -> None:
    found = wording_changes.fault(key, text, clinic=sunrise_clinic, language="es")
    page = admin_client.post(edit(sunrise_clinic, key), {"text": text}).content.decode()

    assert found is not None
    assert found.why == why
    assert "Please look at the marked fields" in page
    assert not ClinicWords.objects.exists()


@pytest.mark.parametrize("key", sorted(en.PHRASES))
def test_the_shipped_words_would_be_accepted(sunrise_clinic: Clinic, key: str) -> None:
    for language in ("en", "es"):
        words = phrases.BOOKS[language][key]
        assert wording_changes.fault(key, words, clinic=sunrise_clinic, language=language) is None


def test_a_version_is_kept(sunrise_clinic: Clinic, admin_client: Client) -> None:
    admin_client.post(edit(sunrise_clinic, "button_undo"), {"text": "Volver"})

    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        ClinicWords.objects.update(text="Otra cosa")


def test_nobody_changes_another_clinics_words(admin_client: Client, db: None) -> None:
    other = Clinic.objects.create(
        name="Other",
        phone="1",
        emergency_number="2",
        country="AR",
        time_zone="UTC",
        languages=["es"],
    )

    assert admin_client.post(edit(other, "button_undo"), {"text": "x"}).status_code == 404
    assert admin_client.get(edit(other, "button_undo")).status_code == 404


def test_words_of_an_older_release_give_way_to_the_shipped_ones(sunrise_clinic: Clinic) -> None:
    ClinicWords.objects.create(
        clinic=sunrise_clinic,
        language="es",
        key="button_undo",
        number=1,
        text="{gone}",
        changed_at="2026-03-10T15:00:00Z",
    )

    assert phrases.say("es", "button_undo", clinic=sunrise_clinic) == "Deshacer"
