"""Who may be written to about a patient, for what: the answers the sending itself will get."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet, Value
from django.utils.translation import gettext as _

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Change,
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

    @property
    def by_purpose(self) -> list[tuple[str, str]]:
        return list(zip(purposes(), self.marks, strict=True))


def purposes() -> list[str]:
    """Return the purposes in words, in the order of the marks."""
    return [str(purpose.label) for purpose in consent.LEDGER_PURPOSES]


@dataclass(frozen=True)
class Head:
    """One purpose, and the legal basis on which the clinic writes for it."""

    purpose: str
    basis: str  # "" where the clinic has not said
    note: str

    @property
    def basis_in_words(self) -> str:
        if not self.basis:
            return _("Legal basis not written down")
        words = _("Legal basis: %(basis)s") % {"basis": self.basis}
        return f"{words} ({self.note})" if self.note else words


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
    contacts = Contact.objects.filter(patient=patient).order_by("rank", "pk")
    return numbers_of(of_contacts(contacts, at=at))


def of_contacts(contacts: QuerySet[Contact], *, at: datetime) -> QuerySet[Contact]:
    """Read contacts together with how the permissions on their numbers stand."""
    asked = {
        f"stands_{purpose.lower()}": consent.standing_expression(
            patient=F("patient_id"), phone=F("phone_id"), purpose=Value(purpose), at=at
        )
        for purpose in consent.LEDGER_PURPOSES
    }
    return contacts.annotate(**asked).select_related("phone")


def numbers_of(contacts: Iterable[Contact]) -> list[NumberStanding]:
    """Return every number that `of_contacts` has read."""
    return [_number(contact) for contact in contacts if contact.phone]


@dataclass(frozen=True)
class Stop:
    """One number on which somebody asked us to stop, for this patient or for everybody."""

    number: str
    since: datetime
    purposes: str  # in words; "" where it is everything


def stops_of(
    standings: Iterable[NumberStanding], withdrawn_at: Mapping[int, datetime]
) -> list[Stop]:
    """
    Return the numbers that are stopped now, wholly or in part, each with since when.

    :param withdrawn_at: by the key of the number, when somebody last asked us to stop
    """
    stopped = [(one, _withdrawn(one.contact)) for one in standings]
    return [
        Stop(one.number, withdrawn_at[one.phone.pk], _in_words(purposes))
        for one, purposes in sorted(stopped, key=lambda told: told[0].phone.pk)
        if purposes and one.phone.pk in withdrawn_at
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
