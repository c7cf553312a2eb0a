"""Chat rooms that are told: whoever has their address can write there, so it is kept sealed."""

from django.db import transaction
from django.db.models import Q, QuerySet

from healthmsg.clinic import strongbox
from healthmsg.desk.alarms.models import Watcher

# Rows of one transaction.
TOGETHER = 500


def _in_clear(name: str) -> Q:
    return ~Q(**{name: ""}) & ~Q(**{f"{name}__startswith": strongbox.MARK})


def keep(watcher: Watcher, *, address: str, secret: str) -> None:
    """Keep the address and its secret as they were typed; "" is none."""
    whose = watcher.whose_room()
    watcher.address, watcher.secret = _sealed(address, whose), _sealed(secret, whose)
    watcher.save(update_fields=["address", "secret"])


@transaction.atomic
def seal_clear(*, limit: int = TOGETHER) -> int:
    """Seal the next of those that the release before wrote, or writes while it is replaced."""
    clear = Watcher.objects.filter(_in_clear("address") | _in_clear("secret"))
    return len(_anew(clear.select_for_update(skip_locked=True), limit))


@transaction.atomic
def seal_anew(*, after: int, limit: int = TOGETHER) -> int:
    """
    Keep the next of them under the newest of the house's keys.

    :param after: the row where the last call ended, 0 at first
    :returns: the row where this one ended, 0 when all are done
    :raises WrongKeys: one lies under a key that AUDIT_KEYS does not name
    """
    found = Watcher.objects.filter(pk__gt=after).exclude(address="", secret="")
    rows = _anew(found.select_for_update(), limit)
    return int(rows[-1].pk) if len(rows) == limit else 0


def _anew(found: "QuerySet[Watcher]", limit: int) -> list[Watcher]:
    rows = list(found.order_by("pk")[:limit])
    for row in rows:
        keep(row, address=row.opened(row.address), secret=row.opened(row.secret))
    return rows


def _sealed(text: str, whose: str) -> str:
    return strongbox.seal_text(text.encode(), of=whose) if text else ""
