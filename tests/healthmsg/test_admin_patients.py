"""Reception's screens for patients: found, registered, permitted, paused; and nobody else's."""

import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import DeclinedTopic
from healthmsg.clinic import consent, proof
from healthmsg.clinic.models import (
    Clinic,
    Patient,
    PatientState,
    Phone,
    Purpose,
    StaffUser,
    Vaccine,
)
from tests import factories

PATIENTS = reverse("admin:clinic_patient_changelist")


@pytest.fixture
def signed_in(client: Client, sunrise_clinic: Clinic) -> Callable[[str], Client]:
    def sign_in(role: str) -> Client:
        user = StaffUser.objects.create(username=role, is_staff=True)
        user.clinics.add(sunrise_clinic)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def reception(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("Reception")


def _found(client: Client, typed: str) -> set[int]:
    answer = client.post(PATIENTS, {"typed": typed})
    assert typed not in answer["Location"]
    return {patient.pk for patient in client.get(answer["Location"]).context["cl"].result_list}


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("Gar", id="beginning-of-a-name"),
        pytest.param("garcía sof", id="two-beginnings-any-order"),
        pytest.param("H-77", id="identifier"),
        pytest.param("5550 1234", id="last-digits"),
        pytest.param("011 15 5550-1234", id="as-dialed"),
    ],
)
def test_a_patient_is_found_and_the_address_never_says_whom(
    typed: str, reception: Client, sunrise_clinic: Clinic
) -> None:
    phone = factories.make_phone(sunrise_clinic, "+5491155501234")
    patient = factories.make_patient(
        sunrise_clinic,
        phone=phone,
        given_name="Sofía",
        family_name="García",
        external_id="H-77",
    )
    factories.make_patient(sunrise_clinic)

    assert _found(reception, typed) == {patient.pk}


def test_nobody_of_another_clinic_is_found(reception: Client) -> None:
    factories.make_patient(factories.make_clinic(), family_name="García")

    assert _found(reception, "Gar") == set()


