"""What is still read when a patient is gone does not say who that was."""

import io
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.db.models import Max
from django.test import Client
from django.utils import timezone

from healthmsg.clinic.models import AuditNote, Clinic, LegalHold, Patient
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


class Before(NamedTuple):
    """Certificates and a hold from before names were refused in their reasons."""

    told: Removal
    kept: Removal
    of_gone: Removal
    hold: LegalHold

    def reasons(self) -> list[str]:
        for row in self:
            row.refresh_from_db()
        return [row.reason for row in self]


@pytest.fixture
def before(sunrise_clinic: Clinic, patient: Patient, noon: datetime) -> Before:
    gone = factories.make_patient(sunrise_clinic, given_name="Zwitscha")
    Patient.objects.filter(pk=gone.pk).update(erased_at=noon)
    wish = {"clinic": sunrise_clinic, "kind": "COPY", "decided_at": noon}
    told, kept, of_gone = (
        Removal.objects.create(patient_number=one.pk, reason=reason, **wish)
        for one, reason in ((patient, "José asked"), (patient, "in person"), (gone, "Zwitscha"))
    )
    hold = LegalHold.objects.create(patient=patient, reason="Lucía's lawyer", placed_at=noon)
    return Before(told, kept, of_gone, hold)


def look_through(**options: object) -> str:
    printed = io.StringIO()
    call_command("look_through_reasons", stdout=printed, **options)
    return printed.getvalue()


WERE = ["José asked", "in person", "Zwitscha", "Lucía's lawyer"]


def test_reasons_from_before_that_was_asked_are_listed_without_a_word(before: Before) -> None:
    printed = look_through()

    known, to_read = printed.split("2 reasons say")[1].split("1 are of patients")
    assert str(before.told) in known
    assert str(before.hold) in known
    assert str(before.of_gone) in to_read
    assert str(before.kept) not in known + to_read
    assert "Nothing was removed." in printed
    assert "--remove 2" in printed
    assert not any(word in printed for word in ("José", "Luc", "Zwitscha"))
    assert before.reasons() == WERE


def test_reasons_that_say_who_go_once_their_count_is_confirmed(before: Before) -> None:
    assert "2 reasons were removed." in look_through(remove=2)

    day = f"– {timezone.now().date()}"
    assert before.reasons() == [day, "in person", "Zwitscha", day]
    assert "0 reasons say" in look_through()
    assert "2 reasons were removed." not in look_through(remove=0)


def test_of_patients_who_are_gone_only_what_somebody_has_read_goes(before: Before) -> None:
    assert "3 reasons were removed." in look_through(remove=3, read=[before.of_gone.pk])

    assert before.reasons()[2] == f"– {timezone.now().date()}"
    assert "0 are of patients who are gone" in look_through()


@pytest.mark.parametrize("wish", [{"remove": 1}, {"remove": 3}, {"remove": 3, "read": ["kept"]}])
def test_another_count_or_another_certificate_removes_nothing(
    before: Before, wish: dict[str, Any]
) -> None:
    if "read" in wish:
        wish = wish | {"read": [before.kept.pk]}

    with pytest.raises(CommandError, match="Nothing was removed"):
        look_through(**wish)

    assert before.reasons() == WERE


def test_the_audit_says_of_each_that_its_reason_went_and_not_what_it_was(
    before: Before, sunrise_clinic: Clinic
) -> None:
    last = AuditNote.objects.aggregate(last=Max("pk"))["last"] or 0

    look_through(remove=2)

    notes = AuditNote.objects.filter(pk__gt=last).order_by("model")
    told = [(one.model, one.row_id, one.verb, one.done_by, one.clinic_id) for one in notes]
    by = "command look_through_reasons"
    assert told == [
        ("clinic.legalhold", str(before.hold.pk), "UPDATE", by, sunrise_clinic.pk),
        ("desk.removal", str(before.told.pk), "UPDATE", by, sunrise_clinic.pk),
    ]
    assert not any(one.before or one.after for one in notes)


def test_nobody_else_changes_a_reason(before: Before) -> None:
    look_through(remove=2)

    for row in (before.kept, before.hold):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(reason="another")
