"""`manage.py check_audit`: whether the audit still is what was written, line by line."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from healthmsg.clinic import audit, audit_triggers, protections
from healthmsg.clinic.models import AuditKind, AuditNote
from healthmsg.desk.backups import ends


class Command(BaseCommand):
    help = "Reads the whole audit and finds what was changed, removed, reordered or put in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--noted",
            default="",
            metavar="NUMBER:HASH",
            help="an end that was printed earlier and kept elsewhere: nothing was cut off since",
        )
        parser.add_argument(
            "--accept",
            action="store_true",
            help="an older copy was put in its place on purpose: its end counts from now on",
        )
        parser.add_argument(
            "--after", type=int, default=0, metavar="NUMBER", help="begin after this line"
        )

    def handle(self, *_args: Any, noted: str, after: int, accept: bool, **_options: Any) -> None:
        if unwatched := audit_triggers.missing():
            raise CommandError(
                f"Changes of {', '.join(sorted(unwatched))} are not noted. Run `manage.py migrate`."
            )
        if unguarded := protections.missing():
            raise CommandError(
                f"Changes of {', '.join(sorted(unguarded))} are not noted or not refused as they"
                " were set up. Find out who did it; `manage.py migrate` and `manage.py pgtrigger"
                " install` set it up anew."
            )
        if broken := audit.first_break(after=after):
            raise CommandError(f"The audit is broken at line {broken.line}: {broken.what}.")
        directory = Path(settings.STOP_JOURNAL_DIRECTORY)
        if accept:
            ends.begin_anew(directory, now=timezone.now())
            audit.by_command("check_audit --accept", AuditKind.CHANGE, now=timezone.now())
        if gone := ends.cut_off(directory):
            raise CommandError(
                f"Line {gone} was noted in {directory}, and is not in the audit: it was cut off or"
                " emptied. Where an older copy of the database was put in its place on purpose, say"
                " --accept."
            )
        if noted and not audit.still_holds(noted):
            raise CommandError("The audit does not contain the end that was noted: it was cut off.")
        waiting = AuditNote.objects.count()
        self.stdout.write(f"The audit is whole. {waiting} notes wait to be sealed.")
        self.stdout.write(f"Its end, to be kept somewhere else: {audit.end()}")
