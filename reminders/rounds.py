"""How often times were offered for a visit, and who goes on where the patient does not."""

from datetime import datetime, timedelta

from django.db import transaction

from healthmsg.clinic.models import Answer, Appointment, VisitStatus
from reminders import booking
from reminders.models import OfferEnd, TimeOffer
from whatsapp.models import Reply, ReplyOutcome

# After so many lists without a time that suits, a person is asked.
MOST = 2
# Whoever has not gone on choosing by then is called.
LEFT_AFTER = timedelta(hours=1)


def begin(visit: Appointment, *, now: datetime) -> bool:
    """Count one more list; False where a person is to be asked, or was."""
    offer, _is_new = TimeOffer.objects.get_or_create(
        appointment=visit, version=visit.version, defaults={"touched_at": now}
    )
    if offer.rounds >= MOST or offer.ended == OfferEnd.PERSON:
        return False
    offer.rounds += 1
    offer.touched_at, offer.ended_at, offer.ended = now, None, ""
    offer.save()
    return True


def go_on(visit: Appointment, reply: Reply, *, now: datetime) -> None:
    """The patient goes on choosing; a person would begin with this message of theirs."""
    offer = TimeOffer.objects.filter(appointment=visit, version=visit.version).first()
    if offer is None or offer.ended == OfferEnd.PERSON:
        return
    if offer.ended == OfferEnd.LEFT:
        _nobody_has_to_call(offer)
    offer.touched_at, offer.reply, offer.ended_at, offer.ended = now, reply, None, ""
    offer.save()


def end(visit: Appointment, version: int, how: OfferEnd, *, now: datetime) -> bool:
    """End what is being offered; False where nothing was."""
    offers = TimeOffer.objects.filter(appointment=visit, version=version)
    if how == OfferEnd.MOVED:
        for left in offers.filter(ended=OfferEnd.LEFT):
            _nobody_has_to_call(left)
    return offers.filter(ended_at=None).update(ended_at=now, ended=how) > 0


def take_up_left(*, now: datetime, limit: int = 500) -> int:
    """Hand those who stopped choosing to a person; return how many offers ended."""
    left = TimeOffer.objects.filter(ended_at=None, touched_at__lte=now - LEFT_AFTER)
    ids = left.order_by("touched_at").values_list("pk", flat=True)[:limit]
    return sum(_take_up(pk, now) for pk in list(ids))


def _nobody_has_to_call(offer: TimeOffer) -> None:
    if offer.reply_id is not None:
        Reply.objects.filter(pk=offer.reply_id, read_at=None).update(needs_person_at=None)


@transaction.atomic
def _take_up(pk: int, now: datetime) -> bool:
    """End one offer under the visit's lock, as a tap would."""
    offer = TimeOffer.objects.select_related("appointment").get(pk=pk)
    visit = booking.locked(offer.appointment)
    stands = visit.version == offer.version and visit.status == VisitStatus.BOOKED
    is_open = stands and visit.starts_at > now and visit.answer == Answer.WANTS_ANOTHER_TIME
    how = OfferEnd.LEFT if is_open else OfferEnd.CHANGED
    still = TimeOffer.objects.filter(pk=pk, ended_at=None, touched_at__lte=now - LEFT_AFTER).update(
        ended_at=now, ended=how
    )
    if still and is_open and offer.reply_id:
        Reply.objects.filter(pk=offer.reply_id).update(
            needs_person_at=now, outcome=ReplyOutcome.WANTS_ANOTHER_TIME
        )
    return bool(still)
