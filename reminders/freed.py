"""Notes a time that a visit leaves, for the waiting list: one row, in the visit's transaction."""

from datetime import datetime

from healthmsg.clinic.models import Appointment
from reminders.models import EarlierWish, FreedSlot, SlotEnd, SlotOffer

# A move of the waiting list frees another time, and that one another: so far and no further.
GENERATIONS = 3


def note(visit: Appointment, *, now: datetime) -> None:
    """
    Note the time the visit has in memory, before it is changed there.

    Where nobody waits for this kind of visit, or there is no time left to ask, nothing is noted.
    """
    if not visit.kind.offers_freed or visit.starts_at < now + visit.clinic.earlier_notice:
        return
    waiting = EarlierWish.objects.filter(clinic=visit.clinic_id, kind=visit.kind_id, ended_at=None)
    if not waiting.exclude(patient=visit.patient_id).exists():
        return
    # Cancelled, taken back and cancelled again is one version, and free again.
    slot, is_new = FreedSlot.objects.update_or_create(
        left_by=visit,
        left_version=visit.version,
        defaults={
            "clinic_id": visit.clinic_id,
            "site_id": visit.site_id,
            "kind_id": visit.kind_id,
            "clinician_id": visit.clinician_id,
            "starts_at": visit.starts_at,
            "ends_at": visit.ends_at,
            "freed_at": now,
            "next_wave_at": now,
            "taken_by": None,
            "ended_at": None,
            "ended": "",
        },
    )
    if not is_new:
        SlotOffer.objects.filter(slot=slot, is_taken=True).update(is_taken=False)


def inherit(visit: Appointment, version: int, taken: FreedSlot, *, now: datetime) -> None:
    """A move of the waiting list left this time: count how many such moves led to it."""
    left = FreedSlot.objects.filter(left_by=visit, left_version=version)
    left.update(generation=taken.generation + 1)
    left.filter(generation__gte=GENERATIONS).update(
        next_wave_at=None, ended_at=now, ended=SlotEnd.NOBODY
    )
