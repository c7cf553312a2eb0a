"""The ledger: every message that was accepted and every request that was refused."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice

import orjson

from whatsapp.sandbox.shapes import Json


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


class Ledger:
    """Append-only, until a reset."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.entries: list[Entry] = []
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
        start = islice(self.entries, after, None)
        chosen = (entry for entry in start if _has(entry, only))
        found = list(islice(chosen, limit))
        # Later pages come without the summary: it reads the whole ledger.
        summary = {} if after else self.summary()
        more = len(found) == limit and found[-1].number < len(self.entries)
        return {
            **summary,
            "entries": [asdict(entry) for entry in found],
            "after": found[-1].number if more else None,
        }

    def summary(self) -> Json:
        doubled = doubled_callbacks(self.entries)
        return {
            "total": len(self.entries),
            "by_type": dict(Counter(entry.type for entry in self.entries)),
            "by_template": dict(Counter(one.template for one in self.entries if one.template)),
            "without_callback": sum(entry.callback is None for entry in self.entries),
            "refused": {str(code): count for code, count in self.refused.items()},
            **doubled,
        }

    def lines(self) -> Iterator[bytes]:
        """Give the whole ledger as NDJSON, in portions of a thousand lines."""
        for start in range(0, len(self.entries), 1000):
            portion = self.entries[start : start + 1000]
            yield b"".join(orjson.dumps(entry) + b"\n" for entry in portion)


def doubled_callbacks(entries: Iterable[Entry]) -> Json:
    """
    Count the uuids that were accepted more than once; a callback is `<uuid>.<attempt>`.

    `duplicates` counts every acceptance beyond the first of its uuid; `resends` are those of
    another attempt, which a sender makes on purpose when a call's outcome stayed unknown.
    """
    callbacks = Counter(entry.callback for entry in entries if entry.callback)
    uuids: Counter[str] = Counter()
    for callback, count in callbacks.items():
        uuids[callback.rpartition(".")[0] or callback] += count
    doubled = [uuid for uuid, count in uuids.items() if count > 1]
    duplicates = sum(uuids[uuid] - 1 for uuid in doubled)
    same_attempt = sum(count - 1 for count in callbacks.values())
    return {
        "duplicates": duplicates,
        "same_attempt": same_attempt,
        "resends": duplicates - same_attempt,
        "duplicate_uuids": doubled[:100],
    }


def _has(entry: Entry, only: Json) -> bool:
    return all(getattr(entry, name) == value for name, value in only.items())
