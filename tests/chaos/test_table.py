"""The README's table names the storms there are, and no others."""

import importlib
import re
from pathlib import Path

import pytest

from tests.chaos.house import PROCESSES, procfile
from tests.chaos.table import STORMS

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_has_a_row_for_each_storm_and_for_no_other() -> None:
    text = README.read_text().partition("`pytest -m chaos`")[2].partition("\n\n## ")[0]
    rows = [row for row in re.findall(r"^\| (.+?) \|", text, re.MULTILINE) if row != "storm"]

    assert sorted(rows) == sorted(storm.what for storm in STORMS.values())


@pytest.mark.parametrize("name", STORMS)
def test_each_storm_can_blow(name: str) -> None:
    assert callable(importlib.import_module(f"tests.chaos.{name}").blow)


def test_a_storm_runs_every_process_of_the_procfile_but_the_sandbox() -> None:
    assert set(PROCESSES) == set(procfile()) - {"sandbox"}
