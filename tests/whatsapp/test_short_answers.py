"""A yes, a no, a number or a thumb in any dress; nothing else is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp import short_answers, telling_words
from whatsapp.short_answers import Short

ALL = ["en", "es", "pt_BR", "fr", "ar", "hi"]
_TONES = ["", *(chr(c) for c in range(0x1F3FB, 0x1F400))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yes", Short.YES),
        ("YES!!", Short.YES),
        ("ok", Short.YES),
        ("Okay, thank you 🙏", Short.YES),
        ("Sí", Short.YES),
        ("si", Short.YES),
        ("sí, sí", Short.YES),
        ("  Sí, gracias. ", Short.YES),
        ("Sim", Short.YES),
        ("d’accord", Short.YES),
        ("نعم", Short.YES),
        ("हाँ", Short.YES),
        ("👍", Short.YES),
        ("👍🏽👍🏽", Short.YES),
        ("✔️", Short.YES),
        ("ok 👍", Short.YES),
        ("No", Short.NO),
        ("não", Short.NO),
        ("👎🏿", Short.NO),
        ("1", 1),
        ("2.", 2),
        ("1️⃣", 1),
        ("２", 2),
        ("٣", 3),
        ("२", 2),
        ("opción 2", 2),
        ("10", 10),
    ],
)
def test_a_short_answer_is_known_in_any_dress(text: str, said: Short | int) -> None:
    assert short_answers.read(text, ALL) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ok?",
        "¿sí?",
        "yes but later",
        "ok 👎",
        "no 👍",
        "sí 😭",
        "sí no",
        "1 2",
        "0",
        "11",
        "10:30",
        "123",
        "gracias",
        "🙏",
        "me duele",
        "sí, pero me duele mucho el pecho desde ayer a la noche",
    ],
)
def test_anything_else_is_no_short_answer(text: str) -> None:
    assert short_answers.read(text, ALL) is None


def test_a_word_of_a_language_the_clinic_does_not_speak_is_no_answer() -> None:
    assert short_answers.read("oui", ["es"]) is None
    assert short_answers.read("yes", ["es"]) == Short.YES


@given(st.text(), st.sampled_from([ALL, ["es"], ["xx"], []]))
def test_any_text_is_read_without_a_fault(text: str, languages: list[str]) -> None:
    said = short_answers.read(text, languages)

    assert said is None or isinstance(said, Short) or 1 <= said <= 10


@given(
    st.sampled_from(["yes", "Ok", "sí", "SIM", "👍", "no", "1", "2"]),
    st.text(alphabet=" .,!;:-_…'\"()\u200d\ufe0f\n\t🙏😊", max_size=8),
    st.sampled_from(_TONES),
)
def test_punctuation_case_and_skin_tones_change_nothing(said: str, more: str, tone: str) -> None:
    dressed = more + said.swapcase() + tone + more

    assert short_answers.read(dressed, ALL) == short_answers.read(said, ALL)


@given(st.text())
def test_any_text_is_read_for_strangers_haste_and_greetings(text: str) -> None:
    for reading in (
        telling_words.is_of_a_stranger,
        telling_words.needs_haste,
        telling_words.is_greeting,
    ):
        assert reading(text, ALL) in {True, False}


@pytest.mark.parametrize(
    "text",
    [
        "You have the wrong number, I am nobody's patient.",
        "NÚMERO EQUIVOCADO",
        "Hola, se equivocaron de número",
        "número errado!",
        "الرقم خطأ",
    ],
)
def test_a_strangers_word_is_known(text: str) -> None:
    assert telling_words.is_of_a_stranger(text, ALL)


@pytest.mark.parametrize("text", ["¿Es el número correcto?", "hola", "my number", "x" * 200])
def test_other_words_are_no_strangers(text: str) -> None:
    assert not telling_words.is_of_a_stranger(text, ALL)


@pytest.mark.parametrize(
    "text", ["I have chest pain", "me duele la rodilla", "URGENTE", "mucha sangre", "sangue!"]
)
def test_what_may_not_be_able_to_wait_is_known(text: str) -> None:
    assert telling_words.needs_haste(text, ALL)
