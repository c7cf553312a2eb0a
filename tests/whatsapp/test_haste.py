"""Words that need haste are found however they are written, and only as whole words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp import haste

_WORDS = [word for words in haste.WORDS.values() for word in words]
_BESIDE = st.text(st.characters(exclude_categories=("L", "M", "N", "Cf", "Cs", "Sk")), min_size=1)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("Tengo un DOLOR DE PECHO muy fuerte", "dolor de pecho", id="capitals"),
        pytest.param("tengo una reaccion alergica!!", "reacción alérgica", id="without-accents"),
        pytest.param("I can’t breathe", "can't breathe", id="apostrophe"),
        pytest.param("help,bleeding.now", "bleeding", id="punctuation"),
        pytest.param("chest\n  pain", "chest pain", id="line-breaks"),
        pytest.param("ｂｌｅｅｄｉｎｇ", "bleeding", id="wide-letters"),
        pytest.param("𝗯𝗹𝗲𝗲𝗱𝗶𝗻𝗴", "bleeding", id="mathematical-letters"),
        pytest.param("sui\u00adcide", "suicide", id="soft-hyphen"),
        pytest.param("self harm", "self-harm", id="hyphen"),
        pytest.param("我胸痛得厉害", "胸痛", id="no-spaces-between-words"),
        pytest.param("عندي نَزيف شديد", "نزيف", id="arabic-vowels"),
    ],
)
def test_words_are_found_however_they_are_written(text: str, word: str) -> None:
    assert haste.find(text, ["ambulance", word]) == word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("My name is Strokes", "stroke", id="part-of-a-word"),
        pytest.param("pain in the chest", "chest pain", id="another-order"),
        pytest.param("", "stroke", id="nothing"),
        pytest.param("!?", "stroke", id="no-words"),
        pytest.param("anything", "", id="an-empty-entry"),
        pytest.param("anything", "!!", id="an-entry-without-words"),
    ],
)
def test_other_words_need_no_haste(text: str, word: str) -> None:
    assert haste.find(text, [word]) == ""


@given(before=_BESIDE, after=_BESIDE, word=st.sampled_from(_WORDS))
def test_signs_beside_a_word_hide_nothing(before: str, after: str, word: str) -> None:
    text = f"{before} {word.upper()} {after}"

    assert haste.find(text, [word]) == word


@given(word=st.sampled_from(_WORDS), form=st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_every_form_of_unicode_is_one(word: str, form: str) -> None:
    text = unicodedata.normalize(form, word)  # type: ignore[arg-type]

    assert haste.find(text, [word]) == word


@given(st.text(), st.lists(st.text(), max_size=3))
def test_nothing_that_is_written_breaks_it(text: str, words: list[str]) -> None:
    found = haste.find(text, words)

    assert found == "" or found in words


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert haste.fold(haste.fold(text)) == haste.fold(text)


@given(st.text(st.characters(categories=("Ll", "Lu", "Nd")), min_size=1), st.sampled_from(_WORDS))
def test_letters_beside_a_word_make_another_word(letters: str, word: str) -> None:
    folded = haste.fold(letters)
    if not folded or " " in folded:
        return

    assert haste.find(f"{word}{folded}", [word]) == ""
    assert haste.find(f"{folded}{word}", [word]) == ""


def test_languages_bring_their_words_and_english_always_counts() -> None:
    assert "sangrado" in haste.starters(["es_AR"])
    assert "bleeding" in haste.starters(["es"])
    assert haste.starters(["hi"]) == haste.WORDS["en"]
