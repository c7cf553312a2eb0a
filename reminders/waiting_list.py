"""Who would come earlier, and what their taps on an offered time do: the first one gets it."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from healthmsg.clinic.availability import Need
from healthmsg.clinic.free_slots import Slot
from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinician,
    Site,
    StaffUser,
    VisitStatus,
)
from reminders import another_time, booking, freed, refusals, rounds
from reminders.models import (
    EarlierEnd,
    EarlierWish,
    FreedSlot,
    OfferEnd,
    SlotEnd,
    SlotOffer,
)
from reminders.said import OUT_OF_DATE, Said
from whatsapp import outbox
from whatsapp.buttons import Tap, Verb
from whatsapp.models import Message, ReplyOutcome
from whatsapp.status import Reason

# With it freed times are offered; it is in the starting set.
TEMPLATE = "earlier_slot_offer"
VERBS = frozenset({Verb.WANT_EARLIER, Verb.TAKE_EARLIER, Verb.KEEP_MINE, Verb.NO_EARLIER})
# A tap may come later than the offer, but nobody is to hurry.
_LAST_TAP = timedelta(hours=3)


@transaction.atomic
def wish(
    visit: Appointment,
    *,
    by: StaffUser | None,
    now: datetime,
    clinician: Clinician | None = None,
    site: Site | None = None,
    days: tuple[date | None, date | None] = (None, None),
) -> EarlierWish:
    """
    Write down that a patient would come earlier; what is known of this kind of visit is replaced.

    :param by: None where the patient asked for it
    :param days: first and last day on which they would come
    """
    visit = booking.locked(visit)
    refusals.require_status(visit, VisitStatus.BOOKED)
    first, last = days
    fields = {
        "clinic": visit.clinic,
        "appointment": visit,
        "clinician": clinician,
        "site": site,
        "first_day": first,
        "last_day": last,
        "wished_by": by,
    }
    made, _is_new = EarlierWish.objects.update_or_create(
        patient=visit.patient,
        kind=visit.kind,
        ended_at=None,
        defaults=fields,
        create_defaults={**fields, "wished_at": now},
    )
    # What nobody was left to be asked about has somebody now.
    FreedSlot.objects.filter(
        clinic=visit.clinic_id,
        kind=visit.kind_id,
        ended=SlotEnd.NOBODY,
        generation__lt=freed.GENERATIONS,
        starts_at__gt=now + visit.clinic.earlier_notice,
    ).update(next_wave_at=now, ended_at=None, ended="")
    return made


def end(wishes: Q, how: EarlierEnd, *, now: datetime) -> int:
    """Take wishes off the list; return how many stood on it."""
    return EarlierWish.objects.filter(wishes, ended_at=None).update(ended_at=now, ended=how)


def end_with_their_visits(*, now: datetime) -> int:
    """Take off whose visit has begun, or is off."""
    is_over = ~Q(appointment__status=VisitStatus.BOOKED) | Q(appointment__starts_at__lte=now)
    return end(is_over, EarlierEnd.VISIT_OVER, now=now)


def answer(visit: Appointment, tap: Tap, message: Message | None, *, now: datetime) -> Said:
    """
    Take a tap about coming earlier.

    The caller holds the lock of the visit's row.

    :param message: the offer that was tapped; None from a page
    """
    if tap.verb == Verb.WANT_EARLIER:
        return _wants_earlier(visit, now)
    offer = SlotOffer.objects.filter(message=message).first() if message else None
    if offer is None:
        return OUT_OF_DATE
    SlotOffer.objects.filter(pk=offer.pk).update(answered_at=now)
    if tap.verb == Verb.TAKE_EARLIER:
        return _take(visit, offer, now)
    if tap.verb == Verb.NO_EARLIER:
        end(Q(pk=offer.wish_id), EarlierEnd.NO_LONGER, now=now)
    _ask_the_next_sooner(offer, now)
    phrase = "earlier_ended" if tap.verb == Verb.NO_EARLIER else "earlier_kept"
    return Said(ReplyOutcome.KEEPS_TIME, phrase, (visit,))


def _wants_earlier(visit: Appointment, now: datetime) -> Said:
    """The time stays until then, and the reminders of it go on."""
    wish(visit, by=None, now=now, clinician=visit.clinician, site=visit.site)
    rounds.end(visit, visit.version, OfferEnd.CHANGED, now=now)
    if visit.answer == Answer.WANTS_ANOTHER_TIME:
        booking.answer(visit, version=visit.version, answer=Answer.NONE, now=now)
    return Said(ReplyOutcome.WANTS_EARLIER, "earlier_noted", (visit,))


def _take(visit: Appointment, offer: SlotOffer, now: datetime) -> Said:
    """
    Move the visit to the freed time, unless somebody was quicker.

    The second of two taps waits for the lock of the slot's row, and then reads that it is gone.
    """
    slot = FreedSlot.objects.select_for_update(no_key=True).get(pk=offer.slot_id)
    moved = None
    if slot.taken_by_id is None and slot.starts_at > now + _LAST_TAP:
        moved = _moved(visit, slot, now)
    if moved is None:
        return Said(ReplyOutcome.SLOT_GONE, "earlier_gone", (visit,))
    SlotOffer.objects.filter(pk=offer.pk).update(is_taken=True)
    FreedSlot.objects.filter(pk=slot.pk).update(
        taken_by=moved, ended_at=now, ended=SlotEnd.TAKEN, next_wave_at=None
    )
    end(Q(pk=offer.wish_id), EarlierEnd.MOVED, now=now)
    freed.inherit(moved, visit.version, slot, now=now)
    _take_back_what_has_not_left(offer, now)
    is_same = (moved.clinician_id, moved.site_id) == (visit.clinician_id, visit.site_id)
    return another_time.has_moved(moved, visit.starts_at, may_undo=is_same)


def _moved(visit: Appointment, slot: FreedSlot, now: datetime) -> Appointment | None:
    length = visit.ends_at - visit.starts_at
    need = Need(slot.site, length, slot.clinician, visit)
    if slot.starts_at + length > slot.ends_at:
        return None
    chosen = Slot(slot.starts_at, slot.starts_at + length, slot.clinician_id)
    return another_time.move_to(visit, chosen, need, now=now, within_hours=False)


def _take_back_what_has_not_left(taken: SlotOffer, now: datetime) -> None:
    others = SlotOffer.objects.filter(slot=taken.slot_id).exclude(pk=taken.pk)
    messages = Message.objects.filter(pk__in=others.values("message"))
    outbox.withdraw(messages, reason=Reason.TOO_LATE, now=now)


def _ask_the_next_sooner(offer: SlotOffer, now: datetime) -> None:
    """Where everybody asked so far has answered, the next need not wait for the wave's end."""
    if not SlotOffer.objects.filter(slot=offer.slot_id, answered_at=None).exists():
        waiting = FreedSlot.objects.filter(pk=offer.slot_id, next_wave_at__gt=now)
        waiting.update(next_wave_at=now)
