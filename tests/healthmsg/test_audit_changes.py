"""Who changed what, from what to what: written by the database, whoever writes and however."""

from datetime import date, datetime

import pghistory
import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, models, transaction
from django.db.models import F

from healthmsg.clinic import audit_triggers, audited
from healthmsg.clinic.models import (
    AuditNote,
    Clinic,
    Contact,
    Patient,
    Phone,
    PhoneState,
    StaffUser,
)
from tests import factories

pytestmark = pytest.mark.django_db


def notes(model: str) -> list[AuditNote]:
    return list(AuditNote.objects.filter(model=model.lower()).order_by("pk"))


def forget() -> None:
    """Begin anew: what setting the scene has written does not count."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE clinic_auditnote")


def test_audit_watches_every_table_or_says_why_not() -> None:
    """By apps of our own and Django's; what another library brings is named where it is brought."""
    labels = {model._meta.label for model in apps.get_models()}

    assert labels == {*audited.WATCHED, *audited.NOT_WATCHED}
    assert set(audited.WATCHED) & set(audited.NOT_WATCHED) == set()


def test_audit_triggers_stand_and_name_columns_that_are_there() -> None:
    assert audit_triggers.missing() == {}
    for model, how in audited.watched().items():
        columns = {field.column for field in model._meta.concrete_fields}
        assert columns >= {*how.only, *how.silent, *how.hidden}, model


def test_audit_tells_who_changed_what_from_what_to_what_and_from_where(
    willing_patient: Patient,
) -> None:
    forget()
    told = {"user": 7, "address": "192.0.2.1", "path": "admin:clinic_patient_change"}

    with pghistory.context(**told):
        willing_patient.family_name, willing_patient.birth_date = "Sol", date(1981, 2, 3)
        willing_patient.save()

    (note,) = AuditNote.objects.all()
    assert (note.kind, note.verb, note.by_id) == ("CHANGE", "UPDATE", 7)
    assert (note.address, note.path) == ("192.0.2.1", "admin:clinic_patient_change")
    assert (note.model, note.row_id) == ("clinic.patient", str(willing_patient.pk))
    assert (note.patient_id, note.clinic_id) == (willing_patient.pk, willing_patient.clinic_id)
    assert note.before is not None
    assert note.before.keys() == {"family_name", "birth_date"}
    assert note.after == {"family_name": "Sol", "birth_date": "1981-02-03"}


def test_audit_finds_the_patient_and_the_clinic_behind_a_row(willing_patient: Patient) -> None:
    forget()

    Contact.objects.filter(patient=willing_patient).update(language="fr")
    willing_patient.contacts.all().delete()

    changed, removed = notes("clinic.Contact")
    assert changed.patient_id == removed.patient_id == willing_patient.pk
    assert changed.clinic_id == removed.clinic_id == willing_patient.clinic_id
    assert (changed.before, changed.after) == ({"language": "es"}, {"language": "fr"})
    assert removed.before is not None
    assert removed.before["language"] == "fr"


def test_audit_writes_what_many_rows_were_entered_as(sunrise_clinic: Clinic) -> None:
    forget()

    with pghistory.context(done_by="task desk.bring_in"):
        Patient.objects.bulk_create(
            Patient(clinic=sunrise_clinic, given_name=f"Ana{n}", family_name="Paz")
            for n in range(3)
        )

    entered = notes("clinic.Patient")
    assert [note.done_by for note in entered] == ["task desk.bring_in"] * 3
    assert [(note.after or {})["given_name"] for note in entered] == ["Ana0", "Ana1", "Ana2"]
    assert {note.patient_id for note in entered} == set(
        Patient.objects.values_list("pk", flat=True)
    )


def test_audit_says_nothing_where_nothing_changed(willing_patient: Patient) -> None:
    forget()

    willing_patient.save()
    StaffUser.objects.all().update(username=F("username"))

    assert not AuditNote.objects.exists()


