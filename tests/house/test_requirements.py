"""What is installed is what pyproject.toml asks for, pinned, hashed, and from nowhere special."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNNING = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
TESTING = [Requirement(text) for text in PROJECT["dependency-groups"]["dev"]]
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_PLACE = re.compile(r"--(?:index-url|extra-index-url|find-links|trusted-host)|https?://")


def pins(file: str) -> dict[str, set[str]]:
    """Return each name's versions; markers may give a name several."""
    found: dict[str, set[str]] = {}
    for name, version in _PIN.findall((ROOT / file).read_text()):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


@pytest.mark.parametrize(
    ("file", "wanted"),
    [("requirements.txt", RUNNING), ("requirements-dev.txt", RUNNING + TESTING)],
)
def test_every_requirement_is_pinned_to_a_version_it_allows(
    file: str, wanted: list[Requirement]
) -> None:
    pinned = pins(file)

    for requirement in wanted:
        versions = pinned[canonicalize_name(requirement.name)]
        assert all(version in requirement.specifier for version in versions), requirement


def test_tests_run_on_what_runs() -> None:
    running, testing = pins("requirements.txt"), pins("requirements-dev.txt")

    assert {name: testing.get(name) for name in running} == running


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_a_hash_and_no_line_names_a_place(file: str) -> None:
    text = (ROOT / file).read_text()
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]

    assert [entry.split("\\")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert _PLACE.findall(text) == []
