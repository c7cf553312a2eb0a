"""What people did to rows that the database does not watch, and what commands took out."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import ListEntry
from healthmsg.clinic import audit
from healthmsg.clinic.models import AuditLine, AuditNote, Clinic, Patient, StaffUser
from tests import factories
from whatsapp.models import Sender
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(sunrise_clinic: Clinic, client: Client) -> StaffUser:
    person = StaffUser.objects.create(username="alex", is_staff=True)
    person.clinics.add(sunrise_clinic)
    person.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(person)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE clinic_auditnote")
    return person


@pytest.mark.parametrize("how", ["one", "many"])
def test_audit_tells_who_took_a_message_back(
    client: Client, admin: StaffUser, sender: Sender, willing_patient: Patient, how: str
) -> None:
    now = timezone.now()
    waiting, sent = (
        factories.make_message(sender, willing_patient, created_at=now, **state)
        for state in ({}, {"status": Status.SENT, "send_after": None})
    )

    if how == "one":
        client.post(reverse("admin:whatsapp_message_take_back", args=[waiting.pk]))
    else:
        form = {"action": "take_back", "_selected_action": [waiting.pk, sent.pk]}
        client.post(reverse("admin:whatsapp_message_changelist"), form)

    (note,) = AuditNote.objects.filter(model="whatsapp.message", kind="CHANGE")
    assert (note.by_id, note.row_id, note.patient_id, note.clinic_id) == (
        *(admin.pk, str(waiting.pk)),
        *(willing_patient.pk, sender.clinic_id),
    )
    assert (note.before, note.after) == (
        {"status": Status.QUEUED},
        {"status": Status.WITHHELD, "reason": Reason.CANCELLED_BY_STAFF},
    )
    assert note.path.startswith("admin:whatsapp_message_")


def test_audit_tells_who_put_whom_on_a_list(
    client: Client, admin: StaffUser, sunrise_clinic: Clinic
) -> None:
    on_it, new = (factories.make_patient(sunrise_clinic, external_id=one) for one in ("H1", "H2"))
    chosen = factories.make_list(sunrise_clinic, on_it)

    client.post(
        reverse("admin:campaigns_patientlist_add_patients", args=[chosen.pk]),
        {"identifiers": "H1\nH2", "due_on": ""},
    )

    (note,) = AuditNote.objects.filter(model="campaigns.listentry")
    entry = ListEntry.objects.get(patient=new)
    assert (note.verb, note.by_id, note.row_id) == ("INSERT", admin.pk, str(entry.pk))
    assert (note.patient_id, note.clinic_id) == (new.pk, sunrise_clinic.pk)
    assert note.after == {"patient_list_id": chosen.pk}


def test_audit_tells_that_a_copy_was_taken_out(
    client: Client, settings: LazySettings, tmp_path: Path
) -> None:
    # Nobody who emptied a table first: what is held is waited for.
    client.force_login(StaffUser.objects.create_superuser("alex"))
    settings.BACKUP_KEY = "backup-key-of-the-tests-" + "k" * 20

    call_command("backup", to=tmp_path, stdout=StringIO())

    note = AuditNote.objects.get(kind="EXPORT")
    assert (note.done_by, note.path) == ("command backup", "backup")
    assert note.after is not None
    assert note.after["tables"] > 100
    while audit.seal(now=timezone.now()):
        pass
    line = AuditLine.objects.get(kind="EXPORT", path="backup")
    page = client.get(reverse("admin:clinic_auditline_change", args=[line.pk])).content.decode()
    assert "command backup" in page


def test_audit_tells_that_a_copy_was_put_in_its_place(
    sunrise_clinic: Clinic, settings: LazySettings, tmp_path: Path
) -> None:
    settings.STOP_JOURNAL_DIRECTORY = str(tmp_path / "stops")

    call_command("standstill", stdout=StringIO())
    call_command("check_audit", accept=True, stdout=StringIO())

    told = AuditNote.objects.filter(kind="CHANGE", model="").order_by("pk")
    assert [one.path for one in told] == ["standstill", "check_audit --accept"]
    assert {one.done_by for one in told} == {"command standstill", "command check_audit"}
