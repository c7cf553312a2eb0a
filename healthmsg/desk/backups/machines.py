"""
Which machine this is, and whether the database knows it.

A word in a file beside the data, with what the system and the database's server call themselves: a
copied directory, and a clone whose machine was given its own id, are other machines.
"""

import os
import socket
import uuid
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from healthmsg.clinic.models import StaffUser
from healthmsg.desk.backups import standstills
from healthmsg.desk.backups.models import Cause, Machine

# Any number that no other advisory lock of ours begins with.
_LOCK = 0x3A7C


# Made anew where a system is installed or a clone is prepared. Source: machine-id(5) of systemd.
_SYSTEM_ID = Path("/etc/machine-id")
# A container's has come with its image: it would be another machine after each upgrade.
_IN_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
_IN_PODS = "KUBERNETES_SERVICE_HOST"


def mine(path: Path, *, system_id: Path | None = None) -> uuid.UUID:
    """
    Return what this machine is known as to this database's server.

    :param system_id: the file in which the system says its name; None: where it is, if it lasts
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        server = cursor.fetchone()[0]
    return uuid.uuid5(_word(path), f"{_system(system_id)} {server}")


def _system(place: Path | None) -> str:
    if place is None:
        if _IN_PODS in os.environ or any(mark.exists() for mark in _IN_CONTAINERS):
            return ""
        place = _SYSTEM_ID
    try:
        return place.read_text().strip()
    except OSError:
        return ""


def _word(path: Path) -> uuid.UUID:
    """Return what stands in the file; the first to ask writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    if not path.exists():
        fresh.write_text(f"{uuid.uuid4()}\n")
        try:
            # Whole at once, and never over one that another process wrote meanwhile.
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return uuid.UUID(path.read_text().strip())


def look(path: Path, *, now: datetime, system_id: Path | None = None) -> bool:
    """
    Hold everything where this machine is not known to the database it found; True where it is.

    The first machine of an installation is known. A database that was copied names others.
    """
    machine = mine(path, system_id=system_id)
    with transaction.atomic(), connection.cursor() as cursor:
        # Two that begin at once: the second must see the first.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if Machine.objects.filter(pk=machine).exists():
            return True
        # The release before knew a machine by the file's word alone: it is so known once more.
        by_word = Machine.objects.filter(pk=_word(path))
        if by_word.update(id=machine) or not Machine.objects.exists():
            _know(machine, by=None, now=now)
            return True
    standstills.begin(Cause.OTHER_MACHINE, host=socket.gethostname(), machine=machine, now=now)
    return False


def belongs(path: Path, *, by: StaffUser | None, now: datetime) -> bool:
    """Let a further machine of the same installation send; False where it was known."""
    return _know(mine(path), by=by, now=now)


def _know(machine: uuid.UUID, *, by: StaffUser | None, now: datetime) -> bool:
    _row, is_new = Machine.objects.get_or_create(
        pk=machine,
        defaults={"host": socket.gethostname()[:64], "known_at": now, "known_by": by},
    )
    return is_new
