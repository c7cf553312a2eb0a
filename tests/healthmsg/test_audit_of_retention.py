"""What a rule of retention lets go of is not written into the audit as it goes."""

from datetime import datetime

import pytest

from healthmsg.clinic.models import AuditNote
from healthmsg.desk.privacy import retention
from healthmsg.desk.privacy.models import Kept
from tests import factories
from tests.healthmsg.test_retention import YEAR, begin
from whatsapp.models import Sender

pytestmark = pytest.mark.django_db


def test_audit_does_not_keep_once_more_what_a_rule_lets_go_of(
    sender: Sender, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic)
    said = {"cancel_reason": "has a fever"}
    visit = factories.make_visit(patient, starts_at=noon - 2 * YEAR, external_id="B-1", **said)
    other = factories.make_visit(patient, starts_at=noon, external_id="B-2", **said)
    since = AuditNote.objects.latest("pk").pk

    begin(sender.clinic, Kept.VISITS, noon)
    retention.go_on(now=noon, seconds=5)
    noted = AuditNote.objects.filter(model="clinic.appointment", pk__gt=since).order_by("pk")
    assert not noted.exists()

    for one in (visit, other):
        type(one).objects.filter(pk=one.pk).update(external_id="", status="MISSED")
    assert [sorted(note.before or ()) for note in noted] == [["status"], ["external_id", "status"]]


def test_audit_notes_words_of_a_visit_that_a_person_blanks(sender: Sender, noon: datetime) -> None:
    visit = factories.make_visit(
        factories.make_patient(sender.clinic), starts_at=noon, external_id="B-1"
    )
    since = AuditNote.objects.latest("pk").pk

    type(visit).objects.filter(pk=visit.pk).update(external_id="")

    assert [note.before for note in AuditNote.objects.filter(pk__gt=since)] == [
        {"external_id": "B-1"}
    ]
