"""`manage.py rewrap_audit_keys`: all that lies under the house's keys, under the newest of them."""

from collections.abc import Callable
from typing import Any

from django.core.management import BaseCommand
from django.db import transaction

from healthmsg.clinic import audit, patient_keys, proof, second_factor
from healthmsg.desk.alarms import rooms

_AT_ONCE = 1000


class Command(BaseCommand):
    help = "Keeps what is sealed under the newest of AUDIT_KEYS; the older ones may then go."

    def handle(self, *_args: Any, **_options: Any) -> None:
        _all(patient_keys.wrap_anew)
        _all(proof.seal_anew)
        _all(rooms.seal_anew)
        second_factor.seal_anew()
        audit.vouch_anew()
        self.stdout.write("Everything is kept under the newest of AUDIT_KEYS.")


def _all(anew: Callable[..., int]) -> None:
    last = 0
    while True:
        with transaction.atomic():
            last = anew(after=last, limit=_AT_ONCE)
        if not last:
            break
