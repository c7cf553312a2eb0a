"""Certificates and what was decided once: nobody changes them, and those who must can read them."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, models, transaction
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, ClinicModeChange, LegalHold, Mode, StaffUser
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.models import Incident, Removal, RetentionRun
from healthmsg.desk.privacy.models import Kept, RemovalKind, RunState
from healthmsg.desk.register.models import IncidentLine, Step
from reminders.models import CallOutcome, Outcome
from tests import factories

pytestmark = pytest.mark.django_db


def written(clinic: Clinic, noon: datetime) -> dict[str, models.Model]:
    one, other = factories.make_patient(clinic), factories.make_patient(clinic)
    visit = factories.make_visit(one, starts_at=noon + timedelta(days=1))
    person = factories.make_person("sol")
    incident = Incident.objects.create(
        clinic=clinic, what="LOST", known_at=noon, entered_at=noon, affected=3
    )
    rows = (
        Removal.objects.create(
            clinic=clinic,
            kind=RemovalKind.PATIENT,
            patient_number=77,
            reason="asked by letter",
            counts={"messages": 12},
            decided_by=person,
            decided_at=noon,
        ),
        RetentionRun.objects.create(
            clinic=clinic,
            kind=Kept.MESSAGES,
            before=noon,
            expected=9,
            decided_by=person,
            decided_at=noon,
        ),
        IncidentLine.objects.create(incident=incident, at=noon, by=person, step=Step.NOTED),
        LegalHold.objects.create(patient=one, reason="a letter", placed_at=noon, placed_by=person),
        CallOutcome.objects.create(
            clinic=clinic,
            appointment=visit,
            version=1,
            number=1,
            outcome=Outcome.COMES,
            called_at=noon,
            called_by=person,
        ),
        PatientMerge.objects.create(
            clinic=clinic, kept=one, merged=other, merged_at=noon, merged_by=person
        ),
        ClinicModeChange.objects.create(
            clinic=clinic, mode=Mode.LIVE, changed_by=person, changed_at=noon, next_day_messages=3
        ),
    )
    return {row._meta.label: row for row in rows}


# What somebody would like to have been otherwise.
_FORGED: dict[str, dict[str, object]] = {
    "desk.Removal": {"decided_by": None},
    "desk.RetentionRun": {"expected": 1},
    "desk.IncidentLine": {"at": datetime.fromisoformat("2026-01-01T00:00:00Z")},
    "clinic.LegalHold": {"reason": "none"},
    "reminders.CallOutcome": {"outcome": Outcome.NO_ANSWER},
    "desk.PatientMerge": {"moved": {"clinic.Contact": [1]}},
    "clinic.ClinicModeChange": {"next_day_messages": 0},
}
_ENDS: dict[str, dict[str, object]] = {
    "desk.RetentionRun": {"removed": 9, "reached": 40, "state": RunState.DONE},
    "clinic.LegalHold": {"ended_at": factories.NOON},
    "reminders.CallOutcome": {"undone_at": factories.NOON},
    "desk.PatientMerge": {"undone_at": factories.NOON, "filled": {}},
}


@pytest.mark.parametrize("label", _FORGED)
def test_attack_nobody_changes_or_removes_what_was_decided(
    sunrise_clinic: Clinic, noon: datetime, label: str
) -> None:
    row = written(sunrise_clinic, noon)[label]
    rows = type(row)._default_manager.filter(pk=row.pk)

    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        rows.update(**_FORGED[label])
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        rows._raw_delete(rows.db)

    # How it ended, or how far it has come, is written into it.
    if label in _ENDS:
        assert rows.update(**_ENDS[label]) == 1


@pytest.mark.parametrize("role", ["Clinic admin", "Auditor"])
def test_role_reads_the_certificates_of_its_own_clinic(
    sunrise_clinic: Clinic, noon: datetime, client: Client, role: str
) -> None:
    rows = written(sunrise_clinic, noon)
    foreign = Removal.objects.create(
        clinic=factories.make_clinic(), kind=RemovalKind.COPY, reason="Zwitscha", decided_at=noon
    )
    RetentionRun.objects.update(
        state=RunState.STOPPED, finished_at=noon, stopped_by=factories.make_person("robin")
    )
    user = StaffUser.objects.create(username="reader", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)

    def page(model: str, row: models.Model | None = None) -> str:
        name = f"admin:desk_{model}_{'change' if row else 'changelist'}"
        return client.get(reverse(name, args=[row.pk] if row else [])).content.decode()

    listed, shown = page("removal"), page("removal", rows["desk.Removal"])
    assert "asked by letter" in listed
    assert "Zwitscha" not in listed
    assert client.get(reverse("admin:desk_removal_change", args=[foreign.pk])).status_code == 404
    for words in ("patient #77", "sol", "Messages we sent", "12"):
        assert words in shown
    assert "0 of 9" in page("retentionrun")
    assert "robin" in page("retentionrun", rows["desk.RetentionRun"])
