"""Signed payloads: ours come back as they went, anything else is nobody's."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp import buttons
from whatsapp.buttons import Tap, Verb

verbs = st.sampled_from(Verb)
visits = st.one_of(st.none(), st.integers(min_value=1, max_value=2**63 - 1))


@given(verb=verbs, callback=st.uuids(), about=visits)
def test_what_was_signed_is_read_back(verb: Verb, callback: uuid.UUID, about: int | None) -> None:
    signed = buttons.payload(verb, callback, about=about)

    assert buttons.read(signed) == Tap(verb, callback, about)


@given(verb=verbs, callback=st.uuids(), about=visits)
def test_a_payload_fits_into_a_button(verb: Verb, callback: uuid.UUID, about: int | None) -> None:
    assert len(buttons.payload(verb, callback, about=about)) <= 128


@given(words=st.one_of(st.text(), st.binary().map(lambda b: b.decode("utf-8", "surrogateescape"))))
def test_anything_else_is_nobodys(words: str) -> None:
    assert buttons.read(words) is None


@given(
    signed=st.builds(buttons.payload, verbs, st.uuids(), about=visits),
    place=st.integers(min_value=0),
    letter=st.characters(),
)
def test_one_changed_letter_makes_it_nobodys(signed: str, place: int, letter: str) -> None:
    at = place % len(signed)
    changed = signed[:at] + letter + signed[at + 1 :]

    assert changed == signed or buttons.read(changed) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("1.c.zz.", id="no-uuid"),
        pytest.param(f"2.c.{uuid.UUID(int=7).hex}.", id="later-version"),
        pytest.param(f"1.q.{uuid.UUID(int=7).hex}.", id="unknown-verb"),
        pytest.param(f"1.c.{uuid.UUID(int=7).hex}.x", id="no-number"),
        pytest.param("1.c", id="too-short"),
        pytest.param("1.c.d.e.f", id="too-long"),
    ],
)
def test_our_signature_under_something_else_is_not_read(content: str) -> None:
    assert buttons.read(buttons._SIGNER.sign(content)) is None


def test_another_key_reads_nothing() -> None:
    signed = buttons.payload(Verb.CONFIRM, uuid.UUID(int=7))
    other = type(buttons._SIGNER)(key="another key", salt="whatsapp.button")

    assert buttons.read(signed) is not None
    assert buttons.read(other.sign(buttons._SIGNER.unsign(signed))) is None


def test_the_values_that_travel_never_change() -> None:
    """Messages sent last month still carry them."""
    assert {verb.name: verb.value for verb in Verb} == {
        "CONFIRM": "c",
        "ANOTHER_TIME": "r",
        "CANCEL": "x",
        "UNDO": "u",
        "KEEP_APPOINTMENTS": "k",
        "STOP_ALL": "s",
        "WANT_APPOINTMENT": "w",
        "ALREADY_DONE": "d",
        "NOT_THIS": "n",
        "WRONG_PERSON": "p",
    }
