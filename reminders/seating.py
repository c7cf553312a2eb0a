"""Who finds a place within WhatsApp's daily limit, and who is left out (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from reminders.timing import Anchor

# Everybody written to counts for a day; what goes a day from now sees what goes a day later.
DAY = timedelta(hours=24)
AHEAD = 2 * DAY
# Who was written to at nine is counted until nine: a reminder may wait so long for such a place.
MAY_WAIT = timedelta(hours=1)
SLOT = timedelta(hours=1)
_SLOTS = AHEAD // SLOT
_SLOTS_OF_A_DAY = DAY // SLOT
_SLOTS_TAKEN = (DAY - MAY_WAIT) // SLOT
# A rule that speaks of a visit at most so long before it speaks of tomorrow.
_TOMORROW = timedelta(hours=36)


class Rank(IntEnum):
    """Who goes first where not all can be reminded; lower goes first."""

    CHANGE = 0  # a visit was moved, or cancelled by the clinic
    DAY_BEFORE = 1
    EARLIER = 2
    CONFIRMATION = 3
    AFTERWARDS = 4


_RANK_OF_NEWS = {
    Anchor.MOVED: Rank.CHANGE,
    Anchor.CANCELLED: Rank.CHANGE,
    Anchor.BOOKED: Rank.CONFIRMATION,
    Anchor.SEEN: Rank.AFTERWARDS,
    Anchor.MISSED: Rank.AFTERWARDS,
}


def rank(anchor: Anchor, *, offset: timedelta, days_before: int | None) -> Rank:
    """Return how urgent what a rule says is."""
    if anchor != Anchor.STARTS:
        return _RANK_OF_NEWS[anchor]
    is_near = days_before <= 1 if days_before is not None else -offset <= _TOMORROW
    return Rank.DAY_BEFORE if is_near else Rank.EARLIER


@dataclass(frozen=True)
class Want:
    """A planned reminder: when it goes, to which phone, and how urgent it is."""

    id: int
    phone: int
    at: datetime
    rank: Rank
    was_left_out: bool = False


class Hall:
    """The places of one portfolio over the next two days, and how many are taken when."""

    def __init__(self, limit: int, now: datetime) -> None:
        self._limit = limit
        self._now = now
        self._taken = [0] * _SLOTS
        # Of each phone one bit for each slot in which it has a place.
        self._places: dict[int, int] = {}

    def seat_until(self, phone: int, until: datetime) -> None:
        """Seat a phone that was written to already."""
        self._take(phone, range(self._slot(until - MAY_WAIT)))

    def seat(self, phone: int, at: datetime, *, keep_free: int = 0) -> bool:
        """
        Seat a phone for the day that begins `at`, if there is a place all day; True where it sits.

        Whoever has a place at that moment is written to in any case, and keeps it for longer.
        """
        slot = self._slot(at)
        slots = range(slot, min(slot + _SLOTS_TAKEN, _SLOTS))
        mine = self._places.get(phone, 0)
        if not mine >> slot & 1 and max(self._new(mine, slots)) >= self._limit - keep_free:
            return False
        self._take(phone, slots)
        return True

    def left(self) -> int:
        """Return how many more could be seated now, and sit for a day."""
        return max(0, self._limit - max(self._taken[:_SLOTS_OF_A_DAY]))

    def _take(self, phone: int, slots: range) -> None:
        mine = self._places.get(phone, 0)
        for slot in slots:
            if not mine >> slot & 1:
                self._taken[slot] += 1
        self._places[phone] = mine | ((1 << len(slots)) - 1) << slots.start

    def _new(self, mine: int, slots: range) -> list[int]:
        """Return how many places are taken in those of the slots that would be new."""
        if not mine:
            return self._taken[slots.start : slots.stop]
        return [self._taken[slot] for slot in slots if not mine >> slot & 1]

    def _slot(self, at: datetime) -> int:
        return min(max(0, (at - self._now) // SLOT), _SLOTS - 1)


@dataclass(frozen=True)
class Seating:
    """What the places suffice for."""

    left_out: frozenset[int]  # ids of wants
    for_confirmations: int
    for_campaigns: int


def seat_all(hall: Hall, wants: Sequence[Want], *, for_changes: int, for_news: int) -> Seating:
    """
    Seat everybody who is planned, most urgent first, and tell what is left.

    :param for_changes: places that only changes and cancellations may take
    :param for_news: places that campaigns leave for what will be booked and changed meanwhile
    """
    left_out: set[int] = set()
    for_confirmations: int | None = None
    for want in sorted(wants, key=lambda w: (w.rank, w.was_left_out, w.at, w.id)):
        if want.rank >= Rank.CONFIRMATION and for_confirmations is None:
            for_confirmations = hall.left()
        keep_free = 0 if want.rank == Rank.CHANGE else for_changes
        if not hall.seat(want.phone, want.at, keep_free=keep_free):
            left_out.add(want.id)
    if for_confirmations is None:
        for_confirmations = hall.left()
    return Seating(
        left_out=frozenset(left_out),
        for_confirmations=max(0, for_confirmations - for_changes),
        for_campaigns=max(0, hall.left() - max(for_news, for_changes)),
    )
