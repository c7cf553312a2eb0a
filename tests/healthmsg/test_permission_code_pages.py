"""What the desk shows of a code: the picture, the words, and what has come of it."""

import pytest
from django.test import Client
from django.urls import reverse

from healthmsg import clock
from healthmsg.clinic.models import Contact, Patient, Phone, PhoneState, StaffUser, Wording
from healthmsg.desk.proof import pages
from healthmsg.desk.proof.models import PermissionCode
from tests import factories
from tests.healthmsg.test_permission_codes import handled, patient, shown, staff, words, written
from whatsapp.models import Sender

__all__ = ["patient", "staff", "words"]


@pytest.mark.django_db
def test_a_code_tells_nothing_of_the_patient(
    patient: Patient, staff: StaffUser, words: Wording
) -> None:
    code = shown(patient, staff, words)
    Sender.objects.update(display_number="+54 11 5555-0000")

    address = pages.link(code)

    assert address.startswith("https://wa.me/541155550000?text=S%C3%AD")
    for told in (patient.given_name, patient.family_name, factories.phone_of(patient).number[4:]):
        assert told not in address
        assert told not in str(code)


@pytest.fixture
def desk(client: Client, staff: StaffUser) -> Client:
    client.force_login(staff)
    return client


@pytest.mark.django_db
def test_the_desk_shows_a_code_its_picture_and_what_came_of_it(
    desk: Client, sender: Sender, patient: Patient, words: Wording
) -> None:
    Sender.objects.update(display_number="+54 11 5555-0000")
    act = reverse("admin:clinic_patient_permission_code", args=[patient.pk])
    assert "Le escribimos" not in desk.get(act).content.decode()
    contact = Contact.objects.get(patient=patient)
    values = {"contact": contact.pk, "purposes": ["APPOINTMENTS"], "wording": words.pk}

    page = desk.post(act, values, follow=True)

    code = PermissionCode.objects.get()
    html = page.content.decode()
    assert code.code in html
    assert "Le escribimos." in html
    assert "Waiting for their message" in html
    assert page["Cache-Control"] == "no-store"
    picture = desk.get(reverse("permission_code_picture", args=[code.pk]))
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"style" not in picture.content
    now = clock.now()
    handled(written(sender, factories.phone_of(patient), code.code, at=now), now=now)
    state = desk.get(reverse("permission_code_state", args=[code.pk])).content.decode()
    assert "It has arrived" in state
    assert "hx-get" not in state


@pytest.mark.django_db
def test_no_code_without_a_number_to_send_it_to(
    desk: Client, patient: Patient, words: Wording
) -> None:
    act = reverse("admin:clinic_patient_permission_code", args=[patient.pk])
    contact = Contact.objects.get(patient=patient)
    values = {"contact": contact.pk, "purposes": ["APPOINTMENTS"], "wording": words.pk}

    answer = desk.post(act, values)

    assert "WhatsApp number is not known yet" in answer.content.decode()
    assert not PermissionCode.objects.exists()


@pytest.mark.django_db
def test_a_code_of_another_clinic_is_not_shown(desk: Client, words: Wording) -> None:
    elsewhere = factories.make_patient(factories.make_clinic())
    stranger = StaffUser.objects.create(username="kim")
    code = shown(elsewhere, stranger, words)

    for name in ("permission_code", "permission_code_state", "permission_code_picture"):
        assert desk.get(reverse(name, args=[code.pk])).status_code == 404


@pytest.mark.django_db
def test_no_code_is_made_for_a_number_that_is_somebody_elses(
    patient: Patient, staff: StaffUser, words: Wording
) -> None:
    phone = factories.phone_of(patient)
    Phone.objects.filter(pk=phone.pk).update(state=PhoneState.WRONG_PERSON)

    with pytest.raises(ValueError, match="the contact's"):
        shown(patient, staff, words)
