"""Reads `who_may_open.txt`: each address, and the roles that it opens for."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.house.source import ROOT

FILE = ROOT / "tests" / "house" / "who_may_open.txt"
# The columns of the table, in their order.
COLUMNS = {
    "R": "Reception",
    "L": "Reception lead",
    "C": "Clinician",
    "W": "Campaign author",
    "S": "Campaign sender",
    "P": "Approver",
    "M": "Clinic admin",
    "U": "Auditor",
    "T": "Support",
}
PUBLIC = "+" * len(COLUMNS)
# "Perhaps you meant": each model's `<id>/` only leads on to its `<id>/change/`.
_LEADS_ON = re.compile(r"admin/\w+/\w+/<id>/")


def table(file: Path = FILE) -> dict[str, str]:
    """Return the columns, such as `RC...MU.`, of each address."""
    found: dict[str, str] = {}
    above = ""
    for line in file.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if not line.startswith(" "):
            above = line.strip()
            continue
        columns, *ends = line.split()
        for end in ends:
            address = above.strip("/") + "/" * (above != "/") + end.removeprefix(".")
            assert address not in found, f"{address} stands twice"
            found[address.removeprefix("//")] = columns
    return found


def needs_a_line(pattern: str) -> bool:
    return not _LEADS_ON.fullmatch(pattern)


def columns(roles: Iterable[str]) -> str:
    """Write roles as columns."""
    allowed = set(roles)
    return "".join(letter if role in allowed else "." for letter, role in COLUMNS.items())


def where(pattern: str) -> tuple[str, str]:
    """Return under which heading an address stands, and as what."""
    about = re.match(r"(admin/\w+/\w+/|\w+[-\w]*/)(.*)", pattern)
    above, end = about.groups() if about else ("/", pattern)
    return above, end or "."
