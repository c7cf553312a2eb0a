"""
One storm, in a process and a house of its own.

    python -m tests.chaos.one NAME --seed N --report FILE      (HEALTHMSG_VAR: a prepared directory)
"""

import argparse
import importlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.chaos.table import STORMS
from tests.sandbox_process import SandboxProcess, running

# A lease, the time a receipt may take, the sweeper's rounds after them, and room to spare.
CALM_WITHIN = 330.0
SANDBOX = ("--pace=0.05", "--retry-after=0.2", "--retry-cap=1.0", "--throughput=80")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=STORMS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path)
    chosen = parser.parse_args()
    _end_with_the_runner()
    flags = (*SANDBOX, f"--seed={chosen.seed}", *STORMS[chosen.name].sandbox)
    with running(*flags) as sandbox:
        os.environ["SANDBOX_URL"] = sandbox.base_url
        told = weather(chosen.name, sandbox, seed=chosen.seed)
    print(json.dumps(told, indent=1))
    if chosen.report:
        chosen.report.write_text(json.dumps(told))


def _end_with_the_runner() -> None:
    """A storm whose runner is gone or had enough clears up after itself."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by the runner"))
    runner = os.getppid()

    def watch() -> None:
        while os.getppid() == runner:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def weather(name: str, sandbox: SandboxProcess, *, seed: int) -> dict[str, Any]:
    """Open the house, let the storm blow, wait for the calm, and ask the judge."""
    import django  # noqa: PLC0415 - it reads the environment

    django.setup()
    from django.conf import settings  # noqa: PLC0415

    from healthmsg import embedded  # noqa: PLC0415
    from tests.chaos import storm_house  # noqa: PLC0415

    embedded.ensure(settings.EMBEDDED)
    began = time.monotonic()
    with storm_house.standing(settings.EMBEDDED.directory, sandbox, seed=seed) as house:
        storm = importlib.import_module(f"tests.chaos.{name}")
        practice = storm_house.practice_for(name, house)
        house.say("the storm begins")
        storm.blow(house, practice)
        practice.stop_queueing()
        house.say(f"the storm is over, {practice.queued} messages were queued")
        verdict = storm_house.calm(house, within=CALM_WITHIN)
        return storm_house.report(house, verdict, name=name, seconds=time.monotonic() - began)


if __name__ == "__main__":
    main()
