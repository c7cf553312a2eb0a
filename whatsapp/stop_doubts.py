"""Words that may be a stop: campaigns to the number wait until a person has read them."""

from datetime import datetime

from django.db import transaction

from healthmsg.clinic import consent
from healthmsg.clinic.models import GivenHow, Phone, Purpose, StaffUser
from whatsapp import outbox
from whatsapp.models import Message, Reply, StopDoubt
from whatsapp.status import Reason


def note(reply: Reply, phone: Phone, *, now: datetime) -> bool:
    """Hold campaigns to the number from now on; False where they are held already."""
    _doubt, is_new = StopDoubt.objects.get_or_create(
        phone=phone,
        decided_at=None,
        defaults={"clinic_id": phone.clinic_id, "reply": reply, "since": now},
    )
    return is_new


def settle_by_stop(phone: Phone, *, now: datetime) -> None:
    """A plain stop came: there is nothing left to decide."""
    StopDoubt.objects.filter(phone=phone, decided_at=None).update(decided_at=now, was_stop=True)


@transaction.atomic
def decide(doubt: StopDoubt, *, was_stop: bool, by: StaffUser, now: datetime) -> bool:
    """
    Stop everything to the number, as whoever read it understood, or let campaigns go on.

    :returns: False where somebody had decided already
    """
    still_open = StopDoubt.objects.filter(pk=doubt.pk, decided_at=None)
    if not still_open.update(decided_at=now, decided_by=by, was_stop=was_stop):
        return False
    if was_stop and not consent.has_stopped(doubt.phone):
        waiting = Message.objects.filter(phone=doubt.phone).exclude(purpose=Purpose.REPLY)
        outbox.withdraw(waiting, reason=Reason.ASKED_US_TO_STOP, now=now)
        evidence = consent.Evidence(
            GivenHow.BY_MESSAGE,
            given_by="contact",
            recorded_by=by,
            text=f"message from a patient #{doubt.reply_id}, read by a person",
        )
        consent.stop(doubt.phone, evidence=evidence, at=now)
    return True
