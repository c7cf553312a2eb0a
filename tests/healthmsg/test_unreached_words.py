"""Whatever stands in the file, and however it is saved, outcomes come back as they were meant."""

import csv
import io
import random
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as house
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from healthmsg.clinic.models import Clinic, Patient, Site
from healthmsg.desk.imports import cells
from healthmsg.desk.unreached import filled, keys, shown, vocabulary
from healthmsg.desk.unreached.filled import Told, Why
from healthmsg.desk.unreached.listing import Asked, Reason
from healthmsg.desk.unreached.models import How

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
CLINIC = Clinic(pk=7, time_zone="America/Buenos_Aires")
LANGUAGES = [code for code, _words in house.LANGUAGES]
HOWS, IDS = st.sampled_from(list(How)), st.integers(1, 2**39)
# What no database keeps, and no file holds as text.
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
    st.sampled_from(['=HYPERLINK("http://x","y")', "+1", "-1", "@a", "\t=1", "a;b", 'a"b', "a\nb"]),
)


def _spellings() -> list[tuple[str, How]]:
    found: list[tuple[str, How]] = [(str(how.value), how) for how in How]
    for language in LANGUAGES:
        with translation.override(language):
            found += [(str(how.label), how) for how in How]
    return found


SPELLINGS = _spellings()


@st.composite
def words(draw: st.DrawFn) -> tuple[str, How]:
    """One way to write an outcome."""
    word, how = draw(st.sampled_from(SPELLINGS))
    cased = draw(st.sampled_from([str.upper, str.lower, str.title, str.casefold]))
    around = draw(st.sampled_from(["{}", " {} ", "'{}", "{}.", "\u200f{}", "«{}»"]))
    return around.format(cased(word)), how


@given(words())
def test_an_outcome_is_known_in_every_language_however_it_is_spelled(spelled: Any) -> None:
    typed, how = spelled

    assert cells.word(typed, vocabulary.outcomes()) == how


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_headings_of_every_language_are_known(language: str) -> None:
    with translation.override(language):
        heads = next(csv.reader(shown.as_csv([], _file())))

    assert set(vocabulary.columns(heads)) == set(vocabulary.HEADS)
    assert vocabulary.columns(one.upper() for one in heads) == vocabulary.columns(heads)


def test_no_word_stands_for_two_outcomes_or_columns() -> None:
    short = [(word, how) for how, all_ in vocabulary._SHORT.items() for word in all_]
    pairs = {(cells.bare(word), how) for word, how in (*SPELLINGS, *short)}
    assert len({word for word, _how in pairs}) == len(pairs)


@given(IDS, st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_key_opens_one_row_of_one_clinic(patient: int, clinic: int, other: int) -> None:
    key = keys.key_of(clinic, patient)

    assert keys.patient_of(clinic, key) == patient
    assert keys.patient_of(clinic, f" {key.lower().replace('-', '')} ") == patient
    assert other == clinic or keys.patient_of(other, key) is None
    assert str(patient) not in key
    assert cells.plain(key) == key.strip("'=+-@")


@given(IDS, st.integers(0, 18), st.sampled_from("BCDFGHJKLMNPQRSTVWXZ"))
def test_a_key_with_another_letter_is_no_key(patient: int, place: int, letter: str) -> None:
    letters = keys.key_of(7, patient).replace("-", "")
    changed = letters[:place] + letter + letters[place + 1 :]

    assert changed == letters or keys.patient_of(7, changed) is None


@given(TEXTS)
def test_any_text_is_no_key(typed: str) -> None:
    assert keys.patient_of(7, typed) is None


def test_a_key_counts_on_after_the_house_has_a_new_one(settings: LazySettings) -> None:
    key, before = keys.key_of(7, 12), settings.SECRET_KEY
    settings.SECRET_KEY = "another one"
    assert keys.patient_of(7, key) is None

    settings.SECRET_KEY_FALLBACKS = [before]

    assert keys.patient_of(7, key) == 12
    assert keys.key_of(7, 12) != key


def _file() -> shown.File:
    return shown.File(Asked(CLINIC), {3: Site(pk=3, name="Sur", clinic=CLINIC)}, NOW)


def _listed(patient_id: int, texts: list[str], reason: Reason) -> Any:
    given_name, family_name, identifier, language = texts
    return SimpleNamespace(
        patient=Patient(
            given_name=given_name, family_name=family_name, external_id=identifier, needs=[]
        ),
        patient_id=patient_id,
        reason=reason,
        language=language,
        number="+5491155550101",
        next_visit_at=None,
        next_site_id=None,
        last_site_id=3,
    )


def _saved_as(delimiter: str, encoding: str) -> Callable[[list[list[str]]], bytes]:
    def save(table: list[list[str]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter).writerows(table)
        return text.getvalue().encode(encoding)

    return save


def _as_workbook(table: list[list[str]]) -> bytes:
    book, content = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for line in table:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in line])
    book.save(content)
    return content.getvalue()


SAVES = {
    "as-it-was": _saved_as(",", "utf-8-sig"),
    "semicolons": _saved_as(";", "utf-8"),
    "tabs-of-two-bytes": _saved_as("\t", "utf-16"),
    "workbook": _as_workbook,
}


@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES)
@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(LANGUAGES),
    st.dictionaries(
        IDS,
        st.tuples(
            st.lists(TEXTS, min_size=4, max_size=4),
            st.sampled_from(list(Reason)),
            st.one_of(st.none(), words()),
        ),
        min_size=1,
        max_size=6,
    ),
    st.randoms(),
)
def test_what_is_filled_in_comes_back_whatever_else_stands_there(
    save: Any, language: str, rows: Any, chance: random.Random
) -> None:
    listed = [_listed(one, texts, reason) for one, (texts, reason, _word) in rows.items()]
    with translation.override(language):
        text = "".join(shown.as_csv([listed], _file())).removeprefix("\ufeff")
    head, *lines = csv.reader(io.StringIO(text, newline=""))
    assert not [cell for line in lines for cell in line if cell.lstrip().startswith(tuple("=+-@"))]
    told = [(one, word) for one, (_texts, _reason, word) in rows.items()]
    table = [
        [*line[:-1], word[0] if word else ""] for line, (_id, word) in zip(lines, told, strict=True)
    ]
    order = list(range(len(head)))
    chance.shuffle(order)

    content = io.BytesIO(save([[line[at] for at in order] for line in (head, *table)]))
    if not any(word for _id, word in told):
        with pytest.raises(filled.Unfit, match="NOTHING"):
            filled.read(content, CLINIC)
        return
    found = filled.read(content, CLINIC)

    assert {(one.patient_id, one.how) for one in found.told} == {
        (one, word[1]) for one, word in told if word
    }
    assert found.problems == []
    assert found.listed_on == NOW.date()
    assert found.empty == sum(not word for _id, word in told)


@given(TEXTS, TEXTS)
def test_any_cells_are_a_row_that_is_used_or_named(key: str, word: str) -> None:
    sure = keys.key_of(7, 12)
    content = SAVES["as-it-was"]([["key", "outcome"], [sure, "SMS"], [key, word]])

    found = filled.read(io.BytesIO(content), CLINIC)

    assert found.told[0] == Told(2, 12, "SMS")
    rest = len(found.told) - 1 + found.empty + len(found.problems)
    assert rest <= 1
    assert all(isinstance(why, Why) for _line, why in found.problems)
