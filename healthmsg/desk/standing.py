"""Who may be written to about a patient, for what: the answers the sending itself will get."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Q, Value
from django.utils.translation import gettext as _

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Change,
    ConsentRecord,
    Contact,
    LegalBasis,
    Patient,
    Phone,
    PhoneState,
    Purpose,
)
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
    """Return the purposes in words, in the order of the marks."""
    return [str(purpose.label) for purpose in consent.LEDGER_PURPOSES]


@dataclass(frozen=True)
class Head:
    """One purpose, and the legal basis on which the clinic writes for it."""

    purpose: str
    basis: str  # "" where the clinic has not said
    note: str


def heads(clinic_id: int) -> list[Head]:
    """Return the heads of the table, in the order of the marks."""
    said = {one.purpose: one for one in LegalBasis.objects.filter(clinic=clinic_id)}
    return [_head(purpose, said.get(purpose.value)) for purpose in consent.LEDGER_PURPOSES]


def _head(purpose: Purpose, said: LegalBasis | None) -> Head:
    if said is None:
        return Head(str(purpose.label), "", "")
    return Head(str(purpose.label), said.get_basis_display(), said.note)


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


@dataclass(frozen=True)
class Stop:
    """One number on which somebody asked us to stop, for this patient or for everybody."""

    number: str
    since: datetime
    purposes: str  # in words; "" where it is everything


def stops_of(patient: Patient, standings: Iterable[NumberStanding]) -> list[Stop]:
    """Return the numbers that are stopped now, wholly or in part, each with since when."""
    stopped = {one.phone.pk: (one, _withdrawn(one.contact)) for one in standings}
    stopped = {pk: told for pk, told in stopped.items() if told[1]}
    if not stopped:
        return []
    lines = ConsentRecord.objects.filter(
        Q(patient=patient) | Q(patient=None), phone__in=stopped, change=Change.WITHDRAWN
    )
    newest = lines.values_list("phone").annotate(since=Max("given_at")).order_by("phone")
    return [
        Stop(stopped[phone][0].number, since, _in_words(stopped[phone][1]))
        for phone, since in newest
    ]


def _withdrawn(contact: Contact) -> list[Purpose]:
    return [
        purpose
        for purpose in consent.LEDGER_PURPOSES
        if getattr(contact, f"stands_{purpose.lower()}") == Change.WITHDRAWN
    ]


def _in_words(purposes: list[Purpose]) -> str:
    everything = len(purposes) == len(consent.LEDGER_PURPOSES)
    return "" if everything else ", ".join(str(purpose.label) for purpose in purposes)


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
