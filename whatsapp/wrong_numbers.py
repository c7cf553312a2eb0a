"""A person says whose a number is: somebody else's, or the patient's after all."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from healthmsg.clinic import consent, number_lines
from healthmsg.clinic.models import Phone, PhoneState, StaffUser
from healthmsg.clinic.signals import stop_written
from whatsapp import incidents, outbox
from whatsapp.models import IncidentCause, IncidentEnd, Message, Reply
from whatsapp.status import Reason

_STOPPED = (PhoneState.WRONG_PERSON, PhoneState.FAILING)


@transaction.atomic
def mark(
    phone: Phone,
    *,
    now: datetime,
    cause: IncidentCause = IncidentCause.SAID_AT_DESK,
    reply: Reply | None = None,
    new_number: str = "",
) -> int:
    """
    Write no more to a number that belongs to somebody else, and take back what waits for it.

    It is no stop of the patient's: on a number of their own they are written to as before. It
    opens a task, which lists what had been sent there. Messages are taken back before the phone
    changes, the order in which receipts lock them.

    :returns: how many messages were taken back
    """
    rows = number_lines.rows_of(phone)
    withdrawn = outbox.withdraw(
        Message.objects.filter(phone__in=rows), reason=Reason.WRONG_PERSON, now=now
    )
    for row in rows:
        Phone.objects.filter(pk=row.pk).exclude(state=PhoneState.WRONG_PERSON).update(
            state=PhoneState.WRONG_PERSON, state_changed_at=now
        )
        incidents.begin(row, cause, now=now, reply=reply, new_number=new_number)
    stop_written.send(sender=Phone)
    return len(withdrawn)


@transaction.atomic
def clear(phone: Phone, *, now: datetime, by: StaffUser | None = None) -> bool:
    """
    Write to a number again that was checked: nothing has arrived on it yet.

    What it had stopped stays stopped. True where it had been marked, or was not reached.
    """
    # Of each row of the line, whatever had become of another.
    cleared = [_clear(row, now=now, by=by) for row in number_lines.rows_of(phone)]
    return any(cleared)


def _clear(phone: Phone, *, now: datetime, by: StaffUser | None) -> bool:
    state = PhoneState.STOPPED if consent.has_stopped(phone) else PhoneState.NEW
    changed = Phone.objects.filter(pk=phone.pk, state__in=_STOPPED).update(
        state=state, state_changed_at=now, failed_days=0, last_failed_on=None
    )
    settled = incidents.settle(phone.pk, IncidentEnd.IS_RIGHT, by=by, now=now)
    return bool(changed) or settled


def hear_again(phone: Phone, *, now: datetime) -> bool:
    """Note that somebody wrote from a number that was not reached: it works."""
    state = PhoneState.STOPPED if consent.has_stopped(phone) else PhoneState.REACHED
    failing = Phone.objects.filter(Q(state=PhoneState.FAILING) | Q(failed_days__gt=0), pk=phone.pk)
    failing.update(failed_days=0, last_failed_on=None)
    works = Phone.objects.filter(pk=phone.pk, state=PhoneState.FAILING).update(
        state=state, state_changed_at=now
    )
    return bool(works) and incidents.settle(phone.pk, IncidentEnd.WORKS_AGAIN, by=None, now=now)
