"""Who may be written to about a patient, for what: the answers the sending itself will get."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Value
from django.utils.translation import gettext as _

from healthmsg.clinic import consent
from healthmsg.clinic.models import Change, Contact, Patient, Phone, PhoneState
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import Tone, mark

_TONES = {
    Change.GRANTED.value: Tone.GOOD,
    Change.DECLINED.value: Tone.BAD,
    Change.WITHDRAWN.value: Tone.BAD,
    Change.EXPIRED.value: Tone.ASKS,
    "": Tone.QUIET,
}


@dataclass(frozen=True)
class NumberStanding:
    """One number of a patient, and a mark for each purpose."""

    contact: Contact
    phone: Phone
    number: str
    marks: tuple[str, ...]
    is_stopped: bool


def purposes() -> list[str]:
    """Return the heads of the table, in the order of the marks."""
    return [str(purpose.label) for purpose in consent.LEDGER_PURPOSES]


def of_patient(patient: Patient, *, at: datetime) -> list[NumberStanding]:
    """Return every number with how the permissions stand; asks the database once."""
    asked = {
        f"stands_{purpose.lower()}": consent.standing_expression(
            patient=Value(patient.pk), phone=F("phone_id"), purpose=Value(purpose), at=at
        )
        for purpose in consent.LEDGER_PURPOSES
    }
    contacts = Contact.objects.filter(patient=patient, phone__isnull=False)
    rows = contacts.annotate(**asked).select_related("phone").order_by("rank", "pk")
    return [_number(contact) for contact in rows]


def standing_mark(standing: str) -> str:
    """Return how a permission stands, in words."""
    words = Change(standing).label if standing else _("never asked")
    return mark(words, _TONES.get(standing, Tone.QUIET))


def _number(contact: Contact) -> NumberStanding:
    phone = contact.phone
    if phone is None:
        raise LookupError("only contacts with a number stand here")
    marks = (getattr(contact, f"stands_{p.lower()}") for p in consent.LEDGER_PURPOSES)
    return NumberStanding(
        contact,
        phone,
        spoken(phone.number),
        tuple(map(standing_mark, marks)),
        phone.state == PhoneState.STOPPED,
    )
