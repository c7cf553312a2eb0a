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
        self._words()
        self.stdout.write("Everything is kept under the newest of AUDIT_KEYS.")

    def _words(self) -> None:
        """Messages' words, of which there may be millions: they go last, and say how far it is."""
        last = looked_at = unreadable = told = 0
        while True:
            portion = sealing.seal_anew(after=last)
            last, looked_at = portion.last, looked_at + portion.looked_at
            unreadable += portion.unreadable
            if looked_at - told >= _TOLD_EVERY:
                told = looked_at
                self.stdout.write(f"{looked_at:,} messages so far.")
            if not last:
                break
        if unreadable:
            raise CommandError(
                f"None of AUDIT_KEYS opens the words of {unreadable:,} messages; everything else is"
                " kept under the newest. Add the key they were sealed under behind the others, and"
                " call this again."
            )


def _all(anew: Callable[..., int]) -> None:
    last = 0
    while True:
        with transaction.atomic():
            last = anew(after=last, limit=_AT_ONCE)
        if not last:
            break
