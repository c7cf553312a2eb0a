"""The judge: holds the rows against the sandbox's ledger, and knows no mercy and no database."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

# A receipt that was taken so many seconds before a message left again should have stopped that.
TIME_TO_DIGEST = 10.0
_RANK = {"": 2, "sent": 3, "failed": 4, "delivered": 5, "read": 6}
_RANK_OF_STATUS = {"ACCEPTED": 2, "SENT": 3, "FAILED": 4, "DELIVERED": 5, "READ": 6}
_ARRIVED = ("DELIVERED", "READ")
# What WhatsApp has, and may yet deliver: as far as can be known.
_WITH_WHATSAPP = ("ACCEPTED", "SENT")
_MAY_BE_UNTOLD = ("ACCEPTED", "UNCERTAIN", "WITHHELD", "FAILED")


@dataclass(frozen=True)
class Accepted:
    """One line of the ledger: what WhatsApp accepted, and what it told us of it."""

    callback: str
    at: float
    told: frozenset[str] = frozenset()
    told_at: float = 0.0

    @property
    def uuid(self) -> str:
        return self.callback.partition(".")[0]

    @property
    def attempt(self) -> int:
        return int(self.callback.partition(".")[2] or 0)


@dataclass(frozen=True)
class Row:
    """One message of ours, as it stands now."""

    uuid: str
    status: str
    reason: str = ""
    waits: str = ""  # for what it still waits, if for anything
    has_visit: bool = True
    is_to_call: bool = False
    unknown_attempts: frozenset[int] = frozenset()  # calls whose outcome we could not learn


@dataclass(frozen=True)
class Evidence:
    """Everything the judge hears."""

    ledger: tuple[Accepted, ...]
    rows: tuple[Row, ...]
    undigested: int = 0
    set_aside: int = 0
    unhandled: int = 0
    heard: frozenset[str] = frozenset()  # patients' messages that were answered 200
    kept: frozenset[str] = frozenset()  # those that have a row


@dataclass(frozen=True)
class Verdict:
    """Each offence in a few words, without anybody's number or text."""

    messages: int
    arrived: int
    explained: dict[str, int] = field(default_factory=dict)  # not arrived, by status and reason
    resent: int = 0
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()
    unapplied: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.stuck or self.unapplied)

    @property
    def unknown(self) -> int:
        """How many end with nobody knowing whether they arrived."""
        return sum(n for why, n in self.explained.items() if why.endswith("UNKNOWN_OUTCOME"))


def judge(evidence: Evidence) -> Verdict:
    entries = _by_uuid(evidence.ledger)
    rows = {row.uuid: row for row in evidence.rows}
    doubled, resent = _repeats(entries, rows)
    arrived = [row for row in rows.values() if row.status in _ARRIVED]
    others = [row for row in rows.values() if row.status not in _ARRIVED]
    return Verdict(
        messages=len(rows),
        arrived=len(arrived),
        explained=dict(Counter(f"{row.status} {row.reason}".strip() for row in others)),
        resent=resent,
        lost=(*_lost(others), *_unknown_to_us(entries, rows), *_unheard(evidence)),
        doubled=doubled,
        stuck=_stuck(evidence),
        unapplied=tuple(_unapplied(rows.values(), entries)),
    )


def _by_uuid(ledger: Iterable[Accepted]) -> dict[str, list[Accepted]]:
    entries: dict[str, list[Accepted]] = defaultdict(list)
    for entry in sorted(ledger, key=lambda one: one.at):
        entries[entry.uuid].append(entry)
    return entries


def _repeats(
    entries: dict[str, list[Accepted]], rows: dict[str, Row]
) -> tuple[tuple[str, ...], int]:
    """Return the doubles, and how many repeats are explained: sent again knowingly, in the dark."""
    doubled, resent = [], 0
    for uuid, several in entries.items():
        for before, again in pairwise(several):
            if _was_in_the_dark(before, again, rows.get(uuid)):
                resent += 1
            else:
                doubled.append(f"{uuid} left in attempts {before.attempt} and {again.attempt}")
    return tuple(doubled), resent


def _was_in_the_dark(before: Accepted, again: Accepted, row: Row | None) -> bool:
    """Say whether an attempt was made because the one before it was known to be unknown."""
    if before.attempt == again.attempt or row is None:
        return False
    was_told = before.told_at and before.told_at < again.at - TIME_TO_DIGEST
    return before.attempt in row.unknown_attempts and not was_told


def _lost(others: Iterable[Row]) -> list[str]:
    return [
        f"{row.uuid} is {row.status} and nobody is told"
        for row in others
        if not (row.waits or _is_explained(row))
    ]


def _is_explained(row: Row) -> bool:
    """Final with a reason, with WhatsApp, or on the list of people to call."""
    if row.is_to_call:
        return True
    if row.reason == "UNKNOWN_OUTCOME":
        # Nobody knows: a visit must be called about.
        return not row.has_visit
    return bool(row.reason) or row.status in _WITH_WHATSAPP


def _unknown_to_us(entries: dict[str, list[Accepted]], rows: dict[str, Row]) -> list[str]:
    return [f"{uuid} was accepted and has no row" for uuid in entries if uuid not in rows]


def _unheard(evidence: Evidence) -> list[str]:
    count = len(evidence.heard - evidence.kept)
    return [f"{count} answers of patients were taken and not kept"] if count else []


def _stuck(evidence: Evidence) -> tuple[str, ...]:
    waiting = [f"{row.uuid} {row.waits}" for row in evidence.rows if row.waits]
    for count, what in (
        (evidence.undigested, "notices not read"),
        (evidence.set_aside, "notices set aside"),
        (evidence.unhandled, "answers of patients not handled"),
    ):
        if count:
            waiting.append(f"{count} {what}")
    return tuple(waiting)


def _unapplied(rows: Iterable[Row], entries: dict[str, list[Accepted]]) -> Iterable[str]:
    """Name the rows that say something else than what was told of them last."""
    for row in rows:
        told = frozenset[str]().union(*(entry.told for entry in entries.get(row.uuid, ())))
        is_right = _says(row, told, has_left=row.uuid in entries)
        if not (row.waits or is_right):
            yield f"{row.uuid} is {row.status}, told was {' '.join(sorted(told)) or 'nothing'}"


def _says(row: Row, told: frozenset[str], *, has_left: bool) -> bool:
    if told:
        return _RANK_OF_STATUS.get(row.status, 0) == max(_RANK[name] for name in told)
    if has_left:
        return row.status in _MAY_BE_UNTOLD
    return row.status not in ("ACCEPTED", "SENT", *_ARRIVED)
