"""Whether a requirement has a known hole: what the service has not answered is never a no."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import known_holes
from tests.house.source import ROOT

NO_HOLES = "No known holes"
LOCKED = """\
aiohttp==3.14.5 \\
    --hash=sha256:00
    # via healthmsg
Django[argon2]==5.2.9 \\
    --hash=sha256:00
tzdata==2026.1 ; sys_platform == "never" \\
    --hash=sha256:00
"""
AIOHTTP = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
DJANGO = {"name": "django", "version": "5.2.9", "vulns": []}
HOLE = {**DJANGO, "vulns": [{"id": "PYSEC-2026-1", "fix_versions": []}]}
UNREACHED = {"name": "django", "skip_reason": "Dependency not found on PyPI"}

Ask = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Ask with a program in pip-audit's place."""
    locked = tmp_path / "requirements.txt"
    locked.write_text(LOCKED)
    program = tmp_path / "pip-audit"

    def run(script: str) -> subprocess.CompletedProcess[str]:
        program.write_text(f"#!{sys.executable}\n{script}\n")
        program.chmod(0o700)
        command = [
            sys.executable,
            "-m",
            "tests.known_holes",
            "--pip-audit",
            str(program),
            str(locked),
        ]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    return run


def saying(*told: dict[str, Any], code: int = 0) -> str:
    return f"print({json.dumps({'dependencies': told})!r}); raise SystemExit({code})"


def test_all_is_well_only_once_everything_was_answered(ask: Ask) -> None:
    asked = ask(saying(AIOHTTP, DJANGO))

    assert asked.returncode == known_holes.SAFE, asked.stderr
    assert NO_HOLES in asked.stdout


def test_a_hole_is_named(ask: Ask) -> None:
    asked = ask(saying(AIOHTTP, HOLE, code=1))

    assert asked.returncode == known_holes.HOLES
    assert "django 5.2.9: PYSEC-2026-1" in asked.stdout


@pytest.mark.parametrize(
    "script",
    [
        # As pip-audit 2.10 does without --strict: it ends with 0 and knows of nothing.
        pytest.param(saying(AIOHTTP, UNREACHED), id="not-reached-and-passed-over"),
        pytest.param(saying(AIOHTTP), id="left-out"),
        pytest.param(saying(AIOHTTP, {**DJANGO, "version": "5.2.8"}), id="another-version"),
        pytest.param("raise SystemExit(1)", id="broken-off"),
        pytest.param("print('No known vulnerabilities found')", id="other-words"),
        pytest.param(saying(), id="of-nothing"),
    ],
)
def test_silence_is_no_answer(ask: Ask, script: str) -> None:
    asked = ask(script)

    assert asked.returncode == known_holes.NOT_KNOWN
    assert NO_HOLES not in asked.stdout + asked.stderr
    assert "django 5.2.9: not known" in asked.stderr
    assert "NOT KNOWN" in asked.stderr


def test_without_the_program_nothing_is_known(tmp_path: Path) -> None:
    answer = known_holes.ask(str(tmp_path / "no-such-program"), known_holes.FILES[0])

    assert set(answer.unanswered) == known_holes.pins(known_holes.FILES[0])
    assert len(answer.unanswered) > 50
