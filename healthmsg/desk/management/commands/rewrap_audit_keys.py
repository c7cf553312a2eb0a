"""`manage.py rewrap_audit_keys`: all that lies under the house's keys, under the newest of them."""

from collections.abc import Callable
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import transaction

from healthmsg.clinic import audit, patient_keys, proof, second_factor
from healthmsg.desk.alarms import rooms
from whatsapp import sealing

_AT_ONCE = 1000
_TOLD_EVERY = 100_000


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
        told = ", ".join(f"{count:,} {name}" for name, count in locked.items() if count)
        if told:
            raise CommandError(
                f"None of AUDIT_KEYS opens these: {told}. Everything else is kept under the newest."
                " Add the key they were sealed under behind the others, and call this again."
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


def _all(anew: Callable[..., int]) -> None:
    last = 0
    while True:
        with transaction.atomic():
            last = anew(after=last, limit=_AT_ONCE)
        if not last:
            break
