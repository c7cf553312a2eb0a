"""Filling templates: what Meta would refuse never leaves, and nothing says "None"."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.models import Clinic, Contact, Phone, Purpose
from whatsapp import buttons, rendering
from whatsapp.buttons import Tap, Verb
from whatsapp.catalog import Approved, gaps_of, quick_replies_of
from whatsapp.draft import Button, Draft, FreeText
from whatsapp.fill_ins import Scene
from whatsapp.link_buttons import LinkButton
from whatsapp.models import TemplateVersion
from whatsapp.rendering import Rendered, clean
from whatsapp.status import Reason

CLINIC = Clinic(name="Aurora", phone="107", time_zone="UTC", languages=["en"])
CONTACT = Contact(name="Ana", language="en")
CALLBACK = uuid.UUID(int=7)
DRAFT = Draft(
    dedupe_key="visit:1:1:rule:1",
    clinic=CLINIC,
    phone=Phone(number="+5491155550101"),
    lane=1,
    purpose=Purpose.APPOINTMENTS,
    expires_at=datetime(2026, 3, 10, tzinfo=UTC),
    language="en",
    callback=CALLBACK,
)
SCENE = Scene(CLINIC, "en", contact=CONTACT)
values = st.text(max_size=80).filter(lambda value: "{{" not in value)


def approved(
    *components: dict[str, Any],
    form: str = "NAMED",
    bindings: Mapping[str, str] | None = None,
    verbs: tuple[Verb, ...] = (),
) -> Approved:
    gaps = gaps_of(components, form)
    return Approved(
        name="visit_tomorrow",
        language="en",
        category="UTILITY",
        version=TemplateVersion(components=list(components), parameter_format=form),
        gaps=gaps,
        bindings=bindings or {gap: gap for gap in gaps},
        taps=tuple(zip(quick_replies_of(components), verbs, strict=True)),
    )


def body(text: str) -> dict[str, Any]:
    return {"type": "BODY", "text": text}


def render(template: Approved, **values: str) -> Rendered:
    return rendering.template(DRAFT, template, SCENE, values)


def components(rendered: Rendered) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rendered.payload["template"].get("components", [])
    return found


def test_named_gaps_are_filled_by_name_and_sent_once() -> None:
    rendered = render(approved(body("{{contact_name}}, {{clinic_name}}: hello {{contact_name}}.")))

    assert rendered.body == "Ana, Aurora: hello Ana."
    assert components(rendered) == [
        {
            "type": "body",
            "parameters": [
                {"type": "text", "parameter_name": "contact_name", "text": "Ana"},
                {"type": "text", "parameter_name": "clinic_name", "text": "Aurora"},
            ],
        }
    ]


def test_numbered_gaps_are_sent_in_their_order_not_in_the_texts() -> None:
    words = " ".join(f"{{{{{n}}}}}" for n in (10, 2, 1, 3, 4, 5, 6, 7, 8, 9))
    bindings = {str(n): "visits" if n % 2 else "day" for n in range(1, 11)}

    rendered = render(
        approved(body(words), form="POSITIONAL", bindings=bindings), visits="odd", day="even"
    )

    texts = [p["text"] for p in components(rendered)[0]["parameters"]]
    assert texts == ["odd", "even"] * 5
    assert rendered.body.startswith("even even odd")


def test_the_headings_first_gap_is_not_the_bodys() -> None:
    made = render(
        approved(
            {"type": "HEADER", "format": "TEXT", "text": "{{1}}"},
            body("Hello {{1}}"),
            form="POSITIONAL",
            bindings={"header.1": "clinic_name", "1": "contact_name"},
        )
    )

    assert made.body == "Aurora\n\nHello Ana"
    header, words = components(made)
    assert header["parameters"][0]["text"] == "Aurora"
    assert words["parameters"][0]["text"] == "Ana"


@pytest.mark.parametrize("empty", ["", "   ", "\n\t "])
def test_a_missing_value_withholds_and_says_so(empty: str) -> None:
    rendered = render(approved(body("On {{day}}.")), day=empty)

    assert rendered.reason == Reason.VALUE_MISSING
    assert rendered.payload == {}


def test_too_long_once_filled_in_withholds() -> None:
    rendered = render(approved(body("{{visits}}")), visits="x" * 1025)

    assert rendered.reason == Reason.TOO_LONG


@pytest.mark.parametrize(
    ("language", "value", "shown"),
    [
        pytest.param("ar", "+54 11 5555-0000", "\u2068+54 11 5555-0000\u2069", id="number"),
        pytest.param("ar_EG", "10:30", "\u206810:30\u2069", id="time"),
        pytest.param("he", "Clinica Aurora", "\u2068Clinica Aurora\u2069", id="latin-name"),
        pytest.param("ar", "10:30 ص", "10:30 ص", id="arabic-time"),
        pytest.param("ar", "سارة", "سارة", id="arabic-name"),
        pytest.param("ur", "-", "-", id="neither"),
        pytest.param("en", "+54 11 5555-0000", "+54 11 5555-0000", id="left-to-right-text"),
        pytest.param("ar", "\u206810:30\u2069", "\u206810:30\u2069", id="apart-already"),
    ],
)
def test_what_runs_otherwise_than_its_text_is_set_apart(
    language: str, value: str, shown: str
) -> None:
    rendered = render(replace(approved(body("({{day}})")), language=language), day=value)

    assert rendered.body == f"({shown})"
    assert components(rendered)[0]["parameters"][0]["text"] == shown


@pytest.mark.parametrize(
    ("digits", "reason"), [(1022, None), (1023, Reason.TOO_LONG)], ids=["longest", "too-long"]
)
def test_what_sets_a_value_apart_counts_as_letters(digits: int, reason: Reason | None) -> None:
    template = replace(approved(body("{{visits}}")), language="ar")

    assert render(template, visits="1" * digits).reason == reason


def test_a_person_reads_header_body_and_footer() -> None:
    header = {"type": "HEADER", "format": "TEXT", "text": "{{clinic_name}}"}
    footer = {"type": "FOOTER", "text": "Reply STOP to end."}

    rendered = render(approved(header, body("Hello {{contact_name}}."), footer))

    assert rendered.body == "Aurora\n\nHello Ana.\n\nReply STOP to end."
    assert [c["type"] for c in components(rendered)] == ["header", "body"]


def test_buttons_carry_signed_payloads_at_their_own_places() -> None:
    row = {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "Confirm"},
            {"type": "URL", "text": "Map", "url": "https://example.org"},
            {"type": "QUICK_REPLY", "text": "Cancel"},
        ],
    }

    rendered = render(approved(body("Hello."), row, verbs=(Verb.CONFIRM, Verb.CANCEL)))

    assert rendered.buttons == ("Confirm", "Map", "Cancel")
    assert [c["index"] for c in components(rendered)] == ["0", "2"]
    taps = [buttons.read(c["parameters"][0]["payload"]) for c in components(rendered)]
    assert taps == [Tap(Verb.CONFIRM, CALLBACK), Tap(Verb.CANCEL, CALLBACK)]


def page_button() -> Approved:
    address = "https://clinic.example/another-time/{{1}}"
    row = {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "Cancel"},
            {"type": "URL", "text": "Other times", "url": address},
        ],
    }
    links = (LinkButton(1, "https://clinic.example/another-time/"),)
    return replace(approved(body("Hello."), row, verbs=(Verb.CANCEL,)), links=links)


def test_a_button_that_opens_a_page_carries_the_end_of_its_address() -> None:
    rendered = render(page_button(), another_time_link="https://clinic.example/another-time/WzE:x/")

    assert rendered.buttons == ("Cancel", "Other times")
    assert components(rendered)[1] == {
        "type": "button",
        "sub_type": "url",
        "index": "1",
        "parameters": [{"type": "text", "text": "WzE:x/"}],
    }


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("", id="none"),
        pytest.param("https://clinic.example/another-time/", id="nobodys"),
        pytest.param("https://elsewhere.example/another-time/WzE:x/", id="elsewhere"),
    ],
)
def test_an_address_that_does_not_end_what_was_approved_is_not_sent(address: str) -> None:
    assert render(page_button(), another_time_link=address).reason == Reason.VALUE_MISSING


def test_a_template_without_gaps_names_no_components() -> None:
    """Source: WhatsApp Cloud API, template messages: leave `components` out then."""
    assert "components" not in render(approved(body("Hello."))).payload["template"]


@given(value=values)
def test_whatever_the_value_meta_would_take_it(value: str) -> None:
    rendered = render(approved(body("On {{day}} at {{clinic_name}}.")), day=value)

    if rendered.reason is None:
        text = components(rendered)[0]["parameters"][0]["text"]
        assert text
        assert not re.search(r"[\n\r\t]| {4}", text)
        assert "{{" not in rendered.body
        assert "None" not in rendered.body or "None" in value
        assert len(rendered.body) <= 1024
    else:
        assert rendered.reason == Reason.VALUE_MISSING
        assert not value.split()


@given(value=st.text())
def test_cleaning_keeps_the_words_and_twice_is_once(value: str) -> None:
    cleaned = clean(value)

    assert cleaned.split() == value.split()
    assert clean(cleaned) == cleaned
    assert not re.search(r"[\n\r\t]|  ", cleaned)


def test_an_answer_is_a_plain_text_or_has_buttons() -> None:
    plain = rendering.free_text(DRAFT, FreeText("We will call you."))
    choice = rendering.free_text(
        DRAFT,
        FreeText("Canceled.", (Button(Verb.UNDO, "Undo that, it was a slip", about=12),)),
    )

    assert plain.payload == {"type": "text", "text": {"body": "We will call you."}}
    reply = choice.payload["interactive"]["action"]["buttons"][0]["reply"]
    assert buttons.read(reply["id"]) == Tap(Verb.UNDO, CALLBACK, about=12)
    assert len(reply["title"]) <= 20


@pytest.mark.parametrize(
    ("length", "has_buttons", "reason"),
    [
        pytest.param(4096, False, None, id="longest-text"),
        pytest.param(4097, False, Reason.TOO_LONG, id="too-long-a-text"),
        pytest.param(1024, True, None, id="longest-with-buttons"),
        pytest.param(1025, True, Reason.TOO_LONG, id="too-long-with-buttons"),
    ],
)
def test_an_answer_has_metas_length(length: int, has_buttons: bool, reason: Reason | None) -> None:
    words = FreeText("x" * length, (Button(Verb.UNDO, "Undo"),) if has_buttons else ())

    assert rendering.free_text(DRAFT, words).reason == reason


@given(body=st.text(min_size=1, max_size=200), titles=st.lists(st.text(min_size=1), max_size=3))
def test_any_answer_is_posted_as_it_is_read(body: str, titles: list[str]) -> None:
    words = FreeText(body, tuple(Button(Verb.CONFIRM, title) for title in titles))

    rendered = rendering.free_text(replace(DRAFT, language="es"), words)

    assert rendered.body == body
    assert rendered.buttons == tuple(titles)
    assert body in (
        rendered.payload.get("text", {}).get("body"),
        rendered.payload.get("interactive", {}).get("body", {}).get("text"),
    )
