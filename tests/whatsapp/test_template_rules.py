"""Every rule for a template's words, and the sentence that explains it."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp import template_languages, template_rules
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.template_review import LANGUAGES, review
from whatsapp.template_buttons import Button
from whatsapp.template_components import components_of
from whatsapp.template_rules import Words

GOOD = Words(
    name="visit_booked",
    language="en",
    category="UTILITY",
    body="Hello {{contact_name}}, your visit at {{clinic_name}} is booked for {{when}}. Thank you.",
    footer="Reply STOP to end messages",
    buttons=(Button("QUICK_REPLY", "Another time"), Button("QUICK_REPLY", "Cancel")),
    ttl_seconds=43_200,
    examples={"contact_name": "Ana", "clinic_name": "Sunrise", "when": "Tuesday, 10:30"},
)
REPLY, LINK, CALL = (
    Button("QUICK_REPLY", "Yes"),
    Button("URL", "Map", "https://example.org"),
    Button("PHONE_NUMBER", "Call", "+541155550000"),
)


def sentences(**changes: Any) -> str:
    return " ".join(
        str(f.sentence) for f in template_rules.stops(dataclasses.replace(GOOD, **changes))
    )


def advice(**changes: Any) -> str:
    found = template_rules.faults(dataclasses.replace(GOOD, **changes))
    return " ".join(str(f.sentence) for f in found if f.is_advice)


def test_a_good_template_has_no_fault() -> None:
    assert template_rules.faults(GOOD) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"name": "Visit booked"}, "small letters", id="name"),
        pytest.param({"name": "a" * 513}, "512", id="name-length"),
        pytest.param({"language": "xx"}, "no templates in this language", id="language"),
        pytest.param({"category": "AUTHENTICATION"}, "about a visit", id="category"),
        pytest.param({"body": " "}, "empty", id="body-empty"),
        pytest.param({"body": "a " * 513}, "1,024", id="body-length"),
        pytest.param(
            {"body": "Hi {{when}} and so on." + "a" * 990, "examples": {"when": "x" * 30}},
            "1,024",
            id="body-length-filled",
        ),
        pytest.param({"body": "{{when}} is your visit, see you."}, "first or the last", id="first"),
        pytest.param({"body": "Your visit is on {{when}}."}, "first or the last", id="last"),
        pytest.param(
            {"body": "See you {{day}} {{time}} at the clinic then."}, "side by side", id="adjacent"
        ),
        pytest.param({"body": "Hi {{a}} you {{b}} ok"}, "Too many gaps", id="too-many"),
        pytest.param(
            {"body": "Your visit is on {{When}} at our place."}, "small letters", id="gap-name"
        ),
        pytest.param(
            {"body": "Your visit is on {when}} at our place."}, "two braces", id="gap-shape"
        ),
        pytest.param(
            {"body": "Your visit is {{2}} at our place.", "parameter_format": "POSITIONAL"},
            "count from",
            id="numbered",
        ),
        pytest.param({"footer": "a" * 61}, "60 letters", id="footer-length"),
        pytest.param({"footer": "Call {{clinic_phone}}"}, "no gaps", id="footer-gap"),
        pytest.param({"footer": "one\ntwo"}, "one line", id="footer-line"),
        pytest.param({"header_format": "TEXT", "header_text": ""}, "heading is empty", id="header"),
        pytest.param(
            {"header_format": "TEXT", "header_text": "a" * 61}, "60 letters", id="header-length"
        ),
        pytest.param(
            {"header_format": "TEXT", "header_text": "{{a}} and {{b}} here"},
            "at most one gap",
            id="header-gaps",
        ),
        pytest.param(
            {"header_format": "TEXT", "header_text": "a\nb"}, "one line", id="header-line"
        ),
        pytest.param({"header_format": "DOCUMENT"}, "Choose the file", id="header-file"),
        pytest.param({"ttl_seconds": 29}, "12 hours", id="life-short"),
        pytest.param({"ttl_seconds": 43_201}, "12 hours", id="life-long"),
        pytest.param({"category": "MARKETING"}, "no lifetime for marketing", id="life-marketing"),
        pytest.param({"buttons": (REPLY,) * 11}, "at most 10", id="buttons"),
        pytest.param({"buttons": (LINK,) * 3}, "at most two", id="links"),
        pytest.param({"buttons": (CALL,) * 2}, "at most one button", id="calls"),
        pytest.param({"buttons": (REPLY, LINK, REPLY)}, "stand together", id="parted"),
        pytest.param({"buttons": (Button("QUICK_REPLY", "a" * 26),)}, "25 letters", id="label"),
        pytest.param({"buttons": (Button("QUICK_REPLY", ""),)}, "needs words", id="no-label"),
        pytest.param({"buttons": (Button("QUICK_REPLY", "{{a}}"),)}, "no gaps", id="label-gap"),
        pytest.param({"buttons": (Button("URL", "Map", "http://x.org"),)}, "https://", id="link"),
        pytest.param(
            {"buttons": (Button("URL", "Map", "https://x.org/" + "a" * 2000),)},
            "2,000",
            id="link-length",
        ),
        pytest.param(
            {"buttons": (Button("URL", "Map", "https://x.org/{{a}}/b"),)},
            "at its very end",
            id="link-gap",
        ),
        pytest.param(
            {"buttons": (Button("PHONE_NUMBER", "Call"),)}, "Which number", id="no-number"
        ),
        pytest.param(
            {"buttons": (Button("PHONE_NUMBER", "Call", "1" * 21),)}, "20 signs", id="number"
        ),
        pytest.param(
            {"buttons": (Button("COPY_CODE", "Copy"),)}, "this kind of button", id="copy-code"
        ),
        pytest.param(
            {"others": frozenset({(GOOD.body, GOOD.footer)})}, "says the same", id="twice"
        ),
    ],
)
def test_each_rule_has_a_sentence(changes: dict[str, Any], words: str) -> None:
    assert words in sentences(**changes)


@pytest.mark.parametrize(
    ("language", "body", "word"),
    [
        ("en", "We see you tomorrow at the clinic.", "tomorrow"),
        ("es_AR", "Lo esperamos mañana en el centro.", "mañana"),
        ("pt_BR", "Esperamos você amanhã na clínica.", "amanhã"),
        ("fr", "Nous vous attendons demain au centre.", "demain"),
        ("de", "Wir sehen uns morgen in der Praxis.", "morgen"),
        ("ar", "نراك غدًا في العيادة إن شاء الله.", "غد"),
        ("hi", "हम कल क्लिनिक में मिलेंगे।", "कल"),
    ],
)
def test_tomorrow_is_not_said_where_it_may_arrive_late(language: str, body: str, word: str) -> None:
    assert word in sentences(language=language, body=body, ttl_seconds=None)
    assert word in sentences(language=language, body=body, ttl_seconds=-1)
    assert sentences(language=language, body=body, ttl_seconds=3600) == ""
    assert "after midnight" in advice(language=language, body=body, ttl_seconds=43_200)


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("es", "Lo esperamos el martes por la mañana en el centro."),
        ("de", "Wir sehen uns am Dienstag, am Morgen, in der Praxis."),
        ("hi", "हम कलकत्ता क्लिनिक में मिलेंगे।"),
        ("en", "Yesterdays are no days of ours."),
    ],
)
def test_words_that_only_look_like_tomorrow_pass(language: str, body: str) -> None:
    assert sentences(language=language, body=body, ttl_seconds=None) == ""


def test_advice_does_not_stop() -> None:
    assert "See all options" in advice(buttons=(REPLY,) * 4)
    assert "not shown on a computer" in advice(buttons=(REPLY, LINK))
    assert "better left out" in advice(header_format="TEXT", header_text="*Hello*")
    assert "limits emoji" in advice(
        body="Good day 😀 and good night 😀 all.", category="MARKETING", ttl_seconds=None
    )
    assert sentences(buttons=(REPLY,) * 4) == ""


def test_our_languages_are_those_of_the_documentation() -> None:
    assert template_languages.LANGUAGES == LANGUAGES
    assert template_languages.direction_of("ar_EG") == "rtl"
    assert template_languages.direction_of("pt_BR") == "ltr"


_TEXT = st.lists(
    st.sampled_from(
        [
            "Hello",
            "visit",
            "at",
            "the",
            "clinic",
            "{{when}}",
            "{{a}}",
            "{{day}}",
            "{{",
            "\n",
            ".",
            "x" * 300,
        ]
    ),
    max_size=20,
).map(" ".join)
_BUTTON = st.builds(
    Button,
    st.sampled_from(["QUICK_REPLY", "URL", "PHONE_NUMBER"]),
    st.text("ab {", max_size=28),
    st.sampled_from(["", "https://example.org", "+541155550000"]),
)


@given(
    body=_TEXT,
    header=_TEXT,
    footer=st.text("ab {}\n", max_size=65),
    buttons=st.lists(_BUTTON, max_size=12).map(tuple),
    name=st.text("abA_ 1", max_size=8),
    category=st.sampled_from(["UTILITY", "MARKETING"]),
)
def test_what_we_let_pass_whatsapp_takes(
    body: str, header: str, footer: str, buttons: tuple[Button, ...], name: str, category: str
) -> None:
    words = Words(
        name=name,
        language="en",
        category=category,
        body=body,
        header_format="TEXT" if header else "",
        header_text=header,
        footer=footer,
        buttons=buttons,
        examples=dict.fromkeys(template_rules.gaps_in(body + header), "example"),
    )
    asked = {
        "name": name,
        "language": "en",
        "category": category,
        "parameter_format": "NAMED",
        "components": components_of(words),
    }

    try:
        review(asked)
    except GraphError:
        assert template_rules.stops(words)
