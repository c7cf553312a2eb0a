"""
Asks pip-audit whether a locked requirement has a known hole; silence is never taken for a no.

    python -m tests.known_holes --pip-audit ~/pip-audit/bin/pip-audit

Ends with 0 only where the service has answered about every requirement and knows of nothing, with 1
where it knows of a hole, and with 2 where it is not known: it was not reached, or left one out.
"""

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FILES = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")
SAFE, HOLES, NOT_KNOWN = 0, 1, 2
_PIN = re.compile(r"^([A-Za-z0-9][^\\\n#]*)", re.MULTILINE)
_ASKED_WITH = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json")
Pin = tuple[str, str]


@dataclass
class Answer:
    """What is known of the requirements of one file."""

    holes: dict[Pin, list[str]] = field(default_factory=dict)
    unanswered: dict[Pin, str] = field(default_factory=dict)  # with why


def pins(file: Path) -> set[Pin]:
    """Return what is installed here from a file, each name with its version."""
    found = [Requirement(line) for line in _PIN.findall(file.read_text())]
    here = [one for one in found if one.marker is None or one.marker.evaluate()]
    return {(canonicalize_name(one.name), str(one.specifier).lstrip("=")) for one in here}


def ask(program: str, file: Path) -> Answer:
    """Return what pip-audit says about a file; its end alone says nothing, and is not believed."""
    command = [program, *_ASKED_WITH, "--requirement", str(file)]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        told = json.loads(asked.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, TypeError):
        return Answer(unanswered=dict.fromkeys(pins(file), "pip-audit broke off"))
    return _held_against(pins(file), told)


def _held_against(wanted: set[Pin], told: list[dict[str, Any]]) -> Answer:
    skipped = {str(canonicalize_name(one["name"])): one.get("skip_reason", "") for one in told}
    answered = {
        (canonicalize_name(one["name"]), one["version"]): [hole["id"] for hole in one["vulns"]]
        for one in told
        if "vulns" in one and "skip_reason" not in one
    }
    return Answer(
        holes={pin: holes for pin, holes in answered.items() if holes},
        unanswered={
            pin: skipped.get(pin[0]) or "left out" for pin in wanted if pin not in answered
        },
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pip-audit", default="pip-audit", help="the program, where not in PATH")
    parser.add_argument("files", nargs="*", type=Path, default=FILES)
    chosen = parser.parse_args()
    answers = [ask(chosen.pip_audit, file) for file in chosen.files]
    holes = {pin: ids for answer in answers for pin, ids in answer.holes.items()}
    unanswered = {pin: why for answer in answers for pin, why in answer.unanswered.items()}
    for (name, version), ids in sorted(holes.items()):
        print(f"{name} {version}: {', '.join(ids)}")
    for (name, version), why in sorted(unanswered.items()):
        print(f"{name} {version}: not known, {why}", file=sys.stderr)
    if holes:
        return HOLES
    if unanswered or not answers:
        print(
            "NOT KNOWN whether there are holes: the service was not reached, or has not answered"
            " about everything. Try again where it is reached.",
            file=sys.stderr,
        )
        return NOT_KNOWN
    print("No known holes.")
    return SAFE


if __name__ == "__main__":
    sys.exit(main())
