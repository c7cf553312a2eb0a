"""`manage.py restore`: a backup into an empty database; nothing leaves by itself afterwards."""

import socket
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from healthmsg import clock
from healthmsg.clinic import audit
from healthmsg.clinic.models import AuditKind
from healthmsg.desk.backups import after, dumping, ends, programs, restoring, sealing, words


class Command(BaseCommand):
    """Needs BACKUP_KEY, NUMBERS_KEY or SECRET_KEY as they were, and the journal of stops."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="What `manage.py backup` has written.")
        parser.add_argument(
            "--journal",
            type=Path,
            default=Path(settings.STOP_JOURNAL_DIRECTORY),
            help="The directory of the journal of stops (STOP_JOURNAL_DIRECTORY).",
        )
        parser.add_argument(
            "--without-journal",
            action="store_true",
            help="The journal is lost: stops since the backup are too.",
        )

    def handle(
        self, *_args: Any, file: Path, journal: Path, without_journal: bool, **_options: Any
    ) -> None:
        if not without_journal and not any(journal.glob("stops-*.jsonl")):
            raise CommandError(
                f"No journal of stops in {journal}: who asked us to stop since the backup would be"
                " written to again. Copy it there, or say --without-journal. Nothing was changed."
            )
        try:
            restoring.restore(file, key=settings.BACKUP_KEY)
        except sealing.WeakKey as error:
            raise CommandError(f"BACKUP_KEY: {error}") from error
        except (
            *(FileNotFoundError, sealing.Unreadable, dumping.Incomplete, restoring.NotEmpty),
            *(programs.NoProgram, programs.ProgramFailed),
        ) as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        found = after.settle(
            None if without_journal else journal,
            key=settings.NUMBERS_KEY,
            host=socket.gethostname(),
            files=Path(settings.INBOUND_FILES_DIRECTORY),
            copied_at=_written_at(file),
            now=clock.now(),
        )
        # The backup holds less of the audit than was noted here meanwhile.
        ends.begin_anew(Path(settings.STOP_JOURNAL_DIRECTORY), now=timezone.now())
        audit.by_command("restore", AuditKind.CHANGE, now=timezone.now(), after=found)
        self.stdout.write(
            f"Restored. Nothing leaves by itself. Not known to have been sent: {found['messages']}"
            f" messages, {found['reminders']} reminders, {found['invitations']} invitations."
            f" Stops brought back: {found['stops']}.\nStart the processes, sign in, and say on the"
            " page that the red line leads to that the old machine is off."
        )
        if kept := words.still_kept():
            self.stdout.write(f"Patients to be deleted once their legal hold ends: {kept}.")


def _written_at(file: Path) -> datetime | None:
    try:
        return datetime.strptime(file.stem, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
