"""Charts of shares: what Chart.js draws, and the same numbers as a table behind each of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from healthmsg.desk.daily.reading import Sums


@dataclass(frozen=True)
class Counted:
    """What belongs together: a count, and further ones that are shares of it."""

    measures: tuple[str, ...]  # of Sums, the count itself first
    heads: tuple[Any, ...]
    names: tuple[Any, ...]  # of the shares


MESSAGES = Counted(
    ("sent", "arrived", "read", "answered"),
    (
        gettext_lazy("Taken by WhatsApp"),
        gettext_lazy("Arrived"),
        gettext_lazy("Read"),
        gettext_lazy("Answered"),
    ),
    (gettext_lazy("arrived"), gettext_lazy("read"), gettext_lazy("answered")),
)
VISITS = Counted(
    ("visits", "missed"),
    (gettext_lazy("Visits"), gettext_lazy("Missed")),
    (gettext_lazy("missed visits"),),
)
_ALL = (MESSAGES, VISITS)
# In every chart a share has the color that it has in the others.
_PLACES = {name: place for place, name in enumerate(name for one in _ALL for name in one.names)}


@dataclass(frozen=True)
class Chart:
    """One picture and its table."""

    key: str
    title: str
    first: str  # what the lines are of
    lines: Sequence[Sums]
    is_series: bool = False
    counted: tuple[Counted, ...] = _ALL

    @property
    def is_empty(self) -> bool:
        return not any(getattr(one, of.measures[0]) for one in self.lines for of in self.counted)

    @property
    def data(self) -> dict[str, Any]:
        """Return what the script on the page draws."""
        return {
            "type": "line" if self.is_series else "bar",
            "labels": [one.name for one in self.lines],
            "columns": [
                {
                    "name": str(name),
                    "place": _PLACES[name],
                    "shares": [_share(*_both(one, of, measure)) for one in self.lines],
                }
                for of in self.counted
                for name, measure in zip(of.names, of.measures[1:], strict=True)
            ],
        }

    @property
    def heads(self) -> list[str]:
        return [self.first, *(str(head) for of in self.counted for head in of.heads)]

    @property
    def rows(self) -> list[tuple[str, list[tuple[str, int, str]]]]:
        """Return per line its name, and per column the column's head, a count and its share."""
        return [(one.name, self._cells(one)) for one in self.lines]

    def _cells(self, line: Sums) -> list[tuple[str, int, str]]:
        counts: list[tuple[int, str]] = []
        for of in self.counted:
            whole, *parts = of.measures
            counts.append((getattr(line, whole), ""))
            counts.extend(_cell(*_both(line, of, part)) for part in parts)
        return [(head, *count) for head, count in zip(self.heads[1:], counts, strict=True)]

    def sheet(self) -> Iterable[list[str | int]]:
        """Return the table as rows of cells, its head first."""
        yield [*self.heads]
        for name, cells in self.rows:
            yield [name, *(count for _head, count, _share in cells)]


def _both(line: Sums, of: Counted, measure: str) -> tuple[int, int]:
    return getattr(line, measure), getattr(line, of.measures[0])


def _share(part: int, whole: int) -> float | None:
    """Return a percentage; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def _cell(part: int, whole: int) -> tuple[int, str]:
    share = _share(part, whole)
    return part, "" if share is None else f"{share:.0f} %"
