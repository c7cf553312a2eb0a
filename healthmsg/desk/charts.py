"""Charts of shares: what Chart.js draws, and the same numbers as a table behind each of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.desk.daily.reading import Sums

# (name, of what, what): each a share in percent.
_SHARES: tuple[tuple[Any, Callable[[Sums], int], Callable[[Sums], int]], ...] = (
    (gettext_lazy("arrived"), lambda one: one.sent, lambda one: one.arrived),
    (gettext_lazy("read"), lambda one: one.sent, lambda one: one.read),
    (gettext_lazy("answered"), lambda one: one.sent, lambda one: one.answered),
    (gettext_lazy("missed visits"), lambda one: one.visits, lambda one: one.missed),
)


@dataclass(frozen=True)
class Chart:
    """One picture and its table."""

    key: str
    title: str
    first: str  # what the lines are of
    lines: Sequence[Sums]
    is_series: bool = False

    @property
    def is_empty(self) -> bool:
        return all(one.is_empty for one in self.lines)

    @property
    def data(self) -> dict[str, Any]:
        """Return what the script on the page draws."""
        return {
            "type": "line" if self.is_series else "bar",
            "labels": [one.name for one in self.lines],
            "columns": [
                {"name": str(name), "shares": [_share(what(one), of(one)) for one in self.lines]}
                for name, of, what in _SHARES
            ],
        }

    @property
    def heads(self) -> list[str]:
        return [
            self.first,
            _("Taken by WhatsApp"),
            _("Arrived"),
            _("Read"),
            _("Answered"),
            _("Visits"),
            _("Missed"),
        ]

    @property
    def rows(self) -> list[tuple[str, list[tuple[str, int, str]]]]:
        """Return per line its name, and per column the column's head, a count and its share."""
        return [(one.name, self._cells(one)) for one in self.lines]

    def _cells(self, line: Sums) -> list[tuple[str, int, str]]:
        *shares, missed = (_cell(what(line), of(line)) for _name, of, what in _SHARES)
        counts = [(line.sent, ""), *shares, (line.visits, ""), missed]
        return [(head, *count) for head, count in zip(self.heads[1:], counts, strict=True)]

    def sheet(self) -> Iterable[list[str | int]]:
        """Return the table as rows of cells, its head first."""
        yield [*self.heads]
        for one in self.lines:
            counts = (one.sent, one.arrived, one.read, one.answered, one.visits, one.missed)
            yield [one.name, *counts]


def _share(part: int, whole: int) -> float | None:
    """Return a percentage; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def _cell(part: int, whole: int) -> tuple[int, str]:
    share = _share(part, whole)
    return part, "" if share is None else f"{share:.0f} %"
