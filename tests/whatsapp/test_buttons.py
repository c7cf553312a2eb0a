"""Signed payloads: ours come back as they went, anything else is nobody's."""

import uuid
from datetime import UTC, datetime

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


@given(
    verb=verbs,
    callback=st.uuids(),
    about=visits,
    at=st.integers(0, 2**33).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    who=visits,
)
def test_a_time_is_read_back_to_the_minute_and_fits_into_a_row(
    verb: Verb, callback: uuid.UUID, about: int | None, at: datetime, who: int | None
) -> None:
    signed = buttons.payload(verb, callback, about=about, at=at, who=who)

    shown = at.replace(second=0, microsecond=0)
    assert buttons.read(signed) == Tap(verb, callback, about, shown, who)
    assert len(signed) <= 200


@given(verb=verbs, callback=st.uuids(), about=visits, who=visits, kind=st.integers(1, 2**40))
def test_what_a_new_visit_is_for_and_where_is_read_back_and_fits_into_a_row(
    verb: Verb, callback: uuid.UUID, about: int | None, who: int | None, kind: int
) -> None:
    at = datetime(2026, 3, 10, 15, tzinfo=UTC)
    with_time = buttons.payload(verb, callback, about=about, at=at, who=who, kind=kind, site=kind)
    without = buttons.payload(verb, callback, about=about, kind=kind)

    assert buttons.read(with_time) == Tap(verb, callback, about, at, who, kind, kind)
    assert buttons.read(without) == Tap(verb, callback, about, kind=kind)
    assert len(with_time) <= 200


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
        pytest.param(f"1.?.{uuid.UUID(int=7).hex}.", id="unknown-verb"),
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
        "SEE_DAYS": "a",
        "SEE_TIMES": "b",
        "CHOOSE_TIME": "h",
        "TAKE_TIME": "t",
        "PUT_BACK": "z",
        "TALK_TO_US": "l",
        "WANT_EARLIER": "e",
        "TAKE_EARLIER": "y",
        "KEEP_MINE": "m",
        "NO_EARLIER": "o",
        "STOP_ONE": "f",
        "MY_VISIT": "v",
        "ADDRESS": "g",
        "CHANGE_VISIT": "j",
        "REPEAT": "q",
        "TALK": "i",
        "SEEN": "sn",
        "NEW_VISIT": "nv",
        "NEW_DAYS": "nd",
        "NEW_TIMES": "nt",
        "NEW_CHOOSE": "nc",
        "NEW_TAKE": "nk",
    }
