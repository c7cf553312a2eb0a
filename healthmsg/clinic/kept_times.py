"""Keeps a time for some minutes for who is about to move a visit there, or to book one."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from psycopg import Error as PostgresError

from healthmsg.clinic import availability
from healthmsg.clinic.availability import Need
from healthmsg.clinic.free_slots import Slot
from healthmsg.clinic.models import Appointment, Patient, SlotHold


def keep(
    holder: Appointment | Patient,
    slot: Slot,
    need: Need,
    *,
    until: datetime,
    now: datetime,
    within_hours: bool = True,
) -> bool:
    """
    Keep a time for a visit, or for a patient's new one; False where it is not free.

    Another one kept for them is let go. The caller holds the lock of the holder's row.

    :param within_hours: False: only what others have matters
    """
    release(holder)
    mine = SlotHold(
        **_held_by(holder),
        clinician_id=slot.clinician_id,
        site=need.site,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        until=until,
    )
    _forget_what_ran_out(mine, now)
    try:
        with transaction.atomic():
            mine.save(force_insert=True)
    except IntegrityError as error:
        if not _is_overlap(error):
            raise
        return False
    # Looked at after the row is there: whoever was quicker to move a visit here, and let go of the
    # time for it, is seen now.
    is_free = availability.is_free(need, slot, now=now, within_hours=within_hours)
    if not is_free:
        release(holder)
    return is_free


def release(holder: Appointment | Patient) -> None:
    SlotHold.objects.filter(**_held_by(holder)).delete()


def sweep(*, now: datetime, limit: int = 1000) -> int:
    """Delete what ran out; it stood in nobody's way any more."""
    over = SlotHold.objects.filter(until__lte=now).order_by("until")
    ids = over.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit]
    with transaction.atomic():
        return SlotHold.objects.filter(pk__in=list(ids)).delete()[0]


def _held_by(holder: Appointment | Patient) -> dict[str, Any]:
    return {"patient" if isinstance(holder, Patient) else "appointment": holder}


def _forget_what_ran_out(mine: SlotHold, now: datetime) -> None:
    overlapping = SlotHold.objects.filter(
        until__lte=now, starts_at__lt=mine.ends_at, ends_at__gt=mine.starts_at
    )
    if mine.clinician_id is None:
        overlapping.filter(clinician=None, site=mine.site).delete()
    else:
        overlapping.filter(clinician=mine.clinician_id).delete()


def _is_overlap(error: IntegrityError) -> bool:
    cause = error.__cause__
    return isinstance(cause, PostgresError) and cause.diag.constraint_name == "hold_no_overlap"
