"""Reads the file that comes back: which outcome it tells of whom, and what cannot be used of it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import IO

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic
from healthmsg.desk.imports import cells, tables
from healthmsg.desk.imports.models import Failure
from healthmsg.desk.imports.reasons import Reason as Broken
from healthmsg.desk.imports.reasons import Unreadable
from healthmsg.desk.imports.tables import Row, Unusable
from healthmsg.desk.unreached import keys, vocabulary
from healthmsg.desk.unreached.models import How
from healthmsg.desk.unreached.vocabulary import KEY, LISTED, OUTCOME

# It is read while somebody waits: what takes minutes is refused.
MOST_ROWS = 20_000
_MOST_WORDS = 20_000_000


class Why(TextChoices):
    """Why a row of the file is left out."""

    NO_KEY = "NO_KEY", _("no row key: it stands in the file that was handed out here")
    UNKNOWN_KEY = "UNKNOWN_KEY", _("this row key is none of this clinic's lists")
    UNKNOWN_WORD = "UNKNOWN_WORD", _("this outcome is not known here")
    BROKEN_LETTERS = Broken.BROKEN_LETTERS.value, Broken.BROKEN_LETTERS.label
    TWO_OUTCOMES = "TWO_OUTCOMES", _("the same patient stands in the file with another outcome")
    GONE = "GONE", _("the patient is not kept here any more")


class Refusal(TextChoices):
    """Why nothing can be done with a file as a whole."""

    NO_COLUMN = (
        "NO_COLUMN",
        _(
            "The columns “row key” and “outcome” are not in its first row. Fill in the file that"
            " was handed out here; if its letters look broken, save it as UTF-8."
        ),
    )
    ELSEWHERE = (
        "ELSEWHERE",
        _("None of its row keys is of this clinic: is it the file of another one?"),
    )
    NOTHING = "NOTHING", _("No outcome is filled in.")


class Unfit(Exception):
    """The file as a whole is refused; the message is the reason's code."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True)
class Told:
    """What one row says."""

    line: int
    patient_id: int
    how: str


@dataclass
class Filled:
    """What a file says; lines are counted as a spreadsheet counts."""

    told: list[Told] = field(default_factory=list)
    empty: int = 0
    problems: list[tuple[int, Why]] = field(default_factory=list)
    # The oldest day of which a row says that its list is.
    listed_on: date | None = None


def read(file: IO[bytes], clinic: Clinic) -> Filled:
    """
    Read a file.

    :raises Unusable: it is no table, is empty or too large
    :raises Unfit: it is not one of those that this clinic was handed out, or tells nothing
    """
    with closing(tables.rows(file, most_words=_MOST_WORDS)) as rows:
        _number, heads = next(rows, (0, []))
        places = vocabulary.columns(heads)
        if not {KEY, OUTCOME} <= places.keys():
            raise Unfit(Refusal.NO_COLUMN) if heads else Unusable(Failure.EMPTY)
        filled = _read(rows, places, clinic)
    if not filled.told and (refusal := _why_nothing(filled)):
        raise Unfit(refusal)
    return filled


def _read(rows: Iterator[Row], places: dict[str, int], clinic: Clinic) -> Filled:
    filled, is_any = Filled(), False
    for count, (line, row) in enumerate(rows, start=1):
        if count > MOST_ROWS:
            raise Unusable(Failure.TOO_LARGE)
        is_any = True
        cell = {name: row[place] for name, place in places.items() if place < len(row)}
        _take(filled, line, cell, clinic)
    if not is_any:
        raise Unusable(Failure.EMPTY)
    return filled


def _take(filled: Filled, line: int, cell: dict[str, str], clinic: Clinic) -> None:
    if not (word := cell.get(OUTCOME, "").removeprefix("'").strip()):
        filled.empty += 1
        return
    found = _told(line, cell.get(KEY, ""), word, clinic)
    if isinstance(found, Why):
        filled.problems.append((line, found))
        return
    filled.told.append(found)
    day = _day(cell.get(LISTED, ""))
    if day and (filled.listed_on is None or day < filled.listed_on):
        filled.listed_on = day


def _told(line: int, key: str, word: str, clinic: Clinic) -> Told | Why:
    if not key:
        return Why.NO_KEY
    patient_id = keys.patient_of(clinic.pk, key)
    if patient_id is None:
        return Why.UNKNOWN_KEY
    how = _how(word)
    return how if isinstance(how, Why) else Told(line, patient_id, how)


# The same few words stand in thousands of rows.
@lru_cache(maxsize=200)
def _how(word: str) -> How | Why:
    try:
        return How(cells.word(word, vocabulary.outcomes()))
    except Unreadable as unreadable:
        is_broken = unreadable.reason == Broken.BROKEN_LETTERS
        return Why.BROKEN_LETTERS if is_broken else Why.UNKNOWN_WORD


def _day(typed: str) -> date | None:
    """Return the day; whatever a spreadsheet has made of it that is none counts as not there."""
    try:
        return cells.day(typed, order=None) if typed else None
    except Unreadable:
        return None


def _why_nothing(filled: Filled) -> Refusal | None:
    """Return why no row can be used; None where the rows themselves say it."""
    if not filled.problems:
        return Refusal.NOTHING
    is_elsewhere = {why for _line, why in filled.problems} == {Why.UNKNOWN_KEY}
    return Refusal.ELSEWHERE if is_elsewhere else None
