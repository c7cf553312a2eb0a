"""Whatever stands in a link, a button, a journal or an id: its meaning, or none; no exception."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthmsg.desk.alarms import links as alarm_links
from healthmsg.desk.backups import journal
from reminders import links
from whatsapp import buttons, wamid

_chance = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
_tokens = st.text(max_size=60) | st.from_regex(r"[\w.=-]{0,20}:[\w-]{0,10}:[\w-]{0,40}")
_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
_line = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["WITHDRAWN", "ERASED"]) | _values,
        "clinic": st.just(1) | _values,
        "number": st.just("0" * 64) | _values,
        "patient": st.none() | _values,
        "purpose": st.just("MARKETING") | _values,
        "since": st.just("2026-11-26T10:00:00+00:00") | _values,
    },
)


@_chance
@given(_tokens)
def test_attack_a_made_up_link_or_button_means_nothing(token: str) -> None:
    assert links.read(token) is None
    assert alarm_links.read(token) is None
    assert buttons.read(token) is None


@_chance
@given(st.text(max_size=60) | st.from_regex(r"wamid\.[A-Za-z0-9+/=]{0,80}"))
def test_attack_a_made_up_id_is_no_id_and_is_not_repeated(words: str) -> None:
    try:
        wamid.parse(words)
    except ValueError as refusal:
        assert len(words) < 8 or words not in str(refusal)  # noqa: PT017 - or it is an id


@_chance
@given(st.lists(st.binary(max_size=40) | _line.map(lambda line: json.dumps(line).encode())))
def test_restore_reads_each_whole_line_of_a_harmed_journal(
    tmp_path: Path, written: list[bytes]
) -> None:
    whole = {"kind": "WITHDRAWN", "clinic": 1, "number": "0" * 64, "patient": None}
    whole |= {"purpose": "MARKETING", "since": datetime(2026, 11, 26, tzinfo=UTC).isoformat()}
    last: Any = json.dumps(whole).encode()
    (tmp_path / "stops-here-2026-11.jsonl").write_bytes(b"\n".join([*written, last]) + b"\n")

    found = list(journal.read(tmp_path))

    assert found[-1].number_hash == "0" * 64
    assert all(stop.since.tzinfo for stop in found)


@pytest.mark.parametrize(
    "harm", [b"\xff\xfe", b"\x00", b'{"kind": "WITHDRAWN", "clinic": Infinity']
)
def test_restore_passes_over_a_line_that_the_disk_has_spoiled(tmp_path: Path, harm: bytes) -> None:
    (tmp_path / "stops-here-2026-11.jsonl").write_bytes(harm + b"\n")

    assert list(journal.read(tmp_path)) == []
