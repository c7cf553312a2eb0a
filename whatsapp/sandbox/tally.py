"""What a ledger adds up to: doubles, the fullest second, how close one phone's messages came."""

from collections import Counter, deque
from typing import TYPE_CHECKING

from whatsapp.sandbox.shapes import Json

if TYPE_CHECKING:
    from whatsapp.sandbox.ledger import Entry


class Tally:
    """
    Counts of a ledger that only grows; each entry is read once, so that asking stalls nothing.

    A callback is `<uuid>.<attempt>`. `duplicates` is every acceptance beyond the first of its uuid;
    `resends` are those of another attempt, which a sender makes on purpose when it could not learn
    a call's outcome.
    """

    def __init__(self) -> None:
        self._read = 0
        self._types: Counter[str] = Counter()
        self._templates: Counter[str] = Counter()
        self._callbacks: Counter[str] = Counter()
        self._uuids: Counter[str] = Counter()
        self._doubled: dict[str, int] = {}
        self._same_attempt = 0
        self._without_callback = 0
        self._spacing = Spacing()

    def count(self, entries: list["Entry"]) -> None:
        for entry in entries[self._read :]:
            self._types[entry.type] += 1
            if entry.template:
                self._templates[entry.template] += 1
            if entry.callback:
                self._count_callback(entry.callback)
            else:
                self._without_callback += 1
            self._spacing.count(entry)
        self._read = len(entries)

    def told(self) -> Json:
        duplicates = sum(self._doubled.values())
        return {
            "by_type": dict(self._types),
            "by_template": dict(self._templates),
            "without_callback": self._without_callback,
            "duplicates": duplicates,
            "same_attempt": self._same_attempt,
            "resends": duplicates - self._same_attempt,
            "duplicate_uuids": list(self._doubled)[:100],
            "numbers": self._spacing.told(),
        }

    def _count_callback(self, callback: str) -> None:
        uuid = callback.rpartition(".")[0] or callback
        self._same_attempt += callback in self._callbacks
        self._callbacks[callback] += 1
        self._uuids[uuid] += 1
        if self._uuids[uuid] > 1:
            self._doubled[uuid] = self._uuids[uuid] - 1


class Spacing:
    """Of each number of ours: its fullest second, and its two closest messages to one phone."""

    def __init__(self) -> None:
        self._seconds: dict[str, deque[float]] = {}
        self._highest: Counter[str] = Counter()
        self._last: dict[tuple[str, str], float] = {}
        self._closest: dict[str, float] = {}
        self._within_six: Counter[str] = Counter()

    def count(self, entry: "Entry") -> None:
        number, at = entry.phone_number_id, entry.accepted_at_real
        second = self._seconds.setdefault(number, deque())
        second.append(at)
        while second[0] <= at - 1.0:
            second.popleft()
        self._highest[number] = max(self._highest[number], len(second))
        before = self._last.get((number, entry.to))
        self._last[number, entry.to] = at
        if before is not None:
            gap = at - before
            self._closest[number] = min(gap, self._closest.get(number, gap))
            self._within_six[number] += gap < 6.0

    def told(self) -> Json:
        """Seconds are real ones; `closest` is None where no phone was written to twice."""
        return {
            number: {
                "highest_second": highest,
                "closest_to_one_phone": self._closest.get(number),
                "within_six_seconds": self._within_six[number],
            }
            for number, highest in self._highest.items()
        }
