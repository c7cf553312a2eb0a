"""Finds reasons that say who a patient is: `manage.py look_through_reasons`."""

from typing import Any

from django.core.management.base import BaseCommand

from healthmsg.desk.privacy import nameless


class Command(BaseCommand):
    help = "Lists, by number alone, certificates and legal holds whose reason may say who it was."

    def handle(self, *_args: Any, **_options: Any) -> None:
        known: list[str] = []
        to_read: list[str] = []
        for row, is_known in nameless.written_before():
            (known if is_known else to_read).append(str(row))
        self.stdout.write(f"{len(known)} reasons say who the patient is.")
        self._list(known)
        self.stdout.write(
            f"{len(to_read)} are of patients who are gone: a person has to read them."
        )
        self._list(to_read)

    def _list(self, rows: list[str]) -> None:
        for row in rows:
            self.stdout.write(f"  {row}")
