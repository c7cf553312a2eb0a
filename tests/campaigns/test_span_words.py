"""Ages and intervals are read as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.admin.span_words import SpanField, in_words, read
from campaigns.spans import Unit


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("6 weeks", "6w"),
        ("1 week", "1w"),
        (" 9  Months ", "9m"),
        ("15y", "15y"),
        ("2 d.", "2d"),
        ("birth", "0d"),
        ("0 days", "0d"),
        ("", ""),
        ("six weeks", None),
        ("6", None),
        ("6 fortnights", None),
        ("1000 days", None),
        ("-1 day", None),
    ],
)
def test_what_is_typed_is_understood_or_refused(typed: str, span: str | None) -> None:
    assert read(typed) == span


@given(st.integers(0, 999), st.sampled_from(Unit))
def test_what_is_shown_is_read_back(count: int, unit: Unit) -> None:
    span = f"{count}{unit.value}"

    assert read(in_words(span)) == (span if count else "0d")


def test_a_field_left_as_it_was_has_not_changed() -> None:
    field = SpanField("Age", required=False)

    assert not field.has_changed("6w", "6 weeks")
    assert not field.has_changed("", " ")
    assert not field.has_changed(None, "")
    assert field.has_changed("6w", "7 weeks")
    assert field.has_changed("6w", "soon")
    assert field.prepare_value("6w") == "6 weeks"
    assert field.prepare_value("soon") == "soon"
