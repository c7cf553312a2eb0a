"""Two records of one person are put together while one of them has to be kept."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from healthmsg.clinic import audit, audit_cutting, erasure
from healthmsg.clinic.models import AuditLine, Clinic, LegalHold, Patient, StaffUser
from healthmsg.desk.merging import joining, one_person
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.privacy import erasing, ways
from healthmsg.desk.privacy.models import Kept
from tests import factories
from whatsapp.models import Message, Sender

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COURT, INSURER = "a court asks", "an insurer asks"


@pytest.fixture
def lead(db: None) -> StaffUser:
    return factories.make_person("lead")


@pytest.fixture
def kept(sunrise_clinic: Clinic) -> Patient:
    return factories.make_patient(sunrise_clinic)


@pytest.fixture
def merged(sunrise_clinic: Clinic) -> Patient:
    return factories.make_patient(sunrise_clinic)


def hold(patient: Patient, now: datetime, reason: str = COURT) -> None:
    assert erasure.place_hold(patient, reason=reason, by=None, now=now)


def merge(kept: Patient, merged: Patient, lead: StaffUser, now: datetime) -> PatientMerge:
    return joining.merge(kept, merged, proof="1980-01-01", by=lead, now=now)


def held_for(patient: Patient) -> list[str]:
    holds = LegalHold.objects.filter(patient=patient, ended_at=None)
    return list(holds.values_list("reason", flat=True))


def test_what_had_to_be_kept_is_kept_with_the_other_record(
    sender: Sender, kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    hold(merged, noon)
    factories.make_message(sender, merged, send_after=None, created_at=noon - DAY)
    old = ways.WAYS[Kept.MESSAGES].find
    assert not old(sender.clinic, noon).exists()

    merge(kept, merged, lead, noon + HOUR)

    assert (held_for(kept), held_for(merged)) == ([COURT], [COURT])
    assert Message.objects.get().patient == kept
    assert not old(sender.clinic, noon).exists()
    placed = LegalHold.objects.get(patient=kept)
    assert (placed.placed_at, placed.placed_by) == (noon + HOUR, lead)


def test_parted_again_both_are_kept(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    hold(merged, noon)
    done = merge(kept, merged, lead, noon + HOUR)

    assert joining.undo(done, by=lead, now=noon + DAY)

    assert (held_for(kept), held_for(merged)) == ([COURT], [COURT])


def test_a_hold_of_the_kept_record_keeps_the_other_one_too(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    hold(kept, noon)
    done = merge(kept, merged, lead, noon + HOUR)
    assert (held_for(kept), held_for(merged)) == ([COURT], [COURT])

    assert joining.undo(done, by=lead, now=noon + DAY)

    assert (held_for(kept), held_for(merged)) == ([COURT], [COURT])


def test_audit_lines_of_a_record_that_was_put_to_another_stay(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    audit.seal(now=noon)
    first = AuditLine.objects.filter(patient_id=merged.pk).order_by("pk")[0]
    merge(kept, merged, lead, noon)

    assert one_person.place_hold(kept, reason=COURT, by=lead, now=noon)

    assert audit_cutting.last_to_go(before=noon + DAY) < first.pk
    assert (held_for(kept), held_for(merged)) == ([COURT], [COURT])


def test_a_hold_reaches_records_that_were_put_to_the_other_one_before(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    earlier = factories.make_patient(kept.clinic)
    merge(merged, earlier, lead, noon)
    hold(kept, noon)

    merge(kept, merged, lead, noon + HOUR)

    assert [held_for(one) for one in (kept, merged, earlier)] == [[COURT]] * 3


@pytest.mark.parametrize("whose", ["kept", "merged"])
def test_a_hold_that_ended_stays_where_it_was(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime, whose: str
) -> None:
    held = kept if whose == "kept" else merged
    hold(held, noon)
    erasure.end_hold(held, by=None, now=noon)

    done = merge(kept, merged, lead, noon + HOUR)
    assert LegalHold.objects.get().patient == held
    assert joining.undo(done, by=lead, now=noon + DAY)

    assert LegalHold.objects.get().patient == held
    assert (held_for(kept), held_for(merged)) == ([], [])


def test_a_hold_ends_on_both_records(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime, tmp_path: Path
) -> None:
    hold(merged, noon)
    merge(kept, merged, lead, noon + HOUR)

    assert one_person.end_hold(kept, by=lead, now=noon + DAY)
    assert not one_person.end_hold(kept, by=lead, now=noon + DAY)

    asked = {"reason": "asked", "by": None, "key": "k" * 30, "files": tmp_path}
    assert erasing.erase(kept, now=noon + DAY, **asked)  # type: ignore[arg-type]


def test_of_two_reasons_the_other_one_still_holds(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    """Nobody ends by one word what they were not shown."""
    hold(merged, noon, INSURER)
    hold(kept, noon, COURT)
    merge(kept, merged, lead, noon + HOUR)
    assert held_for(kept) == [COURT]

    one_person.end_hold(kept, by=lead, now=noon + DAY)
    assert (held_for(kept), held_for(merged)) == ([INSURER], [INSURER])

    one_person.end_hold(kept, by=lead, now=noon + 2 * DAY)
    assert not one_person.is_on_hold(kept)
