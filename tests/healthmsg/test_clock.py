"""Business time: real unless the demo shares a clock of its own."""

import math
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthmsg import clock
from healthmsg.clock import VARIABLE, Compressed

SHOWN = datetime(2026, 3, 10, 9, 45, tzinfo=UTC).timestamp()
seconds = st.floats(min_value=0, max_value=10_000_000)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "clock"))
    return tmp_path / "clock"


def test_it_is_now_unless_somebody_shares_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    assert clock.now().tzinfo == UTC


def test_it_stands_until_it_is_let_go_and_then_runs_fast(path: Path) -> None:
    Compressed(math.inf, SHOWN, 300, math.inf).write(path)
    assert clock.now().timestamp() == SHOWN

    Compressed(time.time() - 1, SHOWN, 300, math.inf).write(path)

    assert 300 <= clock.now().timestamp() - SHOWN < 900


def test_once_let_go_it_is_not_read_again(path: Path) -> None:
    Compressed(time.time(), SHOWN, 1, math.inf).write(path)
    before = clock.now()

    path.unlink()

    assert before <= clock.now() < before + timedelta(seconds=5)


def test_from_its_end_it_goes_on_at_the_worlds_speed() -> None:
    compressed = Compressed(started=1000, shown=SHOWN, speed=60, until=1010)

    assert compressed.at(1010).timestamp() == SHOWN + 600
    assert compressed.at(1070).timestamp() == SHOWN + 660


@given(speed=st.floats(min_value=1, max_value=1000), first=seconds, more=seconds)
def test_it_never_goes_back(speed: float, first: float, more: float) -> None:
    compressed = Compressed(started=100, shown=SHOWN, speed=speed, until=5000)

    assert compressed.at(first) <= compressed.at(first + more)
