"""`manage.py rewrap_audit_keys`: all that lies under the house's keys, under the newest of them."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import transaction

from healthmsg.clinic import audit, patient_keys, proof, second_factor
from healthmsg.desk.alarms import rooms
from whatsapp import kept_files, sealing
from whatsapp.kept_files import Became

_AT_ONCE = 1000
_TOLD_EVERY = 100_000
_FILES_TOLD_EVERY = 1000


class Command(BaseCommand):
    help = (
        "Keeps what is sealed under the newest of AUDIT_KEYS; the older ones may then go. It may be"
        " stopped, and goes on when it is called again."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        _all(patient_keys.wrap_anew)
        _all(proof.seal_anew)
        _all(rooms.seal_anew)
        second_factor.seal_anew()
        audit.vouch_anew()
        locked = {kept.name: self._go_through(kept) for kept in sealing.EVERYTHING}
        locked["files of patients"] = self._go_through_files(Path(settings.INBOUND_FILES_DIRECTORY))
        told = ", ".join(f"{count:,} {name}" for name, count in locked.items() if count)
        if told:
            raise CommandError(
                f"None of AUDIT_KEYS opens these: {told}. Everything else is kept under the newest."
                " Add the key they were sealed under behind the others, and call this again."
                " A file may also have been damaged: the log names each."
            )
        self.stdout.write("Everything is kept under the newest of AUDIT_KEYS.")

    def _go_through(self, kept: sealing.Kept) -> int:
        """There may be millions: they go last, and say how far it is. Return how many are shut."""
        last = looked_at = unreadable = told = 0
        while True:
            portion = sealing.seal_anew(kept, after=last)
            last, looked_at = portion.last, looked_at + portion.looked_at
            unreadable += portion.unreadable
            if looked_at - told >= _TOLD_EVERY:
                told = looked_at
                self.stdout.write(f"{looked_at:,} {kept.name} so far.")
            if not last:
                return unreadable

    def _go_through_files(self, directory: Path) -> int:
        """Go through what lies on this machine; return how many are shut."""
        became: Counter[Became] = Counter()
        for pk in kept_files.every():
            became[kept_files.seal_anew(pk, directory)] += 1
            if not became.total() % _FILES_TOLD_EVERY:
                self.stdout.write(f"{became.total():,} files of patients so far.")
        if missing := became[Became.MISSING]:
            self.stderr.write(
                f"{missing:,} files of patients do not lie in {directory}. If they lie on another"
                " machine, call this there, too, before an old key goes."
            )
        return became[Became.UNOPENED]


def _all(anew: Callable[..., int]) -> None:
    last = 0
    while True:
        with transaction.atomic():
            last = anew(after=last, limit=_AT_ONCE)
        if not last:
            break
