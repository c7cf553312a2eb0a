"""`manage.py standstill`: for a database that came back by other means than `restore`."""

import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand
from django.utils import timezone

from healthmsg import clock
from healthmsg.clinic import audit
from healthmsg.clinic.models import AuditKind
from healthmsg.desk.backups import after, ends, words


class Command(BaseCommand):
    """Holds everything, leaves what was due to the call list, brings back the journal's stops."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--journal",
            type=Path,
            default=Path(settings.STOP_JOURNAL_DIRECTORY),
            help="The directory of the journal of stops (STOP_JOURNAL_DIRECTORY).",
        )

    def handle(self, *_args: Any, journal: Path, **_options: Any) -> None:
        found = after.settle(
            journal,
            key=settings.NUMBERS_KEY,
            host=socket.gethostname(),
            files=Path(settings.INBOUND_FILES_DIRECTORY),
            copied_at=None,
            now=clock.now(),
        )
        # What came back may hold less of the audit than was noted here meanwhile.
        ends.begin_anew(Path(settings.STOP_JOURNAL_DIRECTORY), now=timezone.now())
        audit.by_command("standstill", AuditKind.CHANGE, now=timezone.now(), after=found)
        self.stdout.write(f"Nothing leaves by itself. {found}")
        if kept := words.still_kept():
            self.stdout.write(f"Patients to be deleted once their legal hold ends: {kept}.")
