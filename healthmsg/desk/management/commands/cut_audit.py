"""`manage.py cut_audit`: lets the oldest lines of the audit go, once somebody has looked."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from healthmsg.clinic import audit, audit_cutting
from healthmsg.clinic.models import AuditKind, AuditNote, AuditVerb
from healthmsg.desk.privacy import cutting


class Command(BaseCommand):
    help = (
        "Counts what of the audit no clinic has to keep any longer, and removes it with --remove."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--remove", type=int, metavar="COUNT", help="remove it, if it is as many as was counted"
        )

    def handle(self, *_args: Any, remove: int | None, **_options: Any) -> None:
        # Real time, as lines are sealed, whatever the business clock shows.
        now = timezone.now()
        before, last = cutting.before(now=now), cutting.last_to_go(now=now)
        found = audit_cutting.count(last=last)
        if remove is None:
            self.stdout.write(f"{found} lines are older than {before.date()}. Nothing was removed.")
            if found:
                self.stdout.write(f"To remove them: manage.py cut_audit --remove {found}")
            return
        if remove != found:
            raise CommandError(f"It would be {found} lines, not {remove}. Nothing was removed.")
        if found:
            cutting.begin(last=last, now=now)
        self.stdout.write(f"{self._cut(last)} lines were removed.")

    def _cut(self, last: int) -> int:
        """Portion by portion: stopped in between, what is left is whole, and the rest stays."""
        removed = 0
        while True:
            try:
                portion = cutting.cut(last=last, now=timezone.now())
            except audit_cutting.NotWhole as error:
                cutting.stop(now=timezone.now())
                raise CommandError(
                    f"{removed} lines were removed. What comes next is not what was written: run"
                    " `manage.py check_audit`."
                ) from error
            if not portion:
                return removed
            removed += portion
            audit.note([_said(portion)])
            self.stdout.write(f"{removed} …")


def _said(portion: int) -> AuditNote:
    return AuditNote(
        at=timezone.now(),
        kind=AuditKind.CHANGE,
        verb=AuditVerb.DELETE,
        done_by="command cut_audit",
        model="clinic.auditline",
        rows=portion,
    )
