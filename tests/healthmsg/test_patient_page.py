"""A patient's page at the desk: who they are, what stands out, what may be done from there."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.models import Clinic, Contact, Immunisation, Need, Patient, Vaccine
from healthmsg.desk.patients.shown import age_on
from tests import factories
from tests.healthmsg.test_admin_patients import reception, signed_in

__all__ = ["reception", "signed_in"]

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


def page_of(patient: Patient) -> str:
    return reverse("patient", args=[patient.pk])


def test_it_says_who_somebody_is_who_is_written_to_and_what_they_have_had(
    reception: Client, sunrise_clinic: Clinic
) -> None:
    patient = factories.make_patient(sunrise_clinic, external_id="H-77")
    Contact.objects.create(patient=patient, name="Rosa", relationship="PARENT", language="pt_BR")
    flu = Vaccine.objects.create(clinic=sunrise_clinic, code="flu", name="Influenza")
    known = {"patient": patient, "vaccine": flu, "recorded_at": timezone.now()}
    Immunisation.objects.create(given_on=date(2026, 4, 2), **known)
    Immunisation.objects.create(
        given_on=date(2026, 4, 1), entered_in_error_at=timezone.now(), **known
    )

    shown = reception.get(page_of(patient)).content.decode()

    assert f"<h1>{patient.full_name}</h1>" in shown
    for words in ("H-77", "Without a number:", "Rosa", "2 April 2026", "Influenza"):
        assert words in shown
    assert "1 April 2026" not in shown


@pytest.mark.parametrize(
    ("needs", "dials"),
    [
        pytest.param([], True, id="speaks"),
        pytest.param([Need.EASY_LANGUAGE], True, id="easy-words"),
        pytest.param([Need.SIGN_LANGUAGE], False, id="signs"),
        pytest.param([Need.NO_PHONE_CALLS], False, id="no-calls"),
    ],
)
def test_a_number_is_dialed_where_somebody_can_hear(
    reception: Client, sunrise_clinic: Clinic, needs: list[Need], *, dials: bool
) -> None:
    patient = factories.make_patient(sunrise_clinic, needs=needs)
    number = factories.phone_of(patient).number

    shown = reception.get(page_of(patient)).content.decode()

    assert (f'href="tel:{number}"' in shown) is dials
    assert all(str(need.label) in shown for need in needs)


def test_the_list_leads_there_and_so_does_the_form_once_it_is_saved(
    reception: Client, willing_patient: Patient
) -> None:
    listed = reception.get(reverse("admin:clinic_patient_changelist")).content.decode()
    assert f'href="{page_of(willing_patient)}"' in listed

    form = reverse("admin:clinic_patient_change", args=[willing_patient.pk])
    assert f'href="{page_of(willing_patient)}"' in reception.get(form).content.decode()
    contact = willing_patient.contacts.get()
    saved = reception.post(
        form,
        {
            "given_name": "Eva",
            "family_name": willing_patient.family_name,
            "sex": "UNKNOWN",
            "contacts-TOTAL_FORMS": 1,
            "contacts-INITIAL_FORMS": 1,
            "contacts-0-id": contact.pk,
            "contacts-0-patient": willing_patient.pk,
            "contacts-0-name": contact.name,
            "contacts-0-relationship": contact.relationship,
            "contacts-0-rank": 1,
            "contacts-0-language": contact.language,
            "contacts-0-may_be_told": "FULL",
            "contacts-0-number": factories.phone_of(willing_patient).number,
            "immunisations-TOTAL_FORMS": 0,
            "immunisations-INITIAL_FORMS": 0,
        },
    )

    assert saved["Location"] == page_of(willing_patient)
    assert "<h1>Eva " in reception.get(page_of(willing_patient)).content.decode()


def test_what_was_done_about_somebody_leads_back_to_them(
    reception: Client, willing_patient: Patient
) -> None:
    pause = reverse("admin:clinic_patient_pause", args=[willing_patient.pk])

    done = reception.post(pause, {"until": "", "reason": "abroad"})

    assert done["Location"] == page_of(willing_patient)
    shown = reception.get(page_of(willing_patient)).content.decode()
    assert "abroad" in shown
    assert reverse("admin:clinic_patient_back", args=[willing_patient.pk]) in shown
    assert pause not in shown


def test_role_an_auditor_is_offered_nothing_that_changes(
    signed_in: Callable[[str], Client], willing_patient: Patient
) -> None:
    shown = signed_in("Auditor").get(page_of(willing_patient)).content.decode()

    for act in ("change", "pause", "permission", "died", "delete_for_good"):
        assert reverse(f"admin:clinic_patient_{act}", args=[willing_patient.pk]) not in shown
    assert reverse("admin:clinic_patient_proof", args=[willing_patient.pk]) in shown


def test_attack_another_clinics_patient_is_nobody(reception: Client) -> None:
    foreign = factories.make_patient(factories.make_clinic())

    assert reception.get(page_of(foreign)).status_code == 404


@given(born=DAYS, lived=st.integers(0, 45_000))
def test_an_age_grows_by_one_on_each_birthday_and_on_no_other_day(born: date, lived: int) -> None:
    day = born + timedelta(lived)
    age, before = age_on(day, born), age_on(day - timedelta(1), born)

    # Whoever was born on the last day of a long February grows older on the first of March.
    is_leap = day.month == 3 and day.day == 1 and (born.month, born.day) == (2, 29)
    is_birthday = (day.month, day.day) == (born.month, born.day)
    no_such_day = is_leap and (day - timedelta(1)).day == 28
    assert age == (-1 if before is None else before) + (is_birthday or no_such_day)


@pytest.mark.parametrize("born", [None, date(2026, 11, 28)])
def test_who_is_not_born_yet_or_nobody_knows_when_has_no_age(born: date | None) -> None:
    assert age_on(date(2026, 11, 27), born) is None
