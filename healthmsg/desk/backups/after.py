"""What a restored database needs before anybody uses it."""

from datetime import datetime
from pathlib import Path

from healthmsg.clinic import remembered
from healthmsg.clinic.models import Patient, StopKind
from healthmsg.clinic.remembered import Stop
from healthmsg.desk.backups import journal, standstills
from healthmsg.desk.backups.models import Cause
from healthmsg.desk.privacy import erasing
from healthmsg.desk.signing_in import everybody


def settle(
    directory: Path | None,
    *,
    key: str,
    host: str,
    copied_at: datetime | None,
    files: Path,
    now: datetime,
) -> dict[str, int]:
    """
    Let everything stand still, give up what was due, bring stops back, sign everybody out.

    Twice is once. Whoever has left since the backup may sign in again until a person looks.

    :param directory: of the journal of stops; None where it is lost
    :returns: how many there were of what
    """
    standstills.begin(Cause.RESTORED, host=host, copied_at=copied_at, now=now)
    found = standstills.leave_unknown(until=now, known=now, now=now)
    stops = list(journal.read(directory)) if directory is not None else []
    found["stops"] = remembered.replay(stops, key=key, now=now)
    found["erased"] = sum(_erase_again(stop, key, files, now) for stop in stops)
    everybody.sign_out()
    standstills.note(found)
    return found


def _erase_again(stop: Stop, key: str, files: Path, now: datetime) -> bool:
    """Who was deleted since the backup is here again, and goes again."""
    if stop.kind != StopKind.ERASED:
        return False
    known = Patient.objects.filter(pk=stop.patient_id or 0, clinic=stop.clinic_id, erased_at=None)
    patient = known.first()
    if patient is None:
        return False
    why = "deleted after the backup was written"
    return erasing.erase(patient, reason=why, by=None, key=key, files=files, now=now) is not None
