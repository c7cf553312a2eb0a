from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import people
from healthmsg.clinic.models import Patient, PatientState
from tests import factories


def test_a_state_keeps_its_reason_and_its_moment(willing_patient: Patient, noon: datetime) -> None:
    until = (noon + timedelta(days=3)).date()

    assert people.pause(willing_patient, until=until, reason="in hospital", now=noon)

    row = Patient.objects.get(pk=willing_patient.pk)
    assert (row.state, row.state_reason) == (PatientState.PAUSED, "in hospital")
    assert (row.state_changed_at, row.paused_until) == (noon, until)
    assert willing_patient.state == PatientState.PAUSED


@pytest.mark.parametrize(
    ("enter", "undo"),
    [
        pytest.param(people.decease, people.revive, id="death"),
        pytest.param(people.let_go, people.take_back, id="farewell"),
    ],
)
def test_each_happens_once_and_is_undone_once(
    willing_patient: Patient,
    noon: datetime,
    enter: Callable[..., bool],
    undo: Callable[..., bool],
) -> None:
    assert not undo(willing_patient, now=noon)

    assert [enter(willing_patient, now=noon) for _ in range(2)] == [True, False]
    assert [undo(willing_patient, now=noon) for _ in range(2)] == [True, False]

    assert willing_patient.state == PatientState.ACTIVE


def test_a_pause_is_resumed_once_and_may_be_prolonged(
    willing_patient: Patient, noon: datetime
) -> None:
    people.pause(willing_patient, until=noon.date(), now=noon)
    assert people.pause(willing_patient, until=None, now=noon)
    assert willing_patient.paused_until is None

    assert [people.resume(willing_patient, now=noon) for _ in range(2)] == [True, False]


def test_nobody_is_paused_or_let_go_after_death(willing_patient: Patient, noon: datetime) -> None:
    people.decease(willing_patient, now=noon)

    assert not people.pause(willing_patient, until=None, now=noon)
    assert not people.let_go(willing_patient, now=noon)
    assert not people.resume(willing_patient, now=noon)

    assert willing_patient.state == PatientState.DECEASED


def test_a_pause_ends_when_the_day_comes_at_the_clinic(db: None, noon: datetime) -> None:
    early, late = (
        factories.make_patient(factories.make_clinic(time_zone=zone))
        for zone in ("Pacific/Apia", "America/Los_Angeles")
    )
    for patient in (early, late):
        people.pause(patient, until=(noon + timedelta(days=1)).date(), now=noon)

    assert people.with_ended_pause(now=noon) == [early]
    assert people.with_ended_pause(now=noon + timedelta(days=1)) == [early, late]
