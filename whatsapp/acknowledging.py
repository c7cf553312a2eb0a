"""That nobody reads at once is said once in a while: to whom it was said last, and when."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from healthmsg.clinic.models import Phone
from whatsapp.models import Conversation, Reply

ACKNOWLEDGED_FOR = timedelta(hours=12)


@dataclass(frozen=True)
class Talk:
    """A conversation whose row this transaction has locked."""

    key: int
    acknowledged_at: datetime | None


@dataclass
class _Held:
    talks: Mapping[tuple[int, int], Talk]
    noted: set[int] = field(default_factory=set)


_held: ContextVar[_Held | None] = ContextVar("held", default=None)


def is_due(reply: Reply, phone: Phone, *, now: datetime) -> bool:
    """True where it was not said for a while; from here on it was."""
    before = now - ACKNOWLEDGED_FOR
    held = _held.get()
    if held is None:
        quiet = Q(last_acknowledged_at=None) | Q(last_acknowledged_at__lte=before)
        return bool(_talks(reply, phone).filter(quiet).update(last_acknowledged_at=now))
    talk = held.talks[reply.sender_id, phone.pk]
    if talk.key in held.noted or (talk.acknowledged_at and talk.acknowledged_at > before):
        return False
    held.noted.add(talk.key)
    return True


def note(reply: Reply, phone: Phone, *, now: datetime) -> None:
    """Something else was said that tells as much."""
    held = _held.get()
    if held is None:
        _talks(reply, phone).update(last_acknowledged_at=now)
    else:
        held.noted.add(held.talks[reply.sender_id, phone.pk].key)


@contextmanager
def written_together(talks: Mapping[tuple[int, int], Talk], *, now: datetime) -> Iterator[None]:
    """
    Ask the rows of these conversations, and write to all of them at the end.

    :param talks: by primary keys of Sender and Phone; every one that is asked about
    """
    held = _Held(talks)
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)
    if held.noted:
        Conversation.objects.filter(pk__in=held.noted).update(last_acknowledged_at=now)


def _talks(reply: Reply, phone: Phone) -> QuerySet[Conversation]:
    return Conversation.objects.filter(sender_id=reply.sender_id, phone=phone)
