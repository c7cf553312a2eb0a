"""
What a bench tells: figures, their ratios to each other, and what is to be reached.

A bench is a module of this package with a generator, run as `python -m tests.bench.<name>`:

    def measure(seconds: float) -> Iterator[Figure]:
        yield Figure("door", "plain view", 1200, "/s")
        yield Figure("door", "on disk", 13_000, "/s", aims=(at_least(10, times="plain view"),))

    if __name__ == "__main__":
        figures.alone("door", measure)

`seconds` is how long one measurement may last at most. A figure is yielded as soon as it is known;
ratios are worked out at the end, within a bench, so the order does not matter. What cannot be
measured here raises CannotRun with the reason, or is a figure without a value and with a `note`.
"""

import argparse
import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

SECONDS = 5.0
PEOPLE = 1_000_000

Measure = Callable[[float], Iterator["Figure"]]


class CannotRun(Exception):
    """This bench cannot run here; its text says why."""


@dataclass(frozen=True)
class Aim:
    """A bound on a figure, or on its ratio to another figure of the same bench."""

    sign: str  # "≥", "≤", "<", "=" or "" where the ratio is only shown
    bound: float
    times: str = ""  # `what` of the other figure

    def __str__(self) -> str:
        bound = f"{self.sign} {spoken(self.bound)}".strip()
        if not self.times:
            return bound
        return f"{bound} x {self.times}" if self.sign else f"beside {self.times}"

    def is_reached(self, value: float) -> bool:
        return {
            "≥": value >= self.bound,
            "≤": value <= self.bound,
            "<": value < self.bound,
            "=": value == self.bound,
            "": True,
        }[self.sign]


def at_least(bound: float, *, times: str = "") -> Aim:
    return Aim("≥", bound, times)


def at_most(bound: float, *, times: str = "") -> Aim:
    return Aim("≤", bound, times)


def below(bound: float) -> Aim:
    return Aim("<", bound)


def exactly(bound: float) -> Aim:
    return Aim("=", bound)


def beside(times: str) -> Aim:
    """Show the ratio to another figure, with nothing to reach."""
    return Aim("", 0.0, times)


@dataclass(frozen=True)
class Figure:
    """One measured number; `what` names it within its bench."""

    bench: str
    what: str
    value: float | None
    unit: str
    aims: tuple[Aim, ...] = ()
    note: str = ""  # how it was measured, its best setting, or why there is no value
    repeats: tuple[float, ...] = field(default=())

    @classmethod
    def median(
        cls, bench: str, what: str, repeats: Sequence[float], unit: str, **more: Any
    ) -> "Figure":
        return cls(bench, what, statistics.median(repeats), unit, repeats=tuple(repeats), **more)

    @classmethod
    def read(cls, written: dict[str, Any]) -> "Figure":
        """Make a figure of what `asdict` made of one."""
        aims = tuple(Aim(**aim) for aim in written["aims"])
        return cls(**{**written, "aims": aims, "repeats": tuple(written["repeats"])})

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.bench}: {self.what}: not measured, {self.note}"
        text = f"{self.bench}: {self.what}: {spoken(self.value)} {self.unit}"
        if len(self.repeats) > 1:
            text += f" ({_range(self.repeats)})"
        return text + (f", {self.note}" if self.note else "")


