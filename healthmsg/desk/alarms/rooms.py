"""Chat rooms that are told: whoever has their address can write there, so it is kept sealed."""

import json

from django.db import transaction
from django.db.models import Q, QuerySet

from healthmsg.clinic import strongbox
from healthmsg.desk.alarms.models import Watcher

# Rows of one transaction.
TOGETHER = 500


def keep(watcher: Watcher, *, address: str, secret: str) -> None:
    """Keep the address and its secret as they were typed; "" is none."""
    both = json.dumps([address, secret]).encode()
    sealed = strongbox.seal(both, of=watcher.whose_room()) if address else None
    watcher.address, watcher.secret, watcher.sealed_room = "", "", sealed
    watcher.save(update_fields=["address", "secret", "sealed_room"])


@transaction.atomic
def seal_clear(*, limit: int = TOGETHER) -> int:
    """Seal the next of those that the release before wrote, or writes while it is replaced."""
    clear = Watcher.objects.filter(~Q(address="") | ~Q(secret=""))
    return len(_anew(clear.select_for_update(skip_locked=True), limit))


@transaction.atomic
def seal_anew(*, after: int, limit: int = TOGETHER) -> int:
    """
    Keep the next of them under the newest of the house's keys.

    :param after: the row where the last call ended, 0 at first
    :returns: the row where this one ended, 0 when all are done
    :raises WrongKeys: one lies under a key that AUDIT_KEYS does not name
    """
    found = Watcher.objects.filter(pk__gt=after, sealed_room__isnull=False)
    rows = _anew(found.select_for_update(), limit)
    return int(rows[-1].pk) if len(rows) == limit else 0


def _anew(found: "QuerySet[Watcher]", limit: int) -> list[Watcher]:
    rows = list(found.order_by("pk")[:limit])
    for row in rows:
        address, secret = row.room()
        keep(row, address=address, secret=secret)
    return rows
