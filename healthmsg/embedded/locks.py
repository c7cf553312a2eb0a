"""Kernel locks on files, freed by whatever ends their last holder."""

import fcntl
import os
from pathlib import Path


def open_lock(path: Path) -> int:
    """Return a descriptor that forked children share and started programs do not."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def try_shared(lock: int) -> bool:
    return _try(lock, fcntl.LOCK_SH)


def try_exclusive(lock: int) -> bool:
    return _try(lock, fcntl.LOCK_EX)


def _try(lock: int, operation: int) -> bool:
    try:
        fcntl.flock(lock, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
