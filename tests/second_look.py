"""
Runs tests that failed beside others again, alone; run as a program after a run with failures.

Two processes of tests, with their browsers, databases and workers, share a machine. What failed
for want of time passes three times in a row alone; a fault in the code does not. More than a few
failures are no matter of time, and are not looked at again.
"""

import json
import subprocess
import sys
from pathlib import Path

FAILED = Path(".pytest_cache/v/cache/lastfailed")
AT_MOST = 5
TIMES = 3


def main() -> int:
    failed = sorted(json.loads(FAILED.read_text()))
    if not 0 < len(failed) <= AT_MOST:
        print(f"{len(failed)} tests failed; that is not looked at again.")
        return 1
    for time in range(1, TIMES + 1):
        print(f"\nalone, {time} of {TIMES}: {', '.join(failed)}", flush=True)
        command = [sys.executable, "-m", "pytest", "-n", "0", *failed]
        code = subprocess.run(command, check=False).returncode
        if code:
            return code
    print(f"\nFailed beside others, passed {TIMES} times alone: {', '.join(failed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
