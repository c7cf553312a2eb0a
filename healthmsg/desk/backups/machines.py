"""Which machine this is: a word in a file beside the data, and whether the database knows it."""

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


def mine(path: Path) -> uuid.UUID:
    """Return what this machine calls itself; the first to ask writes it."""
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


def look(path: Path, *, now: datetime) -> bool:
    """
    Hold everything where this machine is not known to the database it found; True where it is.

    The first machine of an installation is known. A database that was copied names others.
    """
    machine = mine(path)
    with transaction.atomic(), connection.cursor() as cursor:
        # Two that begin at once: the second must see the first.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if Machine.objects.filter(pk=machine).exists():
            return True
        if not Machine.objects.exists():
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
