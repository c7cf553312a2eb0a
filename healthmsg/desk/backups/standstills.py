"""Nothing leaves after a restore, or where a copy woke up, until a person has looked."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from campaigns import unknown as campaigns_unknown
from healthmsg.clinic.models import Patient, StaffUser
from healthmsg.desk.backups.models import Cause, Machine, Standstill
from reminders import unknown as reminders_unknown
from whatsapp import doubts
from whatsapp.models import Switch

# In the database's words: English, so that a release knows its own hold. Pages translate it.
HELD_FOR = {
    Cause.RESTORED: "Restored from a backup: somebody has to say that the old machine is off",
    Cause.OTHER_MACHINE: "This machine is not known: somebody has to say that it may send",
}
# Among the counts of a standstill: primary keys of patients.
_TO_DELETE = "to_delete"
NOTHING: Mapping[str, int] = {}


def current() -> Standstill | None:
    """Return the standstill that nobody has ended yet."""
    return Standstill.objects.filter(ended_at=None).first()


@transaction.atomic
def begin(
    cause: Cause,
    *,
    host: str,
    machine: UUID | None = None,
    copied_at: datetime | None = None,
    now: datetime,
) -> Standstill | None:
    """Hold everything; None where it stands still already."""
    _hold(cause, now)
    try:
        with transaction.atomic():
            return Standstill.objects.create(
                cause=cause,
                host=host[:64],
                machine=machine,
                copied_at=copied_at,
                began_at=now,
            )
    except IntegrityError:
        return None


def leave_to_delete(patient_ids: Collection[int]) -> None:
    """Keep with the standstill who was deleted since, and is kept by a legal hold of then."""
    row = current()
    if row is not None:
        known = {*row.found.get(_TO_DELETE, ()), *patient_ids}
        row.found = {**row.found, _TO_DELETE: sorted(known)}
        row.save(update_fields=["found"])


def to_delete() -> list[Patient]:
    """Return whoever was deleted after a backup, and is here as long as a legal hold lasts."""
    found: dict[int, Patient] = {}
    for row in Standstill.objects.filter(found__has_key=_TO_DELETE):
        # Whoever was registered later has been given the key of somebody who is not here.
        known = Patient.objects.filter(pk__in=row.found[_TO_DELETE], created_at__lte=row.began_at)
        found |= {one.pk: one for one in known.filter(erased_at=None)}
    return [found[key] for key in sorted(found)]


def note(found: Mapping[str, int]) -> None:
    """Keep with the standstill what was found, for the page that ends it."""
    row = current()
    if row is not None:
        row.found = row.found | added(row.found, found)
        row.save(update_fields=["found"])


def leave_unknown(*, until: datetime, known: datetime, now: datetime) -> dict[str, int]:
    """
    Give up what was due until then: another machine may have sent it.

    It goes to the call list, and never by itself. Twice is once.

    :param known: what was written later was written here, and is known nowhere else
    :returns: how many there were of what
    """
    return {
        "messages": doubts.may_have_been_sent_elsewhere(until=until, known=known),
        "reminders": reminders_unknown.leave(until=until, known=known, now=now),
        "times": reminders_unknown.leave_times(until=until, known=known, now=now),
        "invitations": campaigns_unknown.leave(known=known, now=now),
        "campaigns": campaigns_unknown.pass_over(until=until),
    }


def end(
    standstill: Standstill, *, by: StaffUser | None, other_off_at: datetime | None, now: datetime
) -> bool:
    """
    A person says that no other machine sends: what comes due from then on goes.

    :param other_off_at: since when; what was due before stays unknown. None: there is no other
        machine, this one works with those that were known
    """
    found = NOTHING
    if other_off_at is not None:
        found = leave_unknown(until=other_off_at, known=standstill.began_at, now=now)
    with transaction.atomic():
        open_still = Standstill.objects.select_for_update().filter(pk=standstill.pk, ended_at=None)
        row = open_still.first()
        if row is None:
            return False
        row.ended_at, row.ended_by, row.other_off_at = now, by, other_off_at
        row.found = row.found | added(row.found, found)
        row.save(update_fields=["ended_at", "ended_by", "other_off_at", "found"])
        if row.machine is not None:
            Machine.objects.get_or_create(
                pk=row.machine, defaults={"host": row.host, "known_at": now, "known_by": by}
            )
        # What a person stopped keeps their reason, and waits for them.
        Switch.objects.filter(
            name=Switch.Name.EVERYTHING, held_reason__in=HELD_FOR.values()
        ).update(held_at=None, held_reason="")
    return True


def added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    names = {*one, *other} - {_TO_DELETE}
    return {name: one.get(name, 0) + other.get(name, 0) for name in names}


def _hold(cause: Cause, now: datetime) -> None:
    Switch.objects.get_or_create(name=Switch.Name.EVERYTHING)
    Switch.objects.filter(name=Switch.Name.EVERYTHING, held_at=None).update(
        held_at=now, held_reason=HELD_FOR[cause], held_by=None
    )
