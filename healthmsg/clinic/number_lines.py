"""What a number itself has said, for everybody on it: lines of the ledger without a patient."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from healthmsg.clinic.models import Change, ConsentRecord, Contact, Patient, Phone, Purpose
from healthmsg.clinic.phone import same_number


def rows_of(phone: Phone) -> list[Phone]:
    """
    Return the phone, and the one that its line has where it was written in another form too.

    Brazil's, Mexico's and Argentina's numbers came in two forms before they were known as one. In
    the order in which rows are locked.
    """
    forms = same_number(phone.number)[1:]
    others = Phone.objects.filter(clinic=phone.clinic_id, number__in=forms) if forms else ()
    return sorted([phone, *others], key=lambda row: row.pk)


def withdrawn(phone: Phone, *, before: datetime | None = None) -> dict[Purpose, datetime]:
    """
    Return the purposes the number asked us to stop, each with since when.

    :param before: as it stood just before that moment
    """
    said = newest(phone, before=before)
    return {p: line.given_at for p, line in said.items() if line.change == Change.WITHDRAWN}


def newest(phone: Phone, *, before: datetime | None = None) -> dict[Purpose, ConsentRecord]:
    """Return the number's own last word about each purpose; `before` as with `withdrawn`."""
    lines = counting().filter(phone=phone, patient=None)
    if before is not None:
        lines = lines.filter(given_at__lt=before)
    last = lines.order_by("purpose", "-given_at", "-pk").distinct("purpose")
    return {Purpose(line.purpose): line for line in last}


def allows_team(phone: Phone) -> bool:
    """True while somebody of the staff takes notices about their own list on this number."""
    lines = counting().filter(phone=phone, patient=None, purpose=Purpose.TEAM)
    last = lines.order_by("-given_at", "-pk").first()
    return last is not None and last.change == Change.GRANTED


def who_had_allowed(phone: Phone, purpose: Purpose, *, at: datetime) -> list[Patient]:
    """Return the patients on the number who said yes last, leaving the number's stops aside."""
    stops = counting().filter(phone=phone, patient=None, purpose=purpose, change=Change.WITHDRAWN)
    own = counting().filter(phone=phone, patient=OuterRef("pk"), purpose=purpose)
    own = own.exclude(change=Change.WITHDRAWN, given_at__in=stops.values("given_at"))
    last = own.order_by("-given_at", "-pk").values("pk")[:1]
    yes = ConsentRecord.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=at), phone=phone, change=Change.GRANTED
    )
    reached = Contact.objects.filter(phone=phone).values("patient_id")
    patients = Patient.objects.filter(pk__in=reached).annotate(last_said=Subquery(last))
    return list(patients.filter(last_said__in=yes.values("pk")).order_by("pk"))


def of_one_act(record: ConsentRecord) -> list[ConsentRecord]:
    """
    Return the lines a number's word wrote together with this one; else this one alone.

    A stop speaks of every purpose at once, and is one word; a yes is a word about each purpose.
    It is written on every row that the number has.
    """
    together = counting().filter(
        phone__in=rows_of(record.phone),
        change=record.change,
        given_at=record.given_at,
        given_how=record.given_how,
        recorded_by=record.recorded_by_id,
    )
    if record.change != Change.WITHDRAWN:
        together = together.filter(purpose=record.purpose)
    lines = list(together.order_by("pk"))
    return lines if any(line.patient_id is None for line in lines) else [record]


def counting() -> QuerySet[ConsentRecord]:
    """Return the lines that count: neither corrected nor a correction."""
    corrected = Exists(ConsentRecord.objects.filter(corrects=OuterRef("pk")))
    return ConsentRecord.objects.exclude(change=Change.ENTERED_IN_ERROR).exclude(corrected)
