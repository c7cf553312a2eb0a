"""
What another system says of permissions, weighed against our own ledger and written down in numbers.

A stop is ended by the patient or by reception who heard her, never by a file: whatever date the
file gives, a stop that stands here stays, for every number of the patient. The order of lines is by
the day they were given, and a file gives none later than itself: a stop that comes in while a file
is being taken over is newer than all of it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q

from healthmsg.clinic import both_forms, proof
from healthmsg.clinic.consent import LEDGER_PURPOSES
from healthmsg.clinic.models import (
    Change,
    ConsentRecord,
    Contact,
    GivenHow,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
)
from healthmsg.clinic.signals import stop_written

# Lines of one statement.
_TOGETHER = 2000


class Weight(StrEnum):
    """What a line from elsewhere changes."""

    COUNTS = "COUNTS"
    KNOWN = "KNOWN"
    STOP_STANDS = "STOP_STANDS"
    NO_STANDS = "NO_STANDS"
    YES_SINCE = "YES_SINCE"
    MARKED_MISTAKE = "MARKED_MISTAKE"


@dataclass(frozen=True)
class Said:
    """One purpose, allowed or refused by somebody, as another system has it."""

    patient_id: int | None  # None: the number itself, for everybody on it
    phone_id: int
    purpose: Purpose
    change: Change
    at: datetime
    given_by: str = ""
    text: str = ""  # where it stands on paper


@dataclass(frozen=True)
class _Line:
    change: str
    at: datetime
    how: str
    expires_at: datetime | None

    def has_run_out(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at


class Ledger:
    """What our ledger says of some patients and numbers."""

    def __init__(self, patients: Collection[int], phones: Collection[int]) -> None:
        self._newest: dict[tuple[int | None, int, str], _Line] = {}
        self._stopped: set[tuple[int, str]] = set()
        self._mistakes: set[tuple[int | None, int, str, str, datetime]] = set()
        corrected = Exists(ConsentRecord.objects.filter(corrects=OuterRef("pk")))
        lines = (
            ConsentRecord.objects.filter(
                Q(patient__in=patients) | Q(patient=None, phone__in=phones)
            )
            .exclude(change=Change.ENTERED_IN_ERROR)
            .annotate(is_corrected=corrected)
            .order_by("given_at", "pk")
        )
        for line in lines:
            key = (line.patient_id, line.phone_id, line.purpose)
            if line.is_corrected:
                self._mistakes.add((*key, line.change, line.given_at))
            else:
                self._newest[key] = _Line(
                    line.change, line.given_at, line.given_how, line.expires_at
                )
        for (patient, _phone, purpose), newest in self._newest.items():
            if patient is not None and newest.change == Change.WITHDRAWN:
                self._stopped.add((patient, purpose))

    def weigh(self, said: Said) -> Weight:
        """Return what becomes of a line that is brought along."""
        key = (said.patient_id, said.phone_id, said.purpose)
        if (*key, said.change, said.at) in self._mistakes:
            return Weight.MARKED_MISTAKE
        known = self._newest.get(key)
        if said.change == Change.GRANTED:
            return self._weigh_yes(said, known)
        if known is None:
            return Weight.COUNTS
        if known.change in {said.change, Change.WITHDRAWN}:
            return Weight.KNOWN
        return Weight.YES_SINCE if known.at >= said.at else Weight.COUNTS

    def _weigh_yes(self, said: Said, known: _Line | None) -> Weight:
        of_number = self._newest.get((None, said.phone_id, said.purpose))
        if of_number is not None and of_number.change == Change.WITHDRAWN:
            return Weight.STOP_STANDS
        has_yes = known is not None and known.change == Change.GRANTED
        if known is not None and has_yes and not known.has_run_out(said.at):
            return Weight.KNOWN
        if said.patient_id is not None and (said.patient_id, said.purpose) in self._stopped:
            return Weight.STOP_STANDS
        if known is None or has_yes:
            return Weight.COUNTS
        # A no that the other system has itself taken back; what we heard ourselves stands.
        follows = known.how == GivenHow.IMPORTED and known.at < said.at
        return Weight.COUNTS if follows else Weight.NO_STANDS

    def weigh_stop(self, phone_id: int, at: datetime) -> Weight:
        """Return what becomes of the stop of a whole number."""
        lines = [self._newest.get((None, phone_id, purpose)) for purpose in LEDGER_PURPOSES]
        if all(line is not None and line.change == Change.WITHDRAWN for line in lines):
            return Weight.KNOWN
        if any(
            (None, phone_id, p, Change.WITHDRAWN, at) in self._mistakes for p in LEDGER_PURPOSES
        ):
            return Weight.MARKED_MISTAKE
        yes = [line for line in lines if line is not None and line.change == Change.GRANTED]
        return Weight.YES_SINCE if any(line.at >= at for line in yes) else Weight.COUNTS


def write(said: Iterable[Said], clinic_id: int, *, by: StaffUser | None) -> int:
    """Append what counts, as `Ledger.weigh` said; return how many lines that was."""
    said = list(said)
    lines = ConsentRecord.objects.bulk_create(
        [
            ConsentRecord(
                clinic_id=clinic_id,
                patient_id=one.patient_id,
                phone_id=one.phone_id,
                purpose=one.purpose,
                change=one.change,
                given_by=one.given_by,
                recorded_by=by,
                given_how=GivenHow.IMPORTED,
                given_at=one.at,
            )
            for one in said
        ],
        batch_size=_TOGETHER,
    )
    proof.keep([(line, one.text) for line, one in zip(lines, said, strict=True) if one.text])
    stop_written.send(sender=ConsentRecord)
    return len(lines)


def stop(stops: dict[int, datetime], clinic_id: int, *, by: StaffUser | None, now: datetime) -> int:
    """
    Stop numbers for every purpose, everybody on them, and all who will share them.

    :param stops: since when, by the primary key of the phone
    :returns: how many lines were written
    """
    on_it: dict[int, set[int]] = defaultdict(set)
    contacts = Contact.objects.filter(phone__in=stops).values_list("phone_id", "patient_id")
    for phone_id, patient_id in contacts:
        if phone_id is not None:
            on_it[phone_id].add(patient_id)
    said = [
        Said(patient_id, phone_id, purpose, Change.WITHDRAWN, at)
        for phone_id, at in stops.items()
        for patient_id in (None, *sorted(on_it[phone_id]))
        for purpose in LEDGER_PURPOSES
    ]
    written = write(said, clinic_id, by=by)
    Phone.objects.filter(pk__in=stops).exclude(state=PhoneState.WRONG_PERSON).update(
        state=PhoneState.STOPPED, state_changed_at=now
    )
    both_forms.hold_on(list(Phone.objects.filter(pk__in=stops)), now=now)
    return written
