"""Questions for the list of patients, each answered from an index."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, Need, Patient, PhoneState, Reach
from healthmsg.desk.admin import patient_filters
from tests import factories
from tests.house.test_role_table import person

PATIENTS = reverse("admin:clinic_patient_changelist")


@pytest.fixture
def found(client: Client, sunrise_clinic: Clinic) -> Callable[..., set[int]]:
    sunrise_clinic.languages = ["es", "ar"]
    sunrise_clinic.save(update_fields=["languages"])
    client.force_login(person(sunrise_clinic, "Reception lead"))

    def ask(**asked: str) -> set[int]:
        page = client.get(PATIENTS, asked, follow=True)
        return {patient.pk for patient in page.context["cl"].result_list}

    return ask


@pytest.fixture
def cast(sunrise_clinic: Clinic) -> dict[str, Patient]:
    """One of each sort, and the same at another clinic."""
    other = factories.make_clinic()
    site = factories.make_site(sunrise_clinic)
    for clinic in (other, sunrise_clinic):
        make = {
            "usual": factories.make_patient(clinic),
            "arabic": factories.make_patient(clinic, language="ar"),
            "unasked": factories.make_patient(clinic, consents=()),
            "numberless": factories.make_patient(clinic),
            "stranger": factories.make_patient(clinic),
            "signs": factories.make_patient(clinic, needs=[Need.SIGN_LANGUAGE]),
            "blind": factories.make_patient(clinic, needs=[Need.LOW_VISION]),
            "at home": factories.make_patient(clinic, site=site),
        }
        make["numberless"].contacts.update(phone=None)
        stranger = factories.phone_of(make["stranger"])
        type(stranger).objects.filter(pk=stranger.pk).update(state=PhoneState.WRONG_PERSON)
    return make


def test_each_question_finds_its_own_patients_and_no_other_clinics(
    found: Callable[..., set[int]], cast: dict[str, Patient]
) -> None:
    site = str(cast["at home"].site_id)
    asked: list[tuple[dict[str, str], set[str]]] = [
        ({"language": "ar"}, {"arabic"}),
        ({"reached": "NEVER_ASKED"}, {"unasked"}),
        ({"reached": "NO_NUMBER"}, {"numberless"}),
        ({"reached": "WRONG_NUMBER"}, {"stranger"}),
        ({"need": "any"}, {"signs", "blind"}),
        ({"need": Need.LOW_VISION}, {"blind"}),
        ({"site": site}, {"at home"}),
        ({"site": site, "need": "any"}, set()),
        ({"language": "xx"}, set(cast)),
    ]

    wrong = [
        (question, names)
        for question, names in asked
        if found(**question) != {cast[name].pk for name in names}
    ]

    assert wrong == []


def test_of_many_the_list_is_walked_and_finds_the_same(
    sunrise_clinic: Clinic, cast: dict[str, Patient]
) -> None:
    mine = Patient.objects.filter(clinic=sunrise_clinic)
    spoken = Reach.objects.filter(clinic=sunrise_clinic, language="ar")

    found = [patient_filters.among(mine, spoken, few=few).get() for few in (0, 10)]

    assert found == [cast["arabic"]] * 2