def spoken(value: float) -> str:
    """Write a number with as many digits as mean something."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return (
        f"{value:.1f}"
        if abs(value) >= 10
        else f"{value:.2f}"
        if abs(value) >= 1
        else f"{value:.2g}"
    )


def _range(repeats: Sequence[float]) -> str:
    return f"{spoken(min(repeats))} to {spoken(max(repeats))}"


@dataclass(frozen=True)
class Verdict:
    """One aim of a figure, held against what was measured."""

    figure: Figure
    aim: Aim
    found: float | None  # the figure or its ratio
    is_reached: bool | None  # None where nothing was to be reached, or it could not be measured

    @property
    def ratio(self) -> float | None:
        """To the other figure, or else to what is to be reached."""
        if self.aim.times or self.found is None:
            return self.found
        return self.found / self.aim.bound if self.aim.bound else None


def verdicts(figures: Iterable[Figure]) -> list[Verdict]:
    """Hold every aim against its figure."""
    figures = list(figures)
    values = {(f.bench, f.what): f.value for f in figures}
    return [_verdict(figure, aim, values) for figure in figures for aim in figure.aims]


def _verdict(figure: Figure, aim: Aim, values: dict[tuple[str, str], float | None]) -> Verdict:
    found = figure.value
    if aim.times and found is not None:
        other = values.get((figure.bench, aim.times))
        found = found / other if other else None
    is_reached = aim.is_reached(found) if aim.sign and found is not None else None
    return Verdict(figure, aim, found, is_reached)


def table(figures: Iterable[Figure]) -> Table:
    """Return every figure with its ratios and what was to be reached."""
    figures = list(figures)
    held = verdicts(figures)
    drawn = Table(show_edge=False, pad_edge=False)
    for heading in ("bench", "what", "figure", "ratio", "to reach", ""):
        drawn.add_column(heading, justify="right" if heading in ("figure", "ratio") else "left")
    for figure in figures:
        value = "-" if figure.value is None else f"{spoken(figure.value)} {figure.unit}"
        if len(figure.repeats) > 1:
            value += f" ({_range(figure.repeats)})"
        own = [verdict for verdict in held if verdict.figure is figure]
        drawn.add_row(figure.bench, figure.what, value, *_cells(own[0] if own else None))
        for verdict in own[1:]:
            drawn.add_row("", "", "", *_cells(verdict))
    return drawn


def _cells(verdict: Verdict | None) -> tuple[str, str, str]:
    if verdict is None:
        return "", "", ""
    ratio = f"{spoken(verdict.ratio)} x" if verdict.ratio is not None else ""
    word = {True: "[green]reached", False: "[red]MISSED", None: ""}[verdict.is_reached]
    if verdict.found is None:
        word = "[yellow]not measured"
    return ratio, str(verdict.aim), word


def as_json(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """Return the figures, each with its verdicts, for a file."""
    figures = list(figures)
    held = verdicts(figures)
    return [
        asdict(figure)
        | {
            "verdicts": [
                {"aim": str(v.aim), "ratio": v.ratio, "reached": v.is_reached}
                for v in held
                if v.figure is figure
            ]
        }
        for figure in figures
    ]


def arguments(description: str | None) -> argparse.ArgumentParser:
    """The flags that every bench takes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of one measurement")
    parser.add_argument(
        "--people", type=int, default=PEOPLE, help="how many, where pages are timed"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="the same people the next time, for pages"
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="pages so named alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--no-table", action="store_true", help=argparse.SUPPRESS)
    return parser


def of_people(chosen: argparse.Namespace) -> list[str]:
    """Return the flags about people again, for a process that is started."""
    kept = ["--keep", str(chosen.keep)] if chosen.keep else []
    only = ["--only", chosen.only] if chosen.only else []
    return ["--people", str(chosen.people), *kept, *only]


def alone(bench: str, measure: Measure) -> None:
    """Run one bench by itself: each figure as it comes, then the table."""
    chosen = arguments(f"The bench {bench}.").parse_args()
    console = Console(width=150)
    found: list[Figure] = []
    for figure in gather(bench, measure, chosen.seconds):
        console.print(str(figure), highlight=False, markup=False, soft_wrap=True)
        found.append(figure)
        if chosen.json:
            # After each: what was measured before a bench broke is worth keeping.
            chosen.json.write_text(json.dumps(as_json(found), ensure_ascii=False, indent=1))
    if not chosen.no_table:
        console.print(table(found))


def gather(bench: str, measure: Measure, seconds: float) -> Iterator[Figure]:
    """Yield the figures of a bench; one that cannot run yields a figure that says why."""
    try:
        yield from measure(seconds)
    except CannotRun as error:
        yield Figure(bench, "all of it", None, "", note=str(error))
