"""What stands between a patient and her messages, and its mending in place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from healthmsg.clinic import consent, languages, typed_numbers
from healthmsg.clinic.models import (
    Change,
    Clinic,
    ConsentRecord,
    Contact,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
    Wording,
)
from healthmsg.clinic.phone import spoken
from healthmsg.desk import switches
from healthmsg.desk.agenda import put_off
from healthmsg.desk.agenda.telling import number_of
from healthmsg.desk.models import AskLater
from reminders import patients
from whatsapp import lifting, stopped
from whatsapp.models import Switch

YES, NO, LATER, NUMBER = "yes", "no", "later", "number"
ANSWERS = (YES, NO, LATER)


@dataclass(frozen=True)
class Reach:
    """How somebody would be reached about a patient's visits, and what is in the way."""

    contact: Contact | None
    number: str = ""
    language: str = ""  # in words
    is_to_be_asked: bool = False
    wording: Wording | None = None
    put_off: str = ""  # since when and by whom, in words
    wants_number: str = ""  # why another number is needed


@dataclass(frozen=True)
class Stop:
    """Why nothing leaves at the moment: said, not mended here."""

    since: datetime
    why: str
    ends: str


def reach(patient: Patient, contact: Contact | None, *, at: datetime) -> Reach:
    """Return how she is reached, by what the sending itself will ask."""
    if contact is None:
        return Reach(None)
    phone = contact.phone
    language = languages.in_words(contact.language)
    if phone is None:
        return Reach(contact, language=language, wants_number=_("There is no number to write to."))
    number = spoken(phone.number)
    if phone.state == PhoneState.WRONG_PERSON:
        return Reach(
            contact, number, language, wants_number=_("This number belongs to somebody else.")
        )
    standing, wording = _standing(patient, contact, phone, at)
    wants = _("Messages to this number have not arrived lately.")
    return Reach(
        contact,
        number,
        language,
        is_to_be_asked=standing in ("", Change.EXPIRED),
        wording=wording,
        put_off=put_off.of(patient),
        wants_number=wants if phone.state == PhoneState.FAILING else "",
    )


def stop_of(clinic_id: int) -> Stop | None:
    """Return what keeps every message waiting now, whoever it is to."""
    held = stopped.for_reminders(clinic_id)
    if held is None or held.held_at is None:
        return None
    return Stop(since=held.held_at, why=lifting.why(held), ends=_ends(held))


def _ends(held: stopped.Stopped) -> str:
    return switches.what_lifts(held) if isinstance(held, Switch) else lifting.what_lifts(held)


def contacts_of(patient: Patient, *, at: datetime) -> QuerySet[Contact]:
    """Return who can be told, with how a permission stands and what would be read aloud."""
    words = _wordings(patient.clinic, OuterRef("language"))
    return patient.contacts.select_related("phone").annotate(
        its_standing=consent.standing_expression(
            patient=F("patient"), phone=F("phone"), purpose=Value(Purpose.APPOINTMENTS), at=at
        ),
        its_words=Subquery(
            words.values(json=JSONObject(id="id", language="language", text="text"))[:1]
        ),
    )


@transaction.atomic
def mend(
    patient: Patient, contact: Contact, values: Mapping[str, str], *, by: StaffUser, now: datetime
) -> int | None:
    """
    Do what reception has chosen beside a blocker: `fix` of the form.

    :returns: the key of the line of the ledger of a yes, whose receipt can be printed or sent
    :raises ValidationError: the number cannot be; nothing was changed
    """
    fix = values.get("fix", "")
    receipt = None
    if fix == NUMBER:
        _renumber(contact, number_of(values.get("number", "").strip(), patient.clinic), now)
    elif fix == LATER:
        patient.ask_later, _is_new = AskLater.objects.update_or_create(
            patient=patient, defaults={"put_off_at": now, "put_off_by": by}
        )
        return None
    elif fix in (YES, NO) and contact.phone is not None:
        line = _write_down(patient, contact, contact.phone, says_yes=fix == YES, by=by, now=now)
        receipt = line.pk if fix == YES else None
    patients.replan_future(patient, now=now)
    return receipt


def _write_down(
    patient: Patient,
    contact: Contact,
    phone: Phone,
    *,
    says_yes: bool,
    by: StaffUser,
    now: datetime,
) -> ConsentRecord:
    evidence = consent.Evidence(
        how=GivenHow.AT_DESK,
        given_by=contact.relationship,
        recorded_by=by,
        wording=_wording(patient.clinic, contact.language),
    )
    verb = consent.grant if says_yes else consent.decline
    (line,) = verb(patient, phone, [Purpose.APPOINTMENTS], evidence=evidence, at=now)
    AskLater.objects.filter(patient=patient).delete()
    return line


def _renumber(contact: Contact, number: str, now: datetime) -> None:
    clinic = contact.patient.clinic
    phone = typed_numbers.take(clinic, number, key=settings.NUMBERS_KEY, now=now)
    twin = Contact.objects.filter(patient=contact.patient, phone=phone).exclude(pk=contact.pk)
    if twin.exists():
        raise ValidationError(_("This patient already has a contact on this number."))
    contact.phone = phone
    contact.save(update_fields=["phone"])


def _standing(
    patient: Patient, contact: Contact, phone: Phone, at: datetime
) -> tuple[str, Wording | None]:
    """Return how the permission stands, and where nobody asked yet the words to ask with."""
    if hasattr(contact, "its_standing"):
        words = getattr(contact, "its_words", None)
        standing, wording = str(contact.its_standing), Wording(**words) if words else None
        return standing, None if standing else wording
    standing = consent.standing(patient, phone, Purpose.APPOINTMENTS, at=at)
    return standing, None if standing else _wording(patient.clinic, contact.language)


def _wording(clinic: Clinic, language: str) -> Wording | None:
    return _wordings(clinic, language).first()


def _wordings(clinic: Clinic, language: str | OuterRef) -> QuerySet[Wording]:
    """The newest words in her language, then those in the clinic's first one."""
    known = Wording.objects.filter(clinic=clinic, language__in=[language, clinic.languages[0]])
    is_hers = ExpressionWrapper(Q(language=language), BooleanField())
    return known.alias(is_hers=is_hers).order_by("-is_hers", "-version")