def test_audit_says_nothing_of_what_machines_write(
    willing_patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    person = factories.make_person("alex")
    forget()

    Phone.objects.filter(pk=phone.pk).update(
        last_inbound_at=noon, state=PhoneState.REACHED, failed_days=1, wa_id="5491155500001"
    )
    StaffUser.objects.filter(pk=person.pk).update(last_login=noon)

    assert not AuditNote.objects.exists()


def test_audit_tells_that_a_number_was_stopped_and_never_the_number(
    willing_patient: Patient,
) -> None:
    phone = factories.phone_of(willing_patient)
    forget()

    Phone.objects.filter(pk=phone.pk).update(state=PhoneState.STOPPED, number="+5491155599999")

    (note,) = notes("clinic.Phone")
    assert note.after == {"state": "STOPPED", "number": "…"}
    assert note.before == {"state": "NEW", "number": "…"}


def test_audit_tells_that_a_password_changed_and_never_the_password() -> None:
    person = factories.make_person("alex")
    forget()

    person.set_password("quite another one")
    person.save()

    (note,) = notes("clinic.StaffUser")
    assert (note.before, note.after) == ({"password": "…"}, {"password": "…"})


def test_audit_tells_who_was_given_which_role(sunrise_clinic: Clinic) -> None:
    person, group = factories.make_person("alex"), Group.objects.create(name="Night shift")
    forget()

    person.groups.add(group)
    person.clinics.add(sunrise_clinic)
    person.groups.clear()

    given, taken = notes("clinic.StaffUser_groups")
    assert (given.verb, taken.verb) == ("INSERT", "DELETE")
    assert given.after is not None
    assert (given.after["staffuser_id"], given.after["group_id"]) == (person.pk, group.pk)
    assert len(notes("clinic.StaffUser_clinics")) == 1


def test_audit_of_a_change_that_is_taken_back_is_taken_back(willing_patient: Patient) -> None:
    forget()

    with transaction.atomic():
        Patient.objects.filter(pk=willing_patient.pk).update(family_name="Sol")
        transaction.set_rollback(True)

    assert not AuditNote.objects.exists()


def test_audit_names_are_forgotten_with_the_transaction(willing_patient: Patient) -> None:
    with pghistory.context(user=7):
        Patient.objects.filter(pk=willing_patient.pk).update(family_name="Sol")
    forget()

    with connection.cursor() as cursor:
        # As after a commit: what was local to it is empty, not gone.
        cursor.execute("SELECT set_config('pghistory.context_metadata', '', true)")
    Patient.objects.filter(pk=willing_patient.pk).update(family_name="Mar")

    (note,) = notes("clinic.Patient")
    assert (note.by_id, note.done_by) == (None, "")


@pytest.mark.parametrize("how", ["update", "delete"])
def test_audit_notes_stand_until_they_are_sealed(willing_patient: Patient, how: str) -> None:
    rows = AuditNote.objects.filter(patient_id=willing_patient.pk)

    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        rows.update(by_id=1) if how == "update" else rows.delete()


def test_audit_triggers_make_way_for_a_column_that_changes_its_type() -> None:
    """What a migration does: a plan, the change, and everything stands again."""
    audit_triggers.lay_down(plan=[("a migration", False)])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE whatsapp_portfolio ALTER COLUMN name TYPE varchar(90)")
        # Without columns in its condition a trigger stands in nobody's way.
        cursor.execute("ALTER TABLE clinic_clinician ALTER COLUMN name TYPE varchar(70)")
    assert "whatsapp_portfolio" in audit_triggers.missing()

    audit_triggers.install()

    assert audit_triggers.missing() == {}


def test_audit_triggers_that_somebody_switched_off_are_missed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE clinic_patient DISABLE TRIGGER audit_update")

    assert set(audit_triggers.missing()) == {"clinic_patient"}


def test_audit_never_watches_what_receipts_and_claims_write() -> None:
    hot = {"whatsapp.Message", "whatsapp.Reply", "whatsapp.Delivery", "reminders.Reminder"}

    assert hot | {"campaigns.Recipient"} <= set(audited.NOT_WATCHED)


def test_audit_hides_every_column_that_holds_bytes() -> None:
    for model, how in audited.watched().items():
        held = {f.column for f in model._meta.concrete_fields if isinstance(f, models.BinaryField)}
        assert held <= {*how.hidden}, model
