"""`manage.py check_audit`: whether the audit still is what was written, line by line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from healthmsg.clinic import audit, audit_triggers
from healthmsg.clinic.models import AuditNote


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
            "--after", type=int, default=0, metavar="NUMBER", help="begin after this line"
        )

    def handle(self, *_args: Any, noted: str, after: int, **_options: Any) -> None:
        if unwatched := audit_triggers.missing():
            raise CommandError(
                f"Changes of {', '.join(sorted(unwatched))} are not noted. Run `manage.py migrate`."
            )
        if broken := audit.first_break(after=after):
            raise CommandError(f"The audit is broken at line {broken.line}: {broken.what}.")
        if noted and not audit.still_holds(noted):
            raise CommandError("The audit does not contain the end that was noted: it was cut off.")
        waiting = AuditNote.objects.count()
        self.stdout.write(f"The audit is whole. {waiting} notes wait to be sealed.")
        self.stdout.write(f"Its end, to be kept somewhere else: {audit.end()}")
