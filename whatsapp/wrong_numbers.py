"""A person says whose a number is: somebody else's, or the patient's after all."""

from datetime import datetime

from django.db import transaction

from healthmsg.clinic import consent
from healthmsg.clinic.models import Phone, PhoneState
from whatsapp import outbox
from whatsapp.models import Message
from whatsapp.status import Reason


@transaction.atomic
def mark(phone: Phone, *, now: datetime) -> int:
    """
    Write no more to a number that belongs to somebody else, and take back what waits for it.

    It is no stop of the patient's: on a number of their own they are written to as before.
    Messages are taken back before the phone changes, the order in which receipts lock them.

    :returns: how many messages were taken back
    """
    withdrawn = outbox.withdraw(
        Message.objects.filter(phone=phone), reason=Reason.WRONG_PERSON, now=now
    )
    Phone.objects.filter(pk=phone.pk).exclude(state=PhoneState.WRONG_PERSON).update(
        state=PhoneState.WRONG_PERSON, state_changed_at=now
    )
    return len(withdrawn)


def clear(phone: Phone, *, now: datetime) -> bool:
    """
    Write to a number again that was checked: nothing has arrived on it yet.

    What it had stopped stays stopped. True where it had been marked.
    """
    state = PhoneState.STOPPED if consent.has_stopped(phone) else PhoneState.NEW
    return bool(
        Phone.objects.filter(pk=phone.pk, state=PhoneState.WRONG_PERSON).update(
            state=state, state_changed_at=now, failed_days=0, last_failed_on=None
        )
    )
