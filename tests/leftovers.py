"""Removes the directories of test runs that have ended; run as a program once a run is over."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PREFIX = "healthmsg-tests-"
# Between making a directory and holding its lock a run is defenseless.
_OLD_SECONDS = 600
# Longer than any keeper takes to stop its servers.
_PATIENCE_SECONDS = 60


def new_directory() -> Path:
    """Make a directory for one run's servers, which is gone soon after the run."""
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    directory.chmod(0o711)
    return directory


def remove_later(directory: Path) -> None:
    """Leave a detached process behind that waits for the keeper and removes; costs no time."""
    subprocess.Popen(
        [sys.executable, "-S", __file__, str(directory)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def remove(directory: Path, *, patience: float) -> bool:
    """Remove a run's directory once nobody uses it; True if that was within `patience` seconds."""
    deadline = time.monotonic() + patience
    while _is_used(directory):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    shutil.rmtree(directory, ignore_errors=True)
    return True


def old_ones() -> list[Path]:
    """Return directories of runs that were killed, or are long; `remove` leaves the latter."""
    found = Path(tempfile.gettempdir()).glob(f"{PREFIX}*")
    return [path for path in found if time.time() - path.lstat().st_mtime > _OLD_SECONDS]


def _is_used(directory: Path) -> bool:
    return any(_is_held(directory / name) for name in ("keeper.lock", "users.lock"))


def _is_held(path: Path) -> bool:
    # Ours for a moment only: keepers and users that meet it try again.
    try:
        lock = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # somebody else's
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


if __name__ == "__main__":
    remove(Path(sys.argv[1]), patience=_PATIENCE_SECONDS)
    for old in old_ones():
        remove(old, patience=0)
