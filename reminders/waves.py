"""Offers freed times to a few of the waiting list at a time, within caps and sending hours."""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from healthmsg.clinic import availability, opening
from healthmsg.clinic.availability import Need
from healthmsg.clinic.free_slots import Slot
from healthmsg.clinic.models import Discretion, Leave, Purpose, VisitStatus
from healthmsg.clinic.sending_hours import SendingHours, wall_clock
from reminders import last_look
from reminders.models import EarlierWish, FreedSlot, SlotEnd, SlotOffer
from reminders.timing import local_day
from reminders.waiting_list import TEMPLATE
from whatsapp import outbox
from whatsapp.draft import Draft, FromTemplate, Subject
from whatsapp.fill_ins import moment_in_words
from whatsapp.status import Lane, Status

# How many are asked at once, and how long they have before the next few are.
A_FEW = 3
EVERY = timedelta(minutes=15)
# What is hardly earlier is no offer.
WORTH = timedelta(hours=12)
# Of those who wait longest so many are looked at for each wave.
_LOOK_AT = 60


def offer_due(*, now: datetime, limit: int = 100) -> int:
    """Offer the times whose next wave is due; return how many people were asked."""
    due = FreedSlot.objects.filter(next_wave_at__lte=now).order_by("next_wave_at")
    return sum(_wave(pk, now) for pk in list(due.values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _wave(pk: int, now: datetime) -> int:
    """Ask the next few about one time; whoever died over it left nothing half done."""
    slot = (
        FreedSlot.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("clinic", "site__clinic", "clinician", "kind")
        .filter(pk=pk, next_wave_at__lte=now)
        .first()
    )
    if slot is None:
        return 0
    if slot.starts_at < now + slot.clinic.earlier_notice:
        return _end(slot, SlotEnd.TOO_LATE, now)
    opens = SendingHours.of(slot.clinic).next_open(now)
    if opens > now:
        slot.next_wave_at = opens
        slot.save(update_fields=["next_wave_at"])
        return 0
    if not _is_free(slot, Need(slot.site, slot.ends_at - slot.starts_at, slot.clinician), now):
        return _end(slot, SlotEnd.BOOKED, now)
    asked = [wish for wish in _next_few(slot, now) if _ask(wish, slot, now)]
    if not asked and not _somebody_thinks(slot, now):
        return _end(slot, SlotEnd.NOBODY, now)
    slot.waves += 1
    slot.next_wave_at = now + EVERY
    slot.save(update_fields=["waves", "next_wave_at"])
    return len(asked)


def _end(slot: FreedSlot, how: SlotEnd, now: datetime) -> int:
    slot.ended, slot.ended_at, slot.next_wave_at = how, now, None
    slot.save(update_fields=["ended", "ended_at", "next_wave_at"])
    return 0


def _is_free(slot: FreedSlot, need: Need, now: datetime) -> bool:
    """Say whether the time is nobody's yet, and somebody is there to see whoever takes it."""
    day = local_day(slot.starts_at, slot.site.zone)
    away = Leave.objects.filter(clinician=slot.clinician_id, first_day__lte=day, last_day__gte=day)
    if away.exists() or not opening.is_open_on(slot.site, day):
        return False
    wanted = Slot(slot.starts_at, slot.starts_at + need.length, slot.clinician_id)
    return availability.is_free(need, wanted, now=now, within_hours=False)


def _somebody_thinks(slot: FreedSlot, now: datetime) -> bool:
    lately = SlotOffer.objects.filter(slot=slot, answered_at=None, offered_at__gt=now - EVERY)
    return lately.exists()


def _next_few(slot: FreedSlot, now: datetime) -> list[EarlierWish]:
    """Return whom to ask next, those who wait longest first."""
    few: list[EarlierWish] = []
    # Brothers and sisters on one phone would compete with each other.
    asked = SlotOffer.objects.filter(slot=slot).values_list("message__phone", flat=True)
    phones: set[int | None] = set(asked)
    for wish in _fitting(slot, now)[:_LOOK_AT]:
        if len(few) == A_FEW:
            break
        length = wish.appointment.ends_at - wish.appointment.starts_at
        need = Need(slot.site, length, slot.clinician, wish.appointment)
        if _phone_of(wish) in phones or not _may_be_asked(wish, now):
            continue
        if _is_free(slot, need, now):
            few.append(wish)
            phones.add(_phone_of(wish))
    return few


def _phone_of(wish: EarlierWish) -> int | None:
    contact = wish.appointment.contact
    return contact.phone_id if contact else None


def _fitting(slot: FreedSlot, now: datetime) -> QuerySet[EarlierWish]:
    day = local_day(slot.starts_at, slot.site.zone)
    since = wall_clock(now.astimezone(slot.clinic.zone), time())
    today = SlotOffer.objects.filter(wish__patient=OuterRef("patient"), offered_at__gte=since)
    counted = today.order_by().values("wish__patient").annotate(n=Count("pk")).values("n")
    length = slot.ends_at - slot.starts_at
    return (
        EarlierWish.objects.filter(clinic=slot.clinic, kind=slot.kind, ended_at=None)
        .filter(Q(clinician=None) | Q(clinician=slot.clinician_id))
        .filter(Q(site=None) | Q(site=slot.site_id))
        .filter(Q(first_day=None) | Q(first_day__lte=day))
        .filter(Q(last_day=None) | Q(last_day__gte=day))
        .filter(
            appointment__status=VisitStatus.BOOKED, offers__lt=slot.clinic.earlier_offers_in_all
        )
        .filter(appointment__starts_at__gt=slot.starts_at + WORTH)
        .filter(appointment__ends_at__lte=F("appointment__starts_at") + length)
        .exclude(pk__in=SlotOffer.objects.filter(slot=slot).values("wish"))
        .annotate(today=Coalesce(Subquery(counted), 0))
        .filter(today__lt=slot.clinic.earlier_offers_a_day)
        .select_related(
            "appointment__clinic",
            "appointment__patient__clinic",
            "appointment__contact__phone",
            "appointment__site__clinic",
            "appointment__kind",
            "appointment__clinician",
        )
        .order_by("wished_at", "pk")
    )


def _may_be_asked(wish: EarlierWish, now: datetime) -> bool:
    """Ask the ledger before as well as in the claim: who may not be written to takes no turn."""
    visit = wish.appointment
    phone = visit.contact.phone if visit.contact else None
    if phone is None or last_look.of_patient(visit.patient, at=now):
        return False
    if last_look.discretion(visit) in (Discretion.NEVER, Discretion.CONTACT_US):
        return False
    return last_look.permission(visit.patient, phone, Purpose.APPOINTMENTS, at=now) is None


def _ask(wish: EarlierWish, slot: FreedSlot, now: datetime) -> bool:
    """Write to one patient; False where no message can be made of it."""
    until = min(now + 4 * EVERY, slot.starts_at - slot.clinic.earlier_notice / 2)
    message = outbox.queue(*_words(wish, slot, until), now=now)
    SlotOffer.objects.get_or_create(
        slot=slot, wish=wish, defaults={"message": message, "offered_at": now}
    )
    if message.status == Status.WITHHELD:
        SlotOffer.objects.filter(slot=slot, wish=wish).update(answered_at=now)
        return False
    EarlierWish.objects.filter(pk=wish.pk).update(offers=F("offers") + 1, last_offer_at=now)
    return True


def _words(wish: EarlierWish, slot: FreedSlot, until: datetime) -> tuple[Draft, FromTemplate]:
    """
    Return what is said: a template, also inside an open window.

    There it costs nothing, and the claim asks of a template what it asks of no answer: permission,
    and whether the visit is still the one it speaks of.
    """
    visit, contact = wish.appointment, wish.appointment.contact
    if contact is None or contact.phone is None:
        raise LookupError("nobody can be reached about this visit")
    draft = Draft(
        dedupe_key=f"freed:{slot.pk}:wish:{wish.pk}",
        clinic=visit.clinic,
        phone=contact.phone,
        lane=int(Lane.REMINDER),
        purpose=Purpose.APPOINTMENTS,
        expires_at=until,
        subjects=(Subject(visit.patient, contact, visit),),
        language=contact.language,
    )
    at = moment_in_words(slot.starts_at, zone=slot.site.zone, language=contact.language)
    return draft, FromTemplate((TEMPLATE,), {"earlier_when": at}, slot.site)
