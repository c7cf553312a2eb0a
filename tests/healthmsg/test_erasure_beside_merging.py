"""A patient is deleted at the very moment at which two records are put together."""

import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection, transaction

from healthmsg.clinic.models import Patient
from healthmsg.desk.merging import joining
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.privacy import erasing
from healthmsg.desk.privacy.models import Removal
from tests import factories
from tests.reminders.test_races import PATIENCE, Elsewhere
from whatsapp.models import Sender

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


class Stage:
    """Two records of one person, and somebody who puts them together or deletes one."""

    def __init__(self, sender: Sender, noon: datetime, files: Path) -> None:
        self.kept, self.merged = (factories.make_patient(sender.clinic) for _ in range(2))
        for one in (self.kept, self.merged):
            factories.make_visit(one, starts_at=noon + DAY)
        self.lead, self.noon, self.files = factories.make_person("lead"), noon, files

    def merge(self) -> PatientMerge:
        return joining.merge(
            self.kept, self.merged, proof="1980-01-01", by=self.lead, now=self.noon
        )

    def erase(self, patient: Patient) -> Removal | None:
        return erasing.erase(
            patient, reason="asked", by=None, key="k" * 30, files=self.files, now=self.noon
        )

    def erased(self) -> list[bool]:
        rows = Patient.objects.filter(pk__in=[self.kept.pk, self.merged.pk]).order_by("pk")
        return [row.erased_at is not None for row in rows]


@pytest.fixture
def stage(sender: Sender, noon: datetime, tmp_path: Path, settings: LazySettings) -> Stage:
    settings.STOP_JOURNAL_DIRECTORY = str(tmp_path / "stops")
    settings.NUMBERS_KEY = "k" * 30
    return Stage(sender, noon, tmp_path / "files")


def until_somebody_waits() -> None:
    deadline = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    pytest.fail("nobody waits")


def test_erasure_takes_along_what_is_being_put_to_the_record(stage: Stage) -> None:
    with transaction.atomic():
        stage.merge()
        deleting = Elsewhere(partial(stage.erase, stage.kept))
        until_somebody_waits()

    assert isinstance(deleting.wait(), Removal)
    assert stage.erased() == [True, True]


def test_erasure_of_what_is_being_put_to_another_record_is_refused(stage: Stage) -> None:
    """The rest of the person would stay, and a certificate would say that they were deleted."""
    with transaction.atomic():
        stage.merge()
        deleting = Elsewhere(partial(stage.erase, stage.merged))
        until_somebody_waits()

    assert isinstance(deleting.wait(), erasing.PutToAnother)
    assert stage.erased() == [False, False]
    assert not Removal.objects.exists()


def test_erasure_that_came_first_leaves_nothing_to_put_together(stage: Stage) -> None:
    with transaction.atomic():
        assert stage.erase(stage.kept)
        merging = Elsewhere(stage.merge)
        until_somebody_waits()

    assert isinstance(merging.wait(), joining.NotAlike)
    assert stage.erased() == [True, False]
    assert not PatientMerge.objects.exists()


def test_erasure_while_two_are_parted_leaves_the_other_one(stage: Stage) -> None:
    done = stage.merge()
    with transaction.atomic():
        joining.undo(done, by=stage.lead, now=stage.noon + DAY)
        deleting = Elsewhere(partial(stage.erase, stage.kept))
        until_somebody_waits()

    assert isinstance(deleting.wait(), Removal)
    assert stage.erased() == [True, False]
