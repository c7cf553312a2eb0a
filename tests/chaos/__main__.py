"""
Storms, again and again, with a printed seed.

    python -m tests.chaos [--minutes N] [--seed S] [--at-once 4] [storm_kills ...]

Without --minutes each storm blows once. The same seed draws the same troubles in the same order;
what the processes do meanwhile is their own affair.
"""

import argparse
import random
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait

from tests.chaos.runner import Report, Runner, line
from tests.chaos.table import STORMS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("storms", nargs="*", metavar="STORM", help=", ".join(STORMS))
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--at-once", type=int, default=4)
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    names = chosen.storms or list(STORMS)
    runner = Runner(at_once=chosen.at_once)
    try:
        reports = _blow(runner, names, chosen)
    finally:
        runner.close()
    print("\n".join(["", *sorted(map(line, reports))]))
    bad = [report for report in reports if not report.get("survived", "skipped" in report)]
    print(f"\n{len(reports) - len(bad)} storms survived, {len(bad)} not (seed {chosen.seed})")
    return 1 if bad else 0


def _blow(runner: Runner, names: list[str], chosen: argparse.Namespace) -> list[Report]:
    rng = random.Random(chosen.seed)  # noqa: S311 - chance, not secrets
    ends_at = time.monotonic() + chosen.minutes * 60
    waiting = [(name, rng.randrange(10**6)) for name in names]
    blowing: set[Future[Report]] = set()
    reports: list[Report] = []
    while waiting or blowing:
        if not waiting and time.monotonic() < ends_at:
            waiting = [(rng.choice(names), rng.randrange(10**6))]
        while waiting and len(blowing) < chosen.at_once:
            name, seed = waiting.pop(0)
            blowing.add(runner.start(name, seed=seed))
        done, blowing = wait(blowing, return_when=FIRST_COMPLETED)
        for future in done:
            reports.append(future.result())
            _show(reports[-1])
    return reports


def _show(report: Report) -> None:
    print(line(report), flush=True)
    if not report.get("survived", True):
        for part in ("notes", "lost", "doubled", "stuck", "unapplied", "explained", "log"):
            print(f"-- {part}: {report.get(part)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
