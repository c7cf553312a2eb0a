"""Which past visits stay although they are old, and what pages and the audit say of those gone."""

from collections.abc import Callable
from datetime import datetime

import pgtrigger
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from healthmsg.clinic import erasure
from healthmsg.clinic.models import Appointment, AuditNote, Patient, VisitStatus
from healthmsg.desk import timeline
from healthmsg.desk.calling import reasons
from healthmsg.desk.privacy import retention
from healthmsg.desk.privacy.models import RetentionRun
from healthmsg.desk.told_why import of_message
from reminders import attendance
from reminders import retention as visits
from reminders.models import CallOutcome, FreedSlot, SlotOffer
from tests import factories
from tests.healthmsg.test_days_in_numbers import Stage
from tests.healthmsg.test_past_visits import (
    DAY,
    FAR,
    about,
    hang_everything,
    remove,
    stage,
    told,
    wished,
)
from tests.healthmsg.test_retention import YEAR
from whatsapp.models import AlsoAbout, Message
from whatsapp.status import Status

__all__ = ["stage"]
pytestmark = pytest.mark.django_db


def waits(stage: Stage, visit: Appointment, now: datetime) -> None:
    queued = {"status": Status.QUEUED, "send_after": now}
    about(stage, visit, visit.starts_at, **queued)


def is_said(stage: Stage, visit: Appointment, now: datetime) -> None:
    about(stage, visit, now - DAY)


def waits_for_another(stage: Stage, visit: Appointment, now: datetime) -> None:
    other = factories.make_patient(stage.clinic)
    message = factories.make_message(
        stage.sender, other, created_at=visit.starts_at, is_shared=True
    )
    AlsoAbout.objects.create(message=message, patient=visit.patient, appointment=visit)


def is_held(_stage: Stage, visit: Appointment, now: datetime) -> None:
    erasure.place_hold(visit.patient, reason="a court asks", by=None, now=now)


def was_offered_to_who_is_held(stage: Stage, visit: Appointment, now: datetime) -> None:
    other = told(stage, now - DAY, patient=factories.make_patient(stage.clinic))
    slot = FreedSlot.objects.create(
        clinic=stage.clinic,
        site=visit.site,
        kind=visit.kind,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        left_by=visit,
        left_version=1,
        freed_at=now,
    )
    SlotOffer.objects.create(slot=slot, wish=wished(other), offered_at=now)
    is_held(stage, other, now)


@pytest.mark.parametrize(
    "keeps",
    [waits, is_said, waits_for_another, is_held, was_offered_to_who_is_held],
    ids=lambda keeps: keeps.__name__,
)
def test_a_visit_that_is_still_needed_stays(
    stage: Stage, noon: datetime, keeps: Callable[[Stage, Appointment, datetime], None]
) -> None:
    visit = told(stage, noon - FAR)
    assert list(visits.past(stage.clinic, before=noon - YEAR)) == [visit]

    keeps(stage, visit, noon)

    assert remove(stage.clinic, noon).removed == 0
    assert Appointment.objects.filter(pk=visit.pk).exists()


def test_attack_the_audit_does_not_keep_once_more_what_a_rule_removes(
    stage: Stage, noon: datetime
) -> None:
    old = told(stage, noon - FAR, cancel_reason="has a fever")
    wished(old)
    since = AuditNote.objects.latest("pk").pk

    remove(stage.clinic, noon)
    noted = AuditNote.objects.filter(pk__gt=since, verb="DELETE")
    assert not noted.exists()

    # Whoever else does it is written down.
    bare = factories.make_visit(stage.patient, starts_at=noon, cancel_reason="has a fever")
    Appointment.objects.filter(pk=bare.pk).delete()
    assert [note.model for note in noted] == ["clinic.appointment"]


def test_attack_no_call_goes_but_by_the_rule(stage: Stage, noon: datetime) -> None:
    visit = told(stage, noon - FAR)
    hang_everything(stage, visit, told(stage, noon - DAY))

    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        visit.calls.all().delete()
    remove(stage.clinic, noon)
    assert not CallOutcome.objects.exists()
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        RetentionRun.objects.all().delete()
    assert "reminders.CallOutcome:call_stays" in {
        f"{model._meta.label}:{one.name}" for model, one in pgtrigger.registered()
    }


def test_the_patients_page_says_what_was_removed_and_when(stage: Stage, noon: datetime) -> None:
    Patient.objects.filter(pk=stage.patient.pk).update(created_at=noon - FAR)
    stage.patient.refresh_from_db()
    told(stage, noon - FAR)
    message = Message.objects.get()
    held = factories.make_patient(stage.clinic, created_at=noon - FAR)
    is_held(stage, told(stage, noon - FAR, patient=held), noon)

    remove(stage.clinic, noon)

    assert removals(stage.patient) == [
        "Visits before 10 March 2025: removed by policy on 10 March 2026"
    ]
    assert removals(held) == removals(factories.make_patient(stage.clinic)) == []
    message.refresh_from_db()
    why = [decision.what for decision in of_message.decisions(message)]
    assert "The visit it was about was removed by policy since" in why


def removals(patient: Patient) -> list[str]:
    entries = timeline.of_patient(patient, factories.sees_all()).entries
    return [str(entry.what) for entry in entries if "removed by policy" in str(entry.what)]


def test_who_often_misses_is_judged_by_what_is_kept(stage: Stage, noon: datetime) -> None:
    for n in range(3):
        told(stage, noon - FAR - n * DAY)
    told(stage, noon - DAY, status=VisitStatus.SEEN)
    ahead = factories.make_visit(stage.patient, starts_at=noon + DAY)
    assert attendance.records([ahead])[ahead.pk].often_misses

    remove(stage.clinic, noon)

    record = attendance.records([ahead])[ahead.pk]
    assert (record.visits, record.missed, record.often_misses) == (1, 0, False)


def test_a_visit_is_called_the_first_only_where_none_can_have_been_removed(
    stage: Stage, noon: datetime
) -> None:
    Patient.objects.filter(pk=stage.patient.pk).update(created_at=noon - FAR)
    told(stage, noon - FAR, status=VisitStatus.SEEN)
    new = factories.make_patient(stage.clinic)
    patients = (stage.patient, new)
    ahead = [factories.make_visit(one, starts_at=noon + DAY, booked_at=noon) for one in patients]

    remove(stage.clinic, noon)

    with CaptureQueriesContext(connection) as asked:
        known = attendance.records(ahead, parted=retention.parted())
    assert len(asked) == 1
    assert [reasons.in_words(known[visit.pk]) for visit in ahead] == [[], ["first visit"]]
    assert [known[visit.pk].may_be_missed for visit in ahead] == [False, True]
