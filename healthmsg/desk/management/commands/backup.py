"""`manage.py backup`: a sealed copy of the database, read back before it counts."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from healthmsg import clock
from healthmsg.clinic import audit
from healthmsg.clinic.models import AuditKind
from healthmsg.desk.backups import dumping, programs, sealing


class Command(BaseCommand):
    """Needs BACKUP_KEY; as often as you like, while everything runs."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, required=True, help="The directory for backups.")
        parser.add_argument("--keep", type=int, default=0, help="Keep the newest so many.")

    def handle(self, *_args: Any, to: Path, keep: int, **_options: Any) -> None:
        if keep < 0:
            raise CommandError("--keep is a number of backups.")
        try:
            written = dumping.write(to, key=settings.BACKUP_KEY, now=clock.now())
        except sealing.WeakKey as error:
            raise CommandError(f"BACKUP_KEY: {error}") from error
        except (
            *(dumping.Incomplete, sealing.Unreadable),
            *(programs.NoProgram, programs.ProgramFailed),
        ) as error:
            raise CommandError(f"{error} No backup was written.") from error
        about = {"tables": written.tables, "bytes": written.bytes_before}
        audit.by_command("backup", AuditKind.EXPORT, now=timezone.now(), after=about)
        gone = dumping.forget_older(to, keep=keep) if keep else 0
        self.stdout.write(
            f"{written.path}: {written.tables} tables, {written.bytes_before} bytes; read back."
            + (f" {gone} older ones deleted." if gone else "")
        )
