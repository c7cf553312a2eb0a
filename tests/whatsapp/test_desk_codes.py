"""Codes that the desk shows are read however a phone sends them, and nothing else is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.models import Clinic
from healthmsg.desk.proof import words
from whatsapp import desk_codes, phrases, short_answers, stop_words


@given(st.sampled_from(["{}", "Sí, escriban. Código: {}", "{}.", "codigo {}!", "رمز: {}"]))
def test_a_code_is_read_however_it_is_sent(said: str) -> None:
    code = desk_codes.make()

    forms = (code, code.lower(), code.replace("-", " "), code.replace("-", ""))
    assert {desk_codes.read(said.format(form)) for form in forms} == {code}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("4455 6677", id="telephone"),
        pytest.param("2026-1130", id="date"),
        pytest.param("STOP BAJA", id="words"),
        pytest.param("K7M4-Q2XP and B7M4-Q2XP", id="two"),
        pytest.param("XK7M4-Q2XPX", id="inside-a-word"),
        pytest.param("K7M4-Q2XP" + "x " * 200, id="long"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_code(text: str) -> None:
    assert desk_codes.read(text) == ""


@given(st.text(max_size=400))
def test_reading_never_fails(text: str) -> None:
    assert len(desk_codes.read(text)) in {0, 9}


@pytest.mark.parametrize("language", sorted(phrases.BOOKS))
def test_what_they_are_given_to_send_is_a_yes_with_a_code(language: str) -> None:
    clinic = Clinic(name="Clínica No. 5", languages=[language])
    said = words.to_send("K7M4-Q2XP", clinic=clinic, language=language)
    own_words = said.replace(clinic.name, " ")

    assert desk_codes.read(said) == "K7M4-Q2XP"
    assert not short_answers.holds_no(own_words, [language])
    assert not stop_words.holds_stop(own_words, [language])
    assert short_answers.read(said, [language]) is None
    assert not stop_words.is_stop(said, [language])
