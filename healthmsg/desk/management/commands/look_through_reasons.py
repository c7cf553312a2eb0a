"""Finds and removes reasons that say who a patient is: `manage.py look_through_reasons`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from healthmsg.desk.privacy import nameless
from healthmsg.desk.privacy.models import Removal


class Command(BaseCommand):
    help = (
        "Lists, by number alone, certificates and legal holds whose reason may say who it was, and"
        " removes reasons with --remove."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--remove", type=int, metavar="COUNT", help="remove them, if they are as many"
        )
        parser.add_argument(
            "--read",
            type=int,
            nargs="+",
            default=[],
            metavar="NUMBER",
            help="and of these certificates of patients who are gone, which somebody has read",
        )

    def handle(self, *_args: Any, remove: int | None, read: list[int], **_options: Any) -> None:
        known: list[nameless.Written] = []
        to_read: list[nameless.Written] = []
        for row, is_known in nameless.written_before():
            (known if is_known else to_read).append(row)
        chosen = [*known, *_of_these(read, to_read)]
        if remove is None:
            self._tell(known, to_read, len(chosen))
            return
        if remove != len(chosen):
            raise CommandError(
                f"It would be {len(chosen)} reasons, not {remove}. Nothing was removed."
            )
        by = "command look_through_reasons"
        removed = nameless.take_out(chosen, done_by=by, now=timezone.now())
        self.stdout.write(f"{removed} reasons were removed.")

    def _tell(
        self, known: list[nameless.Written], to_read: list[nameless.Written], count: int
    ) -> None:
        self.stdout.write(f"{len(known)} reasons say who the patient is.")
        self._list(known)
        self.stdout.write(
            f"{len(to_read)} are of patients who are gone: a person has to read them."
        )
        self._list(to_read)
        self.stdout.write("Nothing was removed.")
        if known or to_read:
            self.stdout.write(
                f"To remove {count} reasons: manage.py look_through_reasons --remove {count}, with"
                " --read and the numbers of those certificates in which somebody has read who it"
                " was. Each adds one to the count."
            )

    def _list(self, rows: list[nameless.Written]) -> None:
        for row in rows:
            self.stdout.write(f"  {row}")


def _of_these(numbers: list[int], to_read: list[nameless.Written]) -> list[nameless.Written]:
    listed = {row.pk: row for row in to_read if isinstance(row, Removal)}
    if others := sorted(set(numbers) - listed.keys()):
        named = ", ".join(str(number) for number in others)
        raise CommandError(f"Not among those to be read: {named}. Nothing was removed.")
    return [listed[number] for number in sorted(set(numbers))]
