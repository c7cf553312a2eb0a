"""What keeps every message of a clinic from leaving now; they wait until it goes on."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet

from whatsapp.models import Account, Portfolio, Sender, Switch

Stopped = Switch | Portfolio | Account | Sender
_OF_REMINDERS = (Switch.Name.EVERYTHING, Switch.Name.REMINDERS)


def are_reminders(clinic: str) -> Q:
    """
    Return whether `for_reminders` finds something, to ask along with a row of the clinic's.

    :param clinic: the row's own column
    """
    senders = Sender.objects.filter(clinic=OuterRef(clinic))
    run = senders.filter(held_at=None, account__held_at=None, account__portfolio__held_at=None)
    return Exists(_switches()) | (Exists(senders) & ~Exists(run))


def for_reminders(clinic_id: int) -> Stopped | None:
    """
    Return why no reminder of the clinic leaves: the widest thing that is stopped, or None.

    A clinic of several numbers is stopped where each of them is, whatever stops it; of which
    number a message will leave is decided when it is written.
    """
    switch = _switches().order_by("name").first()
    if switch is not None:
        return switch
    senders = Sender.objects.filter(clinic=clinic_id).select_related("account__portfolio")
    found = [next(_stopped(sender), None) for sender in senders.order_by("pk")]
    return found[0] if found and all(found) else None


def _switches() -> QuerySet[Switch]:
    return Switch.objects.filter(name__in=_OF_REMINDERS, held_at__isnull=False)


def _stopped(sender: Sender) -> Iterator[Stopped]:
    ways: tuple[Stopped, ...] = (sender.account.portfolio, sender.account, sender)
    yield from (one for one in ways if one.held_at is not None)
