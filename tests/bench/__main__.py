"""
Everything measured in one run: `python -m tests.bench [name ...] [--json FILE] [--seconds N]`.

Each bench runs in a process of its own, on servers of its own in a temporary directory, one after
the other; then a table of all figures, their ratios, and what was to be reached. Where nothing else
is measured beside a figure, its ratio is to what is to be reached.

All of them take an hour on two cores, with the five seconds a measurement has unless told. The
memory is then watched over 100,000 messages; `memory --seconds 50` sends a million, in 15 minutes.
Last, campaigns are started among a million patients; `launch --seconds 0.2` makes do with 40,000,
and files are brought in: `imports --seconds 0.5` makes do with a tenth of them. Pages are timed
among a million of all, `pages --people 50000` among fewer.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.bench import figures
from tests.bench.figures import Figure

# In this order: first the ceiling that the others lean on.
BENCHES = (
    *("sandbox_rate", "send", "door", "receipts", "planner", "audience", "lanes", "end_to_end"),
    *("inbound", "answers", "memory", "launch", "imports", "sealing", "retention", "pages"),
)
# What patients say is measured by two: stored and routed, and from a tap to our answer.
_TOGETHER = {"inbound": ("inbound", "answers")}
# A bench that hangs is ended, so that the others are still measured.
LONGEST_SECONDS = 900
_A_SECOND_MAY_TAKE = 60


def main() -> int:
    parser = figures.arguments(__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHES))
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.names) - set(BENCHES))
    if unknown:
        parser.error(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    console = Console(width=150)
    found: list[Figure] = []
    began = time.monotonic()
    for name in wanted(chosen.names):
        console.rule(name, align="left")
        found += run(name, chosen.seconds, figures.of_people(chosen))
    console.rule("all figures", align="left")
    console.print(figures.table(found))
    console.print(f"{time.monotonic() - began:.0f} s, {machine()}")
    if chosen.json:
        sheet = {"machine": machine(), "seconds": chosen.seconds, "figures": figures.as_json(found)}
        chosen.json.write_text(json.dumps(sheet, ensure_ascii=False, indent=1))
    return 0 if all(f.value is not None for f in found) else 1


def wanted(names: Sequence[str]) -> tuple[str, ...]:
    """Return the benches that names ask for, each once; all where none is named."""
    asked = (one for name in names for one in _TOGETHER.get(name, (name,)))
    return tuple(dict.fromkeys(asked)) or BENCHES


def run(name: str, seconds: float, of_people: Sequence[str] = ()) -> list[Figure]:
    """Run one bench, which prints as it goes, and return what it wrote down."""
    with tempfile.TemporaryDirectory(prefix="healthmsg-bench-") as directory:
        sheet = Path(directory) / "figures.json"
        command = [sys.executable, "-m", f"tests.bench.{name}"]
        command += ["--seconds", str(seconds), "--json", str(sheet), "--no-table"]
        command += of_people
        longest = max(LONGEST_SECONDS, _A_SECOND_MAY_TAKE * seconds)
        try:
            code = subprocess.run(command, check=False, timeout=longest).returncode
            ending = f"ended with code {code}"
        except subprocess.TimeoutExpired:
            code, ending = 1, f"not finished after {longest:.0f} s"
        written = json.loads(sheet.read_text()) if sheet.exists() else []
    found = [Figure.read({k: v for k, v in one.items() if k != "verdicts"}) for one in written]
    if code or not found:
        found.append(Figure(name, "the rest of it", None, "", note=ending))
    return found


def machine() -> str:
    """Say where it was measured."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    python = f"Python {platform.python_version()} counts to ten million in {_counting():.2f} s"
    return f"{os.cpu_count()} CPUs, load {load}, {python}"


def _counting() -> float:
    """A yardstick: machines differ, and one machine from hour to hour."""
    began = time.process_time()
    number = 0
    while number < 10_000_000:
        number += 1
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
