"""Who the servers run as: the user, or somebody unprivileged when the user is root."""

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from .errors import NotStarted

# A plain environment: the user's may hold secrets, PGPORT, a preloaded clock.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}

# Source: capabilities(7), linux/capability.h; preferred first. Docker grants the second.
_ENTER_ANY_DIRECTORY = {"dac_read_search": 2, "dac_override": 1}


@dataclass(frozen=True)
class Account:
    """The owner of the servers' files and processes."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    """What goes before a command so that it runs as this account."""

    def own(self, directory: Path) -> None:
        """
        Make `directory` private to this account.

        :raises NotStarted: it belongs to somebody else.
        """
        directory.mkdir(mode=0o700, exist_ok=True)
        # By descriptor: in /tmp the name might be changed between the look and the act.
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            owner = os.fstat(descriptor).st_uid
            if owner not in {self.uid, os.geteuid()}:
                raise NotStarted(
                    f"{directory} belongs to user {owner}: run as that user or as root"
                )
            os.fchmod(descriptor, 0o700)
            if owner != self.uid:
                os.fchown(descriptor, self.uid, self.gid)
        finally:
            os.close(descriptor)


def choose(home: Path, data: Path, programs: tuple[Path, ...]) -> Account:
    """
    Return the account for the servers; PostgreSQL refuses to run as root.

    :param data: if it exists, root serves it as its owner.
    :raises NotStarted: root has no way to run them as somebody else.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    setpriv = shutil.which("setpriv", path=ENVIRONMENT["PATH"])
    if setpriv is None:
        raise NotStarted(
            "as root the embedded servers need setpriv (util-linux); or run as another user"
        )
    uid, gid = _unprivileged(data)
    prefix = [setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    if not all(_is_open_to(uid, path) for path in (home, *programs)):
        capability = _capability(home)
        prefix += [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
        # Else access(2), by which PostgreSQL looks for its own programs, ignores the capability.
        prefix.append("--securebits=+no_setuid_fixup")
    return Account(uid, gid, (*prefix, "--"))


def _unprivileged(data: Path) -> tuple[int, int]:
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _is_open_to(uid: int, path: Path) -> bool:
    """Return whether every directory above `path` lets `uid` through."""
    real = path.resolve()
    for directory in real.parents if real.is_file() else (real, *real.parents):
        entry = directory.stat()
        needed = stat.S_IXUSR if entry.st_uid == uid else stat.S_IXOTH
        if not entry.st_mode & needed:
            return False
    return True


def _capability(home: Path) -> str:
    """Return what lets an unprivileged process pass a directory that only root may enter."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    effective = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff")), 0)
    for name, bit in _ENTER_ANY_DIRECTORY.items():
        if effective >> bit & 1:
            return name
    raise NotStarted(f"{home} or the programs lie under a directory that only root may enter")
