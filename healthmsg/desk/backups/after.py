"""What a restored database needs before anybody uses it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from django.db import connection

from healthmsg.clinic import erasure, remembered
from healthmsg.clinic.models import Patient, StopKind
from healthmsg.clinic.remembered import Stop
from healthmsg.desk.backups import journal, standstills
from healthmsg.desk.backups.models import Cause
from healthmsg.desk.merging import one_person
from healthmsg.desk.privacy import erasing
from healthmsg.desk.signing_in import everybody
from reminders import patients

# So many keys may have been given since a backup; a higher one stands in a line that is spoiled.
_AT_MOST_LOST = 10_000_000
_WHY = "deleted after the backup was written"


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
    Let everything stand still, sign everybody out, give up what was due, bring stops back.

    Twice is once. Whoever has left since the backup may sign in again until a person looks.

    :param directory: of the journal of stops; None where it is lost
    :returns: how many there were of what
    """
    standstills.begin(Cause.RESTORED, host=host, copied_at=copied_at, now=now)
    # Before anything that may break off: nobody goes on with what they were at.
    everybody.sign_out()
    found = standstills.leave_unknown(until=now, known=now, now=now)
    stops = list(journal.read(directory)) if directory is not None else []
    _leave_out_keys(stops)
    gone = _erased_since(stops)
    kept = [one.pk for one in gone if not _erase_again(one, gone, key=key, files=files, now=now)]
    found["erased"] = len(gone) - len(kept)
    found["stops"] = remembered.replay(stops, key=key, now=now)
    standstills.note(found)
    standstills.leave_to_delete(kept)
    return found


def complete(*, key: str, files: Path, now: datetime) -> set[int]:
    """Delete whom only legal holds of the backup kept, and none keeps now; return their keys."""
    gone = _whole_first(standstills.to_delete())
    return {one.pk for one in gone if _erase_again(one, gone, key=key, files=files, now=now)}


def _leave_out_keys(stops: Iterable[Stop]) -> None:
    """Give no key to anybody that the journal knows of somebody else, however old the backup is."""
    known = [stop.patient_id for stop in stops if stop.patient_id]
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM clinic_patient_id_seq")
        (last,) = cursor.fetchone()
        highest = max((key for key in known if key - last <= _AT_MOST_LOST), default=0)
        if highest > last:
            cursor.execute("SELECT setval('clinic_patient_id_seq', %s)", [highest])


def _erased_since(stops: Sequence[Stop]) -> list[Patient]:
    """Return who was deleted since the backup, and is here again."""
    found: dict[int, Patient] = {}
    for stop in stops:
        if stop.kind == StopKind.ERASED:
            found |= {one.pk: one for one in remembered.theirs(stop).filter(erased_at=None)}
    return _whole_first(found.values())


def _whole_first(gone: Iterable[Patient]) -> list[Patient]:
    """Return a record before those put to it: words about one may stand with the other."""
    return sorted(gone, key=lambda one: (-len(one_person.records_of(one)), one.pk))


def _erase_again(
    patient: Patient, gone: Sequence[Patient], *, key: str, files: Path, now: datetime
) -> bool:
    """
    Delete a record, with those that went with it; False where a legal hold of then keeps it.

    What was put to it when the backup was written, and parted since, stays.
    """
    # The first one of a person takes the others along.
    if Patient.objects.filter(pk=patient.pk, erased_at__isnull=False).exists():
        return True
    records = [one for one in one_person.records_of(patient) if one in gone]
    try:
        erasing.erase_records(records, reason=_WHY, by=None, key=key, files=files, now=now)
    except erasure.OnHold:
        # Nobody writes to who was deleted, until they are.
        patients.let_go(patient, now=now)
        return False
    return True
