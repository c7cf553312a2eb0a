import math
from pathlib import Path

import pytest

from healthmsg.clock import Compressed
from whatsapp.sandbox.clock import VARIABLE, Clock

STARTED, SHOWN = 1_795_338_000.0, 1_700_000_000.0


def test_a_fast_clock_runs_until_its_end_and_then_at_the_worlds_speed() -> None:
    clock = Clock(STARTED, SHOWN, speed=600, until=STARTED + 10)

    assert clock.at(STARTED) == SHOWN
    assert clock.at(STARTED + 1) == SHOWN + 600
    assert clock.at(STARTED + 25) == SHOWN + 6000 + 15


@pytest.mark.parametrize("real", [STARTED - 5, STARTED, STARTED + 7.5, STARTED + 90])
def test_the_sandbox_and_the_house_read_the_same_clock(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, real: float
) -> None:
    house = Compressed(STARTED, SHOWN, 600, STARTED + 30)
    house.write(tmp_path / "clock")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "clock"))

    sandbox = Clock.from_environment()

    assert sandbox.at(real) == pytest.approx(house.at(real).timestamp())


def test_a_clock_stands_until_it_is_let_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Compressed(math.inf, SHOWN, 600, math.inf).write(tmp_path / "clock")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "clock"))
    sandbox = Clock.from_environment()
    assert sandbox.at(STARTED + 50) == SHOWN

    Compressed(STARTED, SHOWN, 600, STARTED + 30).write(tmp_path / "clock")

    assert sandbox.at(STARTED + 1) == SHOWN + 600


def test_without_a_shared_clock_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)

    clock = Clock.from_environment(speed=2)

    assert clock.at(clock.real_epoch + 5) == clock.real_epoch + 10
