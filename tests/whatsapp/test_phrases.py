from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.models import Clinic
from whatsapp import phrases, stop_words
from whatsapp.phrases import en, uses


def gaps(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


@pytest.mark.parametrize("language", sorted(phrases.BOOKS))
def test_every_language_says_everything_with_the_same_gaps(language: str) -> None:
    book = phrases.BOOKS[language]

    assert {k: gaps(v) for k, v in book.items()} == {k: gaps(v) for k, v in en.PHRASES.items()}


@pytest.mark.parametrize("language", sorted(phrases.BOOKS))
def test_every_automatic_answer_offers_a_person(language: str) -> None:
    answers = {k: v for k, v in phrases.BOOKS[language].items() if not uses.is_label(k)}

    assert all(uses.must_have(k) <= gaps(v) for k, v in answers.items())


@pytest.mark.parametrize("language", sorted(phrases.BOOKS))
def test_titles_fit_and_answers_with_buttons_too(language: str) -> None:
    told = {
        "clinic_name": "Clínica Aurora de la Ciudad Autónoma de Buenos Aires",
        "clinic_phone": "+54 11 5555-0000",
        "emergency_number": "107",
    }
    for key, words in phrases.BOOKS[language].items():
        fills = told | uses.EXAMPLES
        if uses.is_label(key):
            fills |= {"name": "Leopoldo", "day": "30 sept"}
        said = phrases.filled(words, fills, "en")
        assert said is not None, key
        assert len(said) <= uses.limit(key), key


@pytest.mark.parametrize(
    ("language", "words"),
    [
        pytest.param(
            "pt_BR", "Obrigado por avisar. Aurora anotou. Também pode ligar para 1.", id="region"
        ),
        pytest.param(
            "fr-CA",
            "Merci de nous l'avoir dit. Aurora l'a noté. Vous pouvez aussi appeler le 1.",
            id="dash",
        ),
        pytest.param(
            "de",
            "Gracias por avisarnos. Aurora tomó nota. Si tiene una pregunta, llame al 1.",
            id="clinic-first",
        ),
    ],
)
def test_a_language_we_do_not_speak_falls_back_to_the_clinics(language: str, words: str) -> None:
    clinic = Clinic(name="Aurora", phone="1", emergency_number="2", languages=["es", "en"])

    assert phrases.say(language, "already_done_noted", clinic=clinic) == words


def test_a_number_within_arabic_is_set_apart_and_a_name_in_arabic_is_not() -> None:
    clinic = Clinic(
        name="عيادة", phone="+54 11 5555-0000", emergency_number="107", languages=["ar"]
    )

    arabic = phrases.say("ar", "not_read_at_once", clinic=clinic)
    english = phrases.say("en", "not_read_at_once", clinic=clinic)

    assert "\u2068+54 11 5555-0000\u2069" in arabic
    assert "\u2068\u0639" not in arabic
    assert "\u2068" not in english


def test_where_nobody_speaks_the_clinics_language_english_is_left() -> None:
    clinic = Clinic(name="Aurora", phone="1", emergency_number="2", languages=["sw"])

    assert phrases.say("sw", "which_visit", clinic=clinic) == (
        "Which appointment do you mean? You can also call 1."
    )


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("STOP", ["es"]),
        ("stop!!", ["hi"]),
        ("Baja.", ["es_AR"]),
        ("  SAIR 🙏", ["pt_BR"]),
        ("Arrêtez", ["fr"]),
        ("ARRETEZ", ["fr"]),
        ("ايقاف", ["ar"]),
        ("إِيقاف", ["ar"]),
        ("बंद करो", ["hi"]),
        ("Não quero mais mensagens", ["es", "pt_BR"]),
    ],
)
def test_stop_words_are_known_in_any_dress(text: str, languages: list[str]) -> None:
    assert stop_words.is_stop(text, languages)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "baja mi turno",
        "cancel",
        "cancelar",
        "annuler",
        "إلغاء",
        "रद्द करें",
        "START",
        "ALTA",
        "stop " * 20,
        "No puedo parar de toser",
        "¿Basta con llegar 10 minutos antes?",
    ],
)
def test_other_words_are_no_stop(text: str) -> None:
    assert not stop_words.is_stop(text, ["en", "es", "pt_BR", "fr", "ar", "hi"])


def test_a_stop_word_of_a_language_the_clinic_does_not_speak_is_no_stop() -> None:
    assert not stop_words.is_stop("sair", ["es"])


@pytest.mark.parametrize(
    "text",
    [
        "Please stop sending me these offers",
        "Quiero darme de baja de las promociones",
        "por favor basta",
        "No puedo parar de toser",
    ],
)
def test_a_stop_among_other_words_is_seen(text: str) -> None:
    assert stop_words.holds_stop(text, ["es"])
    assert not stop_words.is_stop(text, ["es"])


def test_what_speaks_of_a_body_is_no_stop_among_other_words() -> None:
    assert stop_words.is_stop("ALTO", ["es"])
    assert not stop_words.holds_stop("Tengo el colesterol alto", ["es"])


@given(st.text())
def test_any_text_is_read_for_a_stop(text: str) -> None:
    assert stop_words.holds_stop(text, ["es"]) in {True, False}
    assert stop_words.is_stop(text, ["es"]) in {True, False}
