"""The proof of permissions: who may take it out, what is in it, and nothing of anybody else."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    AuditNote,
    Clinic,
    ConsentRecord,
    Contact,
    GivenHow,
    LegalBasis,
    Patient,
    Phone,
    Purpose,
    StaffUser,
    Wording,
)
from healthmsg.cockpit import again
from healthmsg.desk.proof import exporting
from tests import factories
from whatsapp.models import AlsoAbout, Message, ReplyOutcome, Sender
from whatsapp.status import Status

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DESK = consent.Evidence(GivenHow.AT_DESK)
APPOINTMENTS = [Purpose.APPOINTMENTS]


@pytest.fixture
def admin(sunrise_clinic: Clinic) -> StaffUser:
    person = StaffUser.objects.create(username="alex", is_staff=True)
    person.clinics.add(sunrise_clinic)
    person.groups.add(Group.objects.get(name="Clinic admin"))
    return person


def signed_in(client: Client, person: StaffUser, *, typed_the_password: bool = True) -> Client:
    client.force_login(person)
    session = client.session
    session[again.KEY] = int(timezone.now().timestamp()) if typed_the_password else 0
    session.save()
    return client


def proof_of(patient: Patient, by: StaffUser, now: datetime) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(exporting.as_json(patient, by=by, now=now))
    return found


def wording(clinic: Clinic, text: str = "We write about visits.", **fields: object) -> Wording:
    told: dict[str, object] = {"version": 1, "language": "es", "valid_from": factories.NOON}
    return Wording.objects.create(clinic=clinic, text=text, **(told | fields))


def sent(sender: Sender, patient: Patient, at: datetime, **fields: object) -> Message:
    told: dict[str, object] = {"status": Status.DELIVERED, "send_after": None, "accepted_at": at}
    return factories.make_message(sender, patient, created_at=at, **(told | fields))


def test_a_proof_has_ledger_wording_evidence_and_messages(
    sender: Sender, admin: StaffUser, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic, consents=(), external_id="A-17")
    phone = factories.phone_of(patient)
    words = wording(sender.clinic)
    paper = consent.Evidence(
        GivenHow.ON_PAPER, given_by="SELF", recorded_by=admin, wording=words, text="Form 12"
    )
    (line,) = consent.grant(patient, phone, APPOINTMENTS, evidence=paper, at=noon)
    sent(sender, patient, noon + DAY, body="Hola Ana", wamid="wamid.1")
    LegalBasis.objects.create(
        clinic=sender.clinic, purpose="APPOINTMENTS", basis="CARE", note="GDPR 9(2)(h)"
    )

    proof = proof_of(patient, admin, noon + 2 * DAY)

    (written,) = proof["ledger"]
    assert (written["line"], written["evidence"]) == (line.pk, "Form 12")
    assert (written["recorded_by"], written["wording"]) == ("alex", "version 1, es")
    assert proof["wordings"][0]["words"] == "We write about visits."
    (message,) = proof["messages"]
    assert (message["under_line"], message["words"]) == (line.pk, "Hola Ana")
    assert proof["standings"][0]["stands"] == "said yes"
    assert proof["standings"][0]["legal_basis"] == "part of the care (GDPR 9(2)(h))"
    assert (proof["made_by"], proof["patient"][0]["identifier"]) == ("alex", "A-17")


def test_each_message_names_the_line_that_stood_when_it_left(
    sender: Sender, admin: StaffUser, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic, consents=())
    phone = factories.phone_of(patient)
    (first,) = consent.grant(patient, phone, APPOINTMENTS, evidence=DESK, at=noon)
    consent.withdraw(patient, phone, APPOINTMENTS, evidence=DESK, at=noon + 2 * DAY)
    (second,) = consent.grant(
        patient, phone, APPOINTMENTS, evidence=DESK, at=noon + 4 * DAY, expires_at=noon + 6 * DAY
    )
    consent.correct(first, evidence=DESK, at=noon + 8 * DAY)
    for day in (0, 1, 3, 5, 7):
        sent(sender, patient, noon + day * DAY)

    told = proof_of(patient, admin, noon + 9 * DAY)["messages"]

    none = "none of this ledger"
    assert [m["under_line"] for m in told] == [first.pk, first.pk, none, second.pk, none]


def test_a_proof_follows_the_stop_of_the_number(
    sender: Sender, admin: StaffUser, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic, consented_at=noon)
    phone = factories.phone_of(patient)
    consent.withdraw(None, phone, APPOINTMENTS, evidence=DESK, at=noon + DAY)
    sent(sender, patient, noon + 2 * DAY)

    proof = proof_of(patient, admin, noon + 3 * DAY)

    assert proof["messages"][0]["under_line"] == "none of this ledger"
    assert proof["ledger"][-1]["holds_for"] == "everybody on the number"


def test_what_never_left_and_answers_are_no_messages_under_a_permission(
    sender: Sender, admin: StaffUser, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic)
    factories.make_message(sender, patient)
    sent(sender, patient, noon, purpose=Purpose.REPLY, lane=0)

    assert proof_of(patient, admin, noon)["messages"] == []


def test_a_line_marked_as_a_mistake_says_so_both_ways(
    willing_patient: Patient, admin: StaffUser, noon: datetime
) -> None:
    line = ConsentRecord.objects.get(patient=willing_patient)
    mistake = consent.correct(line, evidence=DESK, at=noon)

    first, second = proof_of(willing_patient, admin, noon)["ledger"]

    assert first["taken_back_by_line"] == mistake.pk
    assert second["takes_back_line"] == line.pk


def test_a_proof_tells_nothing_of_others_on_the_number(
    sender: Sender, admin: StaffUser, noon: datetime
) -> None:
    mother = factories.make_patient(sender.clinic, given_name="Marta", family_name="Gil")
    phone = factories.phone_of(mother)
    child = factories.make_patient(sender.clinic, phone=phone, given_name="Bruno")
    told = consent.Evidence(GivenHow.BY_PHONE, text="Marta Gil rang")
    consent.withdraw(None, phone, [Purpose.FEEDBACK], evidence=told, at=noon)
    consent.decline(mother, phone, [Purpose.MARKETING], evidence=told, at=noon)
    sent(sender, mother, noon, body="Hola Marta")
    both = sent(sender, mother, noon, body="Marta, Bruno", is_shared=True)
    AlsoAbout.objects.create(message=both, patient=child)
    said = {"clinic": sender.clinic, "sender": sender, "phone": phone, "written_at": noon}
    stop = ReplyOutcome.STOPPED
    factories.make_reply(**said, wamid="wamid.9", kind="text", text="STOP, Marta", outcome=stop)

    page = exporting.as_page(child, by=admin, now=noon)
    file = exporting.as_json(child, by=admin, now=noon)

    for proof in (page, file):
        assert "Bruno" in proof
        assert "Marta" not in proof
        assert "Gil" not in proof
        assert phone.number not in proof
    assert len(json.loads(file)["messages"]) == 1
    assert [line["for"] for line in json.loads(file)["ledger"]].count("offers") == 0


def test_a_proof_takes_no_mark_up_from_what_people_wrote(
    willing_patient: Patient, admin: StaffUser, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    told = consent.Evidence(GivenHow.AT_DESK, text="<script>alert(1)</script>")
    consent.grant(willing_patient, phone, [Purpose.FEEDBACK], evidence=told, at=noon)

    assert "<script>" not in exporting.as_page(willing_patient, by=admin, now=noon)


def test_a_patient_without_a_number_has_a_proof_too(
    sunrise_clinic: Clinic, admin: StaffUser, noon: datetime
) -> None:
    patient = factories.make_patient(sunrise_clinic)
    Contact.objects.filter(patient=patient).update(phone=None)

    assert len(proof_of(patient, admin, noon)["ledger"]) == 1
    assert "Nothing." in exporting.as_page(patient, by=admin, now=noon)


@pytest.mark.parametrize("name", ["proof", "proof_json"])
def test_a_proof_is_taken_out_after_the_password_and_the_audit_says_so(
    client: Client, admin: StaffUser, willing_patient: Patient, name: str
) -> None:
    address = reverse(f"admin:clinic_patient_{name}", args=[willing_patient.pk])
    asked = signed_in(client, admin, typed_the_password=False).get(address)
    assert asked["Location"].startswith(reverse("sign_in_again"))
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE clinic_auditnote")

    answer = signed_in(client, admin).get(address)

    assert "attachment" in answer["Content-Disposition"]
    assert willing_patient.family_name in answer.content.decode()
    assert willing_patient.family_name not in answer["Content-Disposition"]
    (note,) = AuditNote.objects.filter(kind="EXPORT")
    assert (note.by_id, note.patient_id) == (admin.pk, willing_patient.pk)


def test_the_patients_page_offers_the_proof_to_those_who_may(
    client: Client, admin: StaffUser, willing_patient: Patient
) -> None:
    page = reverse("patient", args=[willing_patient.pk])
    proof = reverse("admin:clinic_patient_proof", args=[willing_patient.pk])
    assert proof in signed_in(client, admin).get(page).content.decode()

    admin.groups.set([Group.objects.get(name="Reception")])
    assert proof not in client.get(page).content.decode()
    assert client.get(proof).status_code == 403
    admin.groups.set([Group.objects.get(name="Auditor")])
    assert client.get(proof).status_code == 200


def test_the_patients_page_says_the_legal_basis_of_each_purpose(
    client: Client, admin: StaffUser, willing_patient: Patient
) -> None:
    LegalBasis.objects.create(clinic=willing_patient.clinic, purpose="PREVENTION", basis="CARE")
    page = reverse("patient", args=[willing_patient.pk])

    shown = signed_in(client, admin).get(page).content.decode()

    # Beside the permission, and among those of all purposes.
    basis = "Legal basis: part of the care"
    assert shown.count(f'<span class="tip">{basis}</span></dt>') == 1
    assert shown.count(f"<dd>{basis}</dd>") == 1
    assert shown.count("Legal basis not written down") == 4


def test_a_phone_of_earlier_is_masked_once_others_have_it(
    sender: Sender, admin: StaffUser, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic)
    phone: Phone = factories.phone_of(patient)
    Contact.objects.filter(patient=patient).update(phone=factories.make_phone(sender.clinic))
    factories.make_patient(sender.clinic, phone=phone)
    consent.stop(phone, evidence=DESK, at=noon)

    proof = exporting.as_json(patient, by=admin, now=noon)

    assert phone.number not in proof
    assert len(json.loads(proof)["ledger"]) == 1


def test_offers_always_need_consent(sunrise_clinic: Clinic) -> None:
    basis = LegalBasis(clinic=sunrise_clinic, purpose="MARKETING", basis="INTERESTS")

    with pytest.raises(ValidationError, match="Offers always need consent"):
        basis.full_clean()
    with pytest.raises(IntegrityError, match="legal_basis_of_offers_is_consent"):
        basis.save()
