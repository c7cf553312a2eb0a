"""The starter library keeps every rule, names the clinic, and tells nobody's illness."""

import dataclasses

import pytest

from campaigns import wording
from campaigns.wording import Kind
from whatsapp import starting_set, template_rules
from whatsapp.catalog import VERBS, Approved
from whatsapp.fill_ins import REGISTRY
from whatsapp.models import TemplateVersion
from whatsapp.starting_set import LANGUAGES, STARTERS, Starter
from whatsapp.template_components import components_of, written_in

EACH = [
    pytest.param(starter, language, id=f"{starter.name}-{language}")
    for starter in STARTERS
    for language in LANGUAGES
]
_EXAMPLES = {key: one.example for key, one in REGISTRY.items()}


@pytest.mark.parametrize(("starter", "language"), EACH)
def test_it_keeps_every_rule(starter: Starter, language: str) -> None:
    words = starting_set.words(starter, language, page="https://clinic.example/times/{{1}}")
    words = dataclasses.replace(words, examples=_EXAMPLES)

    assert template_rules.faults(words) == ()
    assert set(template_rules.gaps_in(words.body)) <= set(REGISTRY)
    assert "clinic_name" in template_rules.gaps_in(words.body)
    assert len(words.buttons) == len(starter.meanings)
    assert set(starter.meanings) <= {"", *VERBS}


def test_nothing_counts_as_read_by_a_native_speaker_before_somebody_says_so() -> None:
    assert not starting_set.CHECKED
    assert {"en", "es"} <= set(LANGUAGES)


@pytest.mark.parametrize(("starter", "language"), EACH)
def test_every_language_has_the_same_gaps(starter: Starter, language: str) -> None:
    english = template_rules.gaps_in(starting_set.words(starter, "en").body)

    assert set(template_rules.gaps_in(starting_set.words(starter, language).body)) == set(english)


@pytest.mark.parametrize(("starter", "language"), EACH)
def test_it_tells_no_illness_and_shows_a_way_out(starter: Starter, language: str) -> None:
    words = starting_set.words(starter, language)
    gaps = template_rules.gaps_in(words.body)
    approved = Approved(
        name=words.name,
        language=language,
        category=words.category,
        version=TemplateVersion(components=components_of(words), parameter_format="NAMED"),
        gaps=gaps,
        bindings={gap: gap for gap in gaps},
        taps=tuple((n, VERBS[verb]) for n, verb in enumerate(starter.meanings) if verb),
    )

    found = {flag.kind for flag in wording.flags(approved, clinic_name="Sunrise")}

    # No list of telling words in these languages: somebody has to read them.
    found -= {Kind.UNREAD}
    if starter.name in ("stop_acknowledged", "wrong_number"):
        found -= {Kind.NO_WAY_OUT}
    assert found == set()


def test_nobody_who_is_somebody_else_is_told_a_name() -> None:
    wrong = next(one for one in STARTERS if one.name == "wrong_number")

    for language in LANGUAGES:
        gaps = set(template_rules.gaps_in(starting_set.words(wrong, language).body))
        assert gaps == {"clinic_name", "clinic_phone"}


def test_words_come_back_from_metas_json_as_they_went() -> None:
    for starter in STARTERS:
        words = starting_set.words(starter, "en")

        back = written_in(components_of(words))

        assert (back["body"], back["footer"]) == (words.body, words.footer)
        assert back["buttons"] == words.buttons
