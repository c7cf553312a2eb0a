"""The whole wording of a permission, sent to whoever would rather read it than hear it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    AuditVerb,
    Change,
    Contact,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    Wording,
)
from healthmsg.cockpit import recording
from healthmsg.desk.proof import receipts
from whatsapp import answers, outbox
from whatsapp.draft import Draft, FreeText, Subject
from whatsapp.models import Message
from whatsapp.status import Lane, Reason


@dataclass(frozen=True)
class Way:
    """How the words could be sent now: what is to be queued, or why nothing is."""

    draft: Draft | None = None
    why_not: str = ""


def sent_before(wording: Wording, contact: Contact) -> Message | None:
    """Return the message in which these words went to this number, if they did."""
    if contact.phone is None:
        return None
    return Message.objects.filter(dedupe_key=_key(wording, contact.patient, contact.phone)).first()


def way(wording: Wording, contact: Contact, *, now: datetime) -> Way:
    """Return how the words may go to a contact now; only into a conversation that is open."""
    phone = contact.phone
    if phone is None:
        return Way(why_not=_("There is no number to write to."))
    if phone.state == PhoneState.WRONG_PERSON:
        return Way(why_not=_("This number belongs to somebody else: nothing is sent to it."))
    standing = consent.standing(contact.patient, phone, Purpose.APPOINTMENTS, at=now)
    if standing not in ("", Change.EXPIRED):
        return Way(why_not=_("They have already answered what it asks."))
    talk = receipts.open_conversation(phone, now=now)
    if talk is None:
        return Way(
            why_not=_("WhatsApp lets us send it only within a day of their own last message.")
        )
    draft = Draft(
        dedupe_key=_key(wording, contact.patient, phone),
        clinic=wording.clinic,
        phone=phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        expires_at=talk.last_inbound_at + answers.WINDOW,
        subjects=(Subject(contact.patient, contact),),
        language=wording.language,
        sender=talk.sender,
    )
    if outbox.preview(draft, FreeText(wording.text), now=now).reason == Reason.TOO_LONG:
        return Way(why_not=_("It is too long for one message of WhatsApp."))
    return Way(draft)


@transaction.atomic
def send(request: HttpRequest, wording: Wording, contact: Contact, *, now: datetime) -> str:
    """
    Send the words, once, and note who did.

    :returns: why nothing was sent; "" where it was, now or before
    """
    if sent_before(wording, contact) is not None:
        return ""
    found = way(wording, contact, now=now)
    if found.draft is None:
        return found.why_not
    message = outbox.queue(found.draft, FreeText(wording.text), now=now)
    told: dict[str, Any] = {"wording": wording.pk, "version": wording.version}
    recording.did(request, [message], AuditVerb.INSERT, after=told)
    return ""


def _key(wording: Wording, patient: Patient, phone: Phone) -> str:
    return f"wording:{wording.pk}:{patient.pk}:{phone.pk}"
