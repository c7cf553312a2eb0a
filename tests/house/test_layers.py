"""The arrows of the house point down, and the contracts that say so do bite."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import PRODUCT, ROOT


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house without its data, to put a wrong import into."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PRODUCT:
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".py")],
        )
    return folder


def test_every_contract_is_kept() -> None:
    verdict = lint(ROOT)

    assert verdict.returncode == 0, verdict.stdout


def test_wrong_imports_are_refused(copy: Path) -> None:
    """One module of each kind."""
    wrong = {
        "healthmsg/clinic/phone.py": "from whatsapp import status",
        "whatsapp/numbers.py": "from reminders import booking",
        "reminders/told.py": "from campaigns import progress",
        "whatsapp/status.py": "import celery",
        "whatsapp/outbox.py": "import aiohttp",
        "whatsapp/sandbox/world.py": "from whatsapp import models",
    }
    for name, line in wrong.items():
        with (copy / name).open("a") as module:
            module.write(f"\n{line}\n")

    verdict = lint(copy)

    broken = verdict.stdout.partition("Broken contracts")[2]
    assert verdict.returncode == 1
    for name, line in wrong.items():
        importing = name.removesuffix(".py").replace("/", ".")
        assert f"{importing} -> {_module(line)}" in broken


def test_a_new_module_must_be_given_its_floor(copy: Path) -> None:
    (copy / "whatsapp" / "homeless.py").touch()

    verdict = lint(copy)

    assert verdict.returncode == 1
    assert "homeless" in verdict.stdout


def _module(line: str) -> str:
    """The module that "from a import b" or "import a" names."""
    words = line.split()
    return f"{words[1]}.{words[3]}" if words[0] == "from" else words[1]
