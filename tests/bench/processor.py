"""What processes use of the processor and of memory, as Linux counts it."""

import os
from collections import defaultdict
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def cpu_seconds(*pids: int) -> float:
    """Return user and system time of these processes and all below them, ended ones too."""
    return sum(_cpu(pid) for pid in _trees(pids))


def resident_megabytes(*pids: int) -> float:
    """Return the memory held by these processes and all below them; shared pages count for each."""
    return sum(_resident(pid) for pid in _trees(pids)) / 1024


def largest_megabytes(pid: int) -> float:
    """Return the memory of the largest of a process and all below it."""
    return max(_resident(one) for one in _trees((pid,))) / 1024


def database() -> int:
    """Return the process id of the house's PostgreSQL."""
    from django.conf import settings

    found = next((settings.EMBEDDED.directory / "postgres").rglob("postmaster.pid"))
    return int(found.read_text().split()[0])


def redis() -> int:
    """Return the process id of the house's Valkey."""
    from django.conf import settings
    from redis import Redis

    with Redis.from_url(settings.REDIS_URL) as connection:
        return int(connection.info("server")["process_id"])


def _trees(pids: tuple[int, ...]) -> set[int]:
    children = defaultdict(list)
    for stat in _PROC.glob("[0-9]*/stat"):
        fields = _fields(int(stat.parent.name))
        if fields:
            children[int(fields[1])].append(int(stat.parent.name))
    found, left = set(), list(pids)
    while left:
        pid = left.pop()
        if pid not in found:
            found.add(pid)
            left += children[pid]
    return found


def _fields(pid: int) -> list[str]:
    """Return the fields of stat from the state on, or none where the process has ended."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def _cpu(pid: int) -> float:
    # utime, stime, and the same of children that ended: those that live are counted themselves.
    return sum(int(field) for field in _fields(pid)[11:15]) / _TICKS


def _resident(pid: int) -> int:
    try:
        text = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if "VmRSS" in line), 0)
