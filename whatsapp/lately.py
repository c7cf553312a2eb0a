"""What was written on phones lately, by whom, and what they were offered."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Max, Q, QuerySet

from whatsapp.models import Answer, Message, Reply, Thread

# So long after a person has read something of theirs, or after words that needed haste.
PEOPLE_TALK_FOR = timedelta(hours=12)
MENU = "menu:"


@dataclass(frozen=True)
class Look:
    """Some phones beside the replies in hand; each kind of thing is read once somebody asks."""

    phones: Collection[int]
    but: Collection[int]
    written_from: datetime
    now: datetime

    @cached_property
    def with_people(self) -> frozenset[int]:
        """Phones of which something waits for a person, or one read or answered a while ago."""
        since = self.now - PEOPLE_TALK_FOR
        seen = Q(needs_person_at__isnull=False) | Q(read_at__gt=since)
        waits = self._others().filter(seen).values_list("phone_id", flat=True)
        answers = Answer.objects.filter(
            message__phone__in=self.phones, message__created_at__gt=since
        )
        is_open = Thread.objects.filter(phone__in=self.phones, opened_at__isnull=False)
        return frozenset(
            waits.union(
                is_open.values_list("phone_id", flat=True),
                answers.values_list("message__phone_id", flat=True),
            )
        )

    @cached_property
    def words(self) -> Mapping[int, Sequence[tuple[datetime, str]]]:
        """What was written on each phone while people would still talk of it, and when."""
        since = self.written_from - PEOPLE_TALK_FOR
        rows = self._others().filter(kind="text", written_at__gt=since)
        found = defaultdict(list)
        for row in rows.only("phone", "written_at", *Reply.WORDS):
            if row.phone_id is not None and row.is_readable:
                found[row.phone_id].append((row.written_at, row.text))
        return found

    @cached_property
    def offered_at(self) -> Mapping[int, datetime]:
        """When each phone was offered the menu last."""
        menus = Message.objects.filter(phone__in=self.phones, dedupe_key__startswith=MENU)
        return dict(menus.values_list("phone_id").annotate(at=Max("created_at")))

    def _others(self) -> QuerySet[Reply]:
        return Reply.objects.filter(phone__in=self.phones).exclude(pk__in=self.but)


_look: ContextVar[Look | None] = ContextVar("look", default=None)


def around(reply: Reply, *, now: datetime) -> Look:
    """Look at the phone that wrote; at all of them at once where many are in hand."""
    return _look.get() or _at([reply], now)


@contextmanager
def looked_at_once(replies: Sequence[Reply], *, now: datetime) -> Iterator[None]:
    """Look at all these phones together, of which each has written one of the replies."""
    token = _look.set(_at(replies, now) if replies else None)
    try:
        yield
    finally:
        _look.reset(token)


def _at(replies: Sequence[Reply], now: datetime) -> Look:
    phones = [reply.phone_id for reply in replies if reply.phone_id is not None]
    earliest = min(reply.written_at for reply in replies)
    return Look(phones, [reply.pk for reply in replies], earliest, now)
