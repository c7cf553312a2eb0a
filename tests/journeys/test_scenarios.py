"""`manage.py demo --scenario … --exit`: the demo's own processes, played and judged."""

import os
import subprocess
import sys

import pytest

from healthmsg.desk.demo.scenarios.by_name import BY_NAME
from tests.house.source import ROOT


def demo(directory: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run it on servers of its own, as in a clean checkout."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("HEALTHMSG_")},
        "DJANGO_SETTINGS_MODULE": "healthmsg.settings",
        "HEALTHMSG_VAR": directory,
        "HEALTHMSG_VAR_DURABLE": "0",
    }
    return subprocess.run(
        [sys.executable, "manage.py", "demo", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("name", ["family", "outage"])
def test_a_scenario_plays_itself_and_its_judge_is_content(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ended = demo(str(tmp_path_factory.mktemp("demo")), "--scenario", name, "--exit")

    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-2000:]
    assert "✗" not in ended.stdout
    assert ended.stdout.count("✓") > 3


def test_a_scenario_that_does_not_exist_names_those_that_do() -> None:
    ended = demo("/nowhere", "--scenario", "holiday")

    assert ended.returncode == 2
    assert "invalid choice: 'holiday'" in ended.stderr
    assert all(name in ended.stderr for name in BY_NAME)
