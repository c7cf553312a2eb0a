"""What is still read when a patient is gone does not say who that was."""

import io
from datetime import datetime

import pytest
from django.core.management import call_command
from django.test import Client

from healthmsg.clinic.models import Clinic, LegalHold, Patient
from healthmsg.desk.privacy import nameless
from healthmsg.desk.privacy.models import Removal
from tests import factories
from tests.healthmsg.test_erasure_pages import act, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(sunrise_clinic: Clinic) -> Patient:
    phone = factories.make_phone(sunrise_clinic, number="+5491155550101")
    patient = factories.make_patient(
        sunrise_clinic,
        phone=phone,
        given_name="José María",
        family_name="de la Cruz",
        external_id="A-17",
    )
    patient.contacts.update(name="Lucía Paz")
    return patient


@pytest.mark.parametrize(
    "reason",
    [
        "asked by jose at the desk",
        "JOSÉ asked",
        "the Cruz family's lawyer",
        "her mother Lucia, by telephone",
        "called from 11 5555-0101",
        "by e-mail, for A-17",
    ],
)
def test_erasure_takes_no_reason_that_says_who(patient: Patient, reason: str) -> None:
    assert nameless.tells_who(reason, patient)


@pytest.mark.parametrize(
    "reason",
    [
        "asked at the desk, in person",
        "de la parte de su abogado",
        "court order 2026-0101",
        "17 documents by post",
        "josefina's letter",
        "",
        "١٧ 😀",
    ],
)
def test_erasure_takes_any_other_reason(patient: Patient, reason: str) -> None:
    assert not nameless.tells_who(reason, patient)


@pytest.mark.parametrize("name", ["delete_for_good", "legal_hold", "copy"])
def test_erasure_and_what_is_written_down_about_it_ask_for_words_without_names(
    client: Client, sunrise_clinic: Clinic, patient: Patient, name: str
) -> None:
    client = signed_in(client, sunrise_clinic, "Clinic admin")
    values = {"reason": "José asked", "typed": "A-17", "kind": "json"}
    assert "Without names and numbers" in client.get(act(name, patient)).content.decode()

    page = client.post(act(name, patient), values).content.decode()

    assert "Leave out the names, numbers and identifiers in it." in page
    assert 'value="José asked"' in page
    assert not Removal.objects.exists()
    assert not LegalHold.objects.exists()
    patient.refresh_from_db()
    assert patient.erased_at is None

    client.post(act(name, patient), values | {"reason": "asked in person"})
    assert Removal.objects.exists() or LegalHold.objects.exists()


def test_reasons_from_before_that_was_asked_are_listed_without_a_word(
    sunrise_clinic: Clinic, patient: Patient, noon: datetime
) -> None:
    gone = factories.make_patient(sunrise_clinic, given_name="Zwitscha")
    Patient.objects.filter(pk=gone.pk).update(erased_at=noon)
    wish = {"clinic": sunrise_clinic, "kind": "COPY", "decided_at": noon}
    told, kept, of_gone = (
        Removal.objects.create(patient_number=one.pk, reason=reason, **wish)
        for one, reason in ((patient, "José asked"), (patient, "in person"), (gone, "Zwitscha"))
    )
    hold = LegalHold.objects.create(patient=patient, reason="Lucía's lawyer", placed_at=noon)
    printed = io.StringIO()

    call_command("look_through_reasons", stdout=printed)

    known, to_read = printed.getvalue().split("2 reasons say")[1].split("1 are of patients")
    assert str(told) in known
    assert str(hold) in known
    assert str(of_gone) in to_read
    assert str(kept) not in known + to_read
    assert not any(word in printed.getvalue() for word in ("José", "Luc", "Zwitscha"))
