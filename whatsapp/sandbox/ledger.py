"""The ledger: every message that was accepted and every request that was refused."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice

import orjson

from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.tally import Tally


@dataclass(slots=True)
class Entry:
    """One accepted message of ours. Times are Unix seconds, of the sandbox's clock or real."""

    number: int
    wamid: str
    callback: str | None
    phone_number_id: str
    to: str
    wa_id: str
    type: str
    template: str | None
    language: str | None
    text: str
    accepted_at: float
    accepted_at_real: float
    # The statuses whose webhooks were answered 200, in that order, and when the first of them was.
    told: str = ""
    told_at_real: float = 0.0

    def tell(self, name: str, now: float) -> None:
        """Note a status that the clinic's side has taken."""
        if not self.told:
            self.told, self.told_at_real = name, now
        elif name not in self.told.split():
            self.told += f" {name}"


class Ledger:
    """Append-only, until a reset."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.entries: list[Entry] = []
        self._tally = Tally()
        self.refused: Counter[int] = Counter()
        self.last_refused: deque[Json] = deque(maxlen=1000)

    def refuse(self, code: int, *, callback: str | None, at: float) -> None:
        self.refused[code] += 1
        self.last_refused.append({"code": code, "callback": callback, "refused_at": at})

    def page(self, *, after: int, limit: int, only: Json) -> Json:
        """
        Return some entries in order, and the number to continue after.

        :param only: fields that must be equal, such as {"to": "+549..."}
        """
        rest = (self.entries[place] for place in range(after, len(self.entries)))
        chosen = (entry for entry in rest if _has(entry, only))
        found = list(islice(chosen, limit))
        # Later pages come without the summary: they may be many.
        summary = {} if after else self.summary()
        more = len(found) == limit and found[-1].number < len(self.entries)
        return {
            **summary,
            "entries": [asdict(entry) for entry in found],
            "after": found[-1].number if more else None,
        }

    def summary(self) -> Json:
        self._tally.count(self.entries)
        return {
            "total": len(self.entries),
            "refused": {str(code): count for code, count in self.refused.items()},
            **self._tally.told(),
        }

    def lines(self) -> Iterator[bytes]:
        """Give the whole ledger as NDJSON, in portions of a thousand lines."""
        for start in range(0, len(self.entries), 1000):
            portion = self.entries[start : start + 1000]
            yield b"".join(orjson.dumps(entry) + b"\n" for entry in portion)


def _has(entry: Entry, only: Json) -> bool:
    return all(getattr(entry, name) == value for name, value in only.items())
