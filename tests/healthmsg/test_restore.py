"""Restored in mid-campaign: nothing leaves by itself, nothing twice, no stop is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from campaigns import launching
from campaigns.models import Campaign, Recipient, Run, RunStatus
from healthmsg.clinic import audit, consent, people, protections
from healthmsg.clinic.models import (
    AuditNote,
    Clinic,
    GivenHow,
    Patient,
    PatientState,
)
from healthmsg.desk.backups import dumping, ends, standstills
from healthmsg.desk.backups.programs import ProgramFailed
from reminders import call_list, queueing
from reminders.models import Reminder, ReminderRule, ReminderStatus
from reminders.standing import Standing
from tests import factories
from tests.campaigns.conftest import campaign
from tests.campaigns.invitees import invite
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import around_the, take_a_turn
from whatsapp.models import Message, Sender, Switch
from whatsapp.status import Reason, Status

__all__ = ["campaign"]
pytestmark = pytest.mark.django_db(transaction=True)

KEY = "backup-key-of-the-tests-" + "k" * 20
HOUR = timedelta(hours=1)
# The sandbox knows it too.
TEMPLATE, WORDS = "please_contact_us", "{{contact_name}} {{clinic_name}} {{clinic_phone}}"
SAID = consent.Evidence(GivenHow.BY_MESSAGE)


@pytest.fixture(autouse=True)
def _house(settings: LazySettings, tmp_path: Path) -> None:
    settings.BACKUP_KEY = KEY
    settings.STOP_JOURNAL_DIRECTORY = str(tmp_path / "stops")
    settings.MACHINE_FILE = str(tmp_path / "machine")


@pytest.fixture
def empty_server() -> Iterator[str]:
    """The name of a database without a table; gone afterwards."""
    old, new = connection.settings_dict["NAME"], "restored_here"
    connection.set_autocommit(True)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(new)))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(new)))
    yield new
    move_to(old)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(new)))


def move_to(name: str) -> None:
    """From here on this process is on another server."""
    connection.close()
    connection.settings_dict["NAME"] = name


def backup_into(directory: Path) -> Path:
    call_command("backup", to=directory, stdout=StringIO())
    return next(directory.glob("*.healthmsg"))


def restore(file: Path, **options: object) -> str:
    said = StringIO()
    call_command("restore", str(file), stdout=said, **options)
    return said.getvalue()


def everything_is_held() -> bool:
    return Switch.objects.filter(name=Switch.Name.EVERYTHING, held_at__isnull=False).exists()


@dataclass(frozen=True)
class House:
    """A restored house, what the old machine had sent, and who is in it."""

    campaign: Campaign
    invited: list[Patient]
    planned: Reminder
    sandbox: SandboxProcess
    sent: int
    said: str

    def tick(self, now: datetime) -> int:
        """All that ticks ticks; return how many messages have left since the restore."""
        launching.pour(now=now)
        queueing.queue_due(now=now, limit=10)
        take_a_turn(around_the(self.sandbox, now))
        return len(self.sandbox.accepted()) - self.sent

    def let_go(self, now: datetime) -> None:
        standstill = standstills.current()
        assert standstill is not None
        assert standstills.end(standstill, by=None, other_off_at=now, now=now)


def plan_a_reminder(clinic: Clinic, noon: datetime) -> Reminder:
    visit = factories.make_visit(factories.make_patient(clinic), starts_at=noon + 20 * HOUR)
    rule = ReminderRule.objects.create(
        clinic=clinic, name="the day before", anchor="STARTS", template_name=TEMPLATE
    )
    return Reminder.objects.create(
        appointment=visit,
        version=visit.version,
        rule=rule,
        starts_at=visit.starts_at,
        site=visit.site,
        due_at=noon + timedelta(minutes=1),
        useful_until=visit.starts_at,
        planned_at=noon - HOUR,
        changed_at=noon - HOUR,
    )


@pytest.fixture
def restored(
    campaign: Campaign, sandbox: SandboxProcess, empty_server: str, tmp_path: Path, noon: datetime
) -> House:
    factories.make_template(Sender.objects.get().account, name=TEMPLATE, body=WORDS)
    Campaign.objects.update(template_name=TEMPLATE)
    invited = [invite(campaign) for _ in range(6)]
    planned = plan_a_reminder(campaign.clinic, noon)
    Patient.objects.update(created_at=noon - HOUR)
    launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon, portion=2)
    take_a_turn(around_the(sandbox, noon))
    launching.pour(now=noon, portion=2)
    file = backup_into(tmp_path / "backups")
    # The old machine goes on for a while.
    launching.pour(now=noon, portion=2)
    queueing.queue_due(now=noon + timedelta(minutes=2), limit=10)
    take_a_turn(around_the(sandbox, noon + timedelta(minutes=2)))
    consent.stop(factories.phone_of(invited[0]), evidence=SAID, at=noon + HOUR)
    people.decease(invited[1], now=noon + HOUR)
    audit.seal(now=timezone.now())
    ends.begin_anew(tmp_path / "stops", now=timezone.now())
    sent = len(sandbox.accepted())
    assert sent == 7
    move_to(empty_server)
    said = restore(file)
    return House(campaign, invited, planned, sandbox, sent, said)


def test_restore_in_the_middle_of_a_campaign_sends_nothing_by_itself(
    restored: House, noon: datetime
) -> None:
    assert "sent: 2 messages, 1 reminders, 2 invitations" in restored.said
    assert everything_is_held()

    assert restored.tick(noon + 2 * HOUR) == 0


def test_restore_leaves_what_was_due_in_the_gap_to_the_call_list(
    restored: House, noon: datetime
) -> None:
    restored.planned.refresh_from_db()
    rows = call_list.to_call(restored.campaign.clinic, now=noon + HOUR, within=24 * HOUR)

    assert restored.planned.status == ReminderStatus.SKIPPED
    assert [(row.standing, row.reason) for row in rows] == [(Standing.NOT_SENT, Reason.RESTORED)]
    unknown = Message.objects.filter(status=Status.UNCERTAIN, reason=Reason.RESTORED)
    assert unknown.count() == 2


def test_restore_puts_a_shorter_audit_in_its_place_and_says_who_did(
    restored: House, tmp_path: Path
) -> None:
    assert ends.cut_off(tmp_path / "stops") is None
    assert AuditNote.objects.filter(done_by="command restore", path="restore").exists()
    assert protections.missing() == set()


def test_restore_brings_back_the_stops_of_the_gap(restored: House) -> None:
    assert consent.has_stopped(factories.phone_of(restored.invited[0]))
    dead = Patient.objects.get(pk=restored.invited[1].pk)
    assert dead.state == PatientState.DECEASED


def test_restore_sends_nothing_twice_once_a_person_let_it_go_on(
    restored: House, noon: datetime
) -> None:
    later = noon + 2 * HOUR

    restored.let_go(later)

    assert not everything_is_held()
    assert restored.tick(later) == 0
    assert Run.objects.get().status == RunStatus.PAUSED
    unsent = Recipient.objects.filter(message=None)
    assert set(unsent.values_list("reason", flat=True)) == {Reason.RESTORED}
    # What is written from now on leaves.
    fresh = {"send_after": later, "created_at": later}
    factories.make_message(Sender.objects.get(), restored.invited[3], **fresh)
    assert restored.tick(later) == 1


def test_restore_touches_no_database_that_is_not_empty(
    sunrise_clinic: Clinic, tmp_path: Path
) -> None:
    file = backup_into(tmp_path / "backups")

    with pytest.raises(CommandError, match="not empty"):
        restore(file, without_journal=True)

    assert Clinic.objects.count() == 1


@pytest.mark.parametrize("harm", ["key", "cut", "flipped"])
def test_restore_of_what_cannot_be_read_changes_nothing(
    harm: str,
    sunrise_clinic: Clinic,
    empty_server: str,
    tmp_path: Path,
    settings: LazySettings,
) -> None:
    file = backup_into(tmp_path / "backups")
    whole = file.read_bytes()
    if harm == "key":
        settings.BACKUP_KEY = "another" + KEY
    elif harm == "cut":
        file.write_bytes(whole[:-40])
    else:
        file.write_bytes(whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:])
    move_to(empty_server)

    with pytest.raises(CommandError, match="Nothing was changed"):
        restore(file, without_journal=True)

    assert connection.introspection.table_names() == []


def test_restore_without_the_journal_has_to_be_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--without-journal"):
        restore(tmp_path / "none.healthmsg")


def test_a_backup_to_restore_holds_no_word_in_clear_and_only_the_newest_are_kept(
    sunrise_clinic: Clinic, tmp_path: Path
) -> None:
    factories.make_patient(sunrise_clinic, family_name="Canario")
    directory = tmp_path / "backups"
    directory.mkdir()
    (directory / "20200101T000000Z.healthmsg").write_bytes(b"old")

    call_command("backup", to=directory, keep=1, stdout=StringIO())

    (file,) = directory.iterdir()
    assert b"Canario" not in file.read_bytes()
    assert b"clinic_patient" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_a_backup_to_restore_does_not_wait_for_ever_for_a_table(
    sunrise_clinic: Clinic, tmp_path: Path, settings: LazySettings
) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE clinic_patient IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(ProgramFailed, match="a table may have been held"):
            dumping.write(
                tmp_path,
                key=settings.BACKUP_KEY,
                now=timezone.now(),
                locks_within=timedelta(milliseconds=200),
            )

    assert list(tmp_path.iterdir()) == []


def test_a_backup_to_restore_needs_a_key(
    sunrise_clinic: Clinic, tmp_path: Path, settings: LazySettings
) -> None:
    settings.BACKUP_KEY = ""

    with pytest.raises(CommandError, match="BACKUP_KEY"):
        call_command("backup", to=tmp_path / "backups")

    assert list((tmp_path / "backups").iterdir()) == []