def test_names_and_numbers_are_masked_without_the_permission(
    client: Client, sunrise_clinic: Clinic, willing_patient: Patient
) -> None:
    group = Group.objects.get(name="Reception")
    group.permissions.remove(group.permissions.get(codename="view_patient_details"))
    user = StaffUser.objects.create(username="masked", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(group)
    client.force_login(user)
    number = factories.phone_of(willing_patient).number

    pages = [PATIENTS, reverse("patient", args=[willing_patient.pk])]
    texts = [client.get(page, follow=True).content.decode() for page in pages]

    for text in texts:
        assert f"patient #{willing_patient.pk}" in text
        assert willing_patient.family_name not in text
        assert number[-7:] not in text.replace("-", "").replace(" ", "")


def _contact_form(patient: Patient | None = None, **values: str) -> dict[str, str]:
    first = {
        "name": "Ana",
        "relationship": "SELF",
        "language": "es",
        "number": "011 15 5555 0101",
        "may_be_told": "FULL",
        "rank": "1",
    }
    form = {f"contacts-0-{key}": value for key, value in (first | values).items()}
    return form | {
        "contacts-TOTAL_FORMS": "1",
        "contacts-INITIAL_FORMS": "0",
        "given_name": "Ana",
        "sex": "UNKNOWN",
        "family_name": "Sosa",
    }


def test_a_number_is_kept_as_e164_however_it_is_typed(
    reception: Client, sunrise_clinic: Clinic
) -> None:
    form = _contact_form() | {"clinic": str(sunrise_clinic.pk)}

    answer = reception.post(reverse("admin:clinic_patient_add"), form)

    assert answer.status_code == 302, answer.context["errors"]
    patient = Patient.objects.get(family_name="Sosa")
    assert factories.phone_of(patient).number == "+5491155550101"


def test_two_patients_share_one_row_of_their_number(
    reception: Client, sunrise_clinic: Clinic
) -> None:
    for name in ("Sosa", "Paz"):
        form = _contact_form() | {"clinic": str(sunrise_clinic.pk), "family_name": name}
        reception.post(reverse("admin:clinic_patient_add"), form)

    assert Phone.objects.count() == 1
    assert Patient.objects.count() == 2


def test_an_impossible_number_is_refused_and_nothing_typed_is_lost(
    reception: Client, sunrise_clinic: Clinic
) -> None:
    form = _contact_form(number="12") | {"clinic": str(sunrise_clinic.pk)}

    answer = reception.post(reverse("admin:clinic_patient_add"), form)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "telephone number" in text
    assert 'value="Sosa"' in text
    assert Patient.objects.count() == 0


def test_a_permission_is_written_down_with_who_and_how(
    reception: Client, willing_patient: Patient
) -> None:
    phone = factories.phone_of(willing_patient)
    address = reverse("admin:clinic_patient_permission", args=[willing_patient.pk])
    form = {
        "contact": willing_patient.contacts.get().pk,
        "answer": "yes",
        "purposes": ["PREVENTION"],
        "how": "AT_DESK",
        "evidence": "said so",
    }

    assert reception.post(address, form).status_code == 302

    now = timezone.now()
    assert consent.standing(willing_patient, phone, Purpose.PREVENTION, at=now) == "GRANTED"
    line = willing_patient.consent_records.get(purpose="PREVENTION")
    assert line.recorded_by is not None
    assert proof.read([line]) == {line.pk: "said so"}


def test_a_mistake_is_taken_back_without_touching_the_line(
    reception: Client, willing_patient: Patient
) -> None:
    line = willing_patient.consent_records.get()
    address = reverse("admin:clinic_patient_mistake", args=[willing_patient.pk])

    reception.post(f"{address}?line={line.pk}", {"evidence": "wrong patient"})

    phone = factories.phone_of(willing_patient)
    assert consent.standing(willing_patient, phone, Purpose.APPOINTMENTS, at=timezone.now()) == ""


def test_a_line_of_another_patient_cannot_be_corrected_here(
    reception: Client, sunrise_clinic: Clinic, willing_patient: Patient
) -> None:
    other = factories.make_patient(sunrise_clinic).consent_records.get()
    address = reverse("admin:clinic_patient_mistake", args=[willing_patient.pk])

    assert reception.get(f"{address}?line={other.pk}").status_code == 404


@pytest.mark.parametrize(
    ("act", "form", "state"),
    [
        ("died", {"reason": "family called"}, PatientState.DECEASED),
        ("pause", {"reason": "abroad"}, PatientState.PAUSED),
        ("no_longer_ours", {"reason": "moved"}, PatientState.GONE),
    ],
)
def test_every_state_has_its_act_and_its_way_back(
    act: str,
    form: dict[str, str],
    state: PatientState,
    reception: Client,
    willing_patient: Patient,
) -> None:
    reception.post(reverse(f"admin:clinic_patient_{act}", args=[willing_patient.pk]), form)
    willing_patient.refresh_from_db()
    assert willing_patient.state == state

    reception.post(reverse("admin:clinic_patient_back", args=[willing_patient.pk]))
    willing_patient.refresh_from_db()
    assert willing_patient.state == PatientState.ACTIVE


def test_the_page_tells_what_a_patient_wants_no_invitations_about(
    reception: Client, sunrise_clinic: Clinic
) -> None:
    patient = factories.make_patient(sunrise_clinic)
    flu = Vaccine.objects.create(clinic=sunrise_clinic, code="flu", name="Influenza")
    declined = DeclinedTopic.objects.create(
        patient=patient, vaccine=flu, declined_at=timezone.now()
    )
    page = reverse("patient", args=[patient.pk])
    lift = reverse("admin:campaigns_declinedtopic_change", args=[declined.pk])

    shown = reception.get(page).content.decode()
    assert "Influenza, since" in shown
    assert lift in shown

    DeclinedTopic.objects.update(lifted_at=timezone.now())
    assert "Influenza, since" not in reception.get(page).content.decode()


def test_acts_on_a_foreign_patient_are_not_found(reception: Client) -> None:
    foreign = factories.make_patient(factories.make_clinic())

    for act in ("permission", "died", "pause", "no_longer_ours", "back"):
        address = reverse(f"admin:clinic_patient_{act}", args=[foreign.pk])
        assert reception.post(address, {}).status_code == 404


def test_campaign_authors_do_not_see_patients(signed_in: Callable[[str], Client]) -> None:
    assert signed_in("Campaign author").get(PATIENTS).status_code == 403


def test_the_session_keeps_only_the_last_searches(reception: Client) -> None:
    for n in range(30):
        reception.post(PATIENTS, {"typed": f"word{n}"})

    kept = json.dumps(reception.session["searches"])
    assert "word29" in kept
    assert 'word1"' not in kept
