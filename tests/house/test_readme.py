"""The README keeps to commands that work and claims that are true."""

import re

import pytest

from healthmsg.clinic.roles import ROLES
from tests.house.source import ROOT, modules

README = ROOT / "README.md"
# What a test that tries something begins with.
_TRIED = "(attack|canary|role|audit|erasure|restore)_"


@pytest.mark.parametrize(
    "command",
    [
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
        " && .venv/bin/python manage.py demo",
        "python3 -m venv .venv && .venv/bin/pip install -r requirements-dev.txt"
        " && .venv/bin/pytest -n 2",
    ],
)
def test_the_two_commands_are_there(command: str) -> None:
    assert f"\n{command}\n" in README.read_text()


@pytest.mark.parametrize("claim", ["end-to-end encrypted", "HIPAA compliant", "HIPAA-compliant"])
def test_what_would_not_be_true_is_not_claimed(claim: str) -> None:
    assert claim.lower() not in " ".join(README.read_text().lower().split())


def test_every_file_it_names_exists() -> None:
    named = re.findall(
        r"`([\w./-]+\.(?:py|md|txt|toml)|Procfile|\.env\.example|\.ci/run)`", README.read_text()
    )

    assert named
    assert [name for name in named if not (ROOT / name).exists() and not _in_a_room(name)] == []


def test_every_variable_it_names_is_documented() -> None:
    variables = set(re.findall(r"`([A-Z][A-Z_]{3,})`", README.read_text()))

    example = (ROOT / ".env.example").read_text()
    assert {name for name in variables if f"#{name}=" not in example} == set()


def test_the_table_of_roles_has_each_role_there_is() -> None:
    section = README.read_text().partition("\n## Who may do what\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")]

    assert rows == ["role", *ROLES]


def test_each_attack_it_lists_is_tried_where_it_says() -> None:
    security = README.read_text().partition("\n## Security\n")[2]
    rows = [line for line in security.splitlines() if line.startswith("| ")][1:]

    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`(\w+/test_\w+)`", row.rsplit("|", 2)[1])
        assert named, row
        for name in named:
            tests = (ROOT / "tests" / f"{name}.py").read_text()
            assert re.search(rf"def test_{_TRIED}", tests), name


def test_each_attack_there_is_stands_in_its_list() -> None:
    security = README.read_text().partition("\n## Security\n")[2]
    trying = {
        f"{file.parent.name}/{file.stem}"
        for file in (ROOT / "tests").rglob("test_*.py")
        if re.search(r"^(async )?def test_(attack|canary|erasure)_", file.read_text(), re.MULTILINE)
    }

    assert len(trying) > 40
    assert trying - set(re.findall(r"`(\w+/test_\w+)`", security)) == set()


def _in_a_room(name: str) -> bool:
    """Modules in the table of the floors go by their last name."""
    return any(module.name.endswith(f"/{name}") for module in modules())
