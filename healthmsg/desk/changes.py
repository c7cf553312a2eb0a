"""What people changed about a patient, line by line, as the sealed book and its notes tell it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import chain
from typing import Any

from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from healthmsg import dates
from healthmsg.clinic import languages
from healthmsg.clinic.models import (
    Answer,
    Appointment,
    AuditVerb,
    Contact,
    Patient,
    PatientState,
    Phone,
    PhoneState,
    VisitStatus,
)
from healthmsg.desk import audit_book
from healthmsg.desk.audit_book import PHONE, VACCINE, Book, Told
from healthmsg.desk.audit_words import column_in_words

_VISIT = "clinic.appointment"
_PATIENT, _CONTACT, _DOSE = "clinic.patient", "clinic.contact", "clinic.immunisation"
_OF_PATIENT = (_VISIT, _PATIENT, _CONTACT, _DOSE)
# What a visit's own lines say in words of their own, or what says nothing to people.
_TOLD = {"starts_at", "ends_at", "status", "cancel_reason", "answer", "answered_at", "version"}
_UNTOLD = {"rank", "until_by_age", "is_told_elsewhere", "recorded_at", "recorded_by_id", "wa_id"}


@dataclass(frozen=True)
class Change:
    """One thing that somebody did; programs did what names nobody."""

    at: datetime
    kind: str
    what: str
    link: str = ""


def of_patient(patient: Patient, visits: Iterable[Appointment]) -> tuple[list[Change], set[int]]:
    """
    Return what was changed about a patient and these visits of theirs.

    :returns: the changes, and the keys of the visits whose booking is among them
    """
    phones = Phone.objects.filter(contacts__patient=patient)
    numbers = Q(model=PHONE, row_id__in=phones.values(key=Cast("pk", CharField())))
    mine = Q(patient_id=patient.pk, model__in=_OF_PATIENT)
    book = audit_book.read([mine, numbers])
    told = chain(
        *(_of_visit(book, visit) for visit in visits),
        _of_person(book, patient),
        *(_of_contact(book, one) for one in book.of(_CONTACT)),
        *(_of_dose(book, one) for one in book.of(_DOSE)),
        *(_of_phone(book, one) for one in book.of(PHONE)),
    )
    return list(told), _booked(book)


def of_visit(visit: Appointment) -> tuple[list[Change], set[int]]:
    """Return the same of one visit."""
    book = audit_book.read([Q(patient_id=visit.patient_id, model=_VISIT, row_id=str(visit.pk))])
    return list(_of_visit(book, visit)), _booked(book)


def _booked(book: Book) -> set[int]:
    return {one.key for one in book.of(_VISIT) if one.line.verb == AuditVerb.INSERT}


def _of_visit(book: Book, visit: Appointment) -> Iterator[Change]:
    """Read a visit's lines from now back to its booking: each has the time that stood then."""
    link = reverse("admin:clinic_appointment_change", args=[visit.pk])
    starts_at = visit.starts_at
    status_at: datetime | None = visit.status_changed_at

    def change(told: Told, at: datetime | None, words: str) -> Change:
        return Change(at or told.line.at, "visit", words + book.by(told), link)

    for told in book.of(_VISIT, visit.pk):
        then = moment(starts_at, visit)
        if told.line.verb == AuditVerb.INSERT:
            words = _("Booked for %(when)s") % {"when": then}
            yield change(told, _at(told.after, "booked_at"), words)
            continue
        if "status" in told.after:
            # The clinic's own clock, which the last change alone has left.
            is_last, status_at = status_at, None
            yield change(told, is_last, _status(told, then))
        if told.after.get("answer", Answer.NONE) != Answer.NONE:
            words = _("Answer about %(when)s: %(answer)s")
            words %= {"when": then, "answer": Answer(told.after["answer"]).label}
            yield change(told, _at(told.after, "answered_at"), words)
        if was := _at(told.before, "starts_at"):
            words = _("Moved from %(was)s to %(when)s")
            yield change(told, None, words % {"was": moment(was, visit), "when": then})
            starts_at = was
        if others := _columns(Appointment, told, _TOLD):
            words = _("Visit of %(when)s changed: %(what)s")
            yield change(told, None, words % {"when": then, "what": others})


def _status(told: Told, when: str) -> str:
    status = VisitStatus(told.after["status"])
    words = _("Visit of %(when)s: %(status)s") % {"when": when, "status": status.label}
    reason = told.after.get("cancel_reason")
    return f"{words}: {reason}" if reason else words


def _of_person(book: Book, patient: Patient) -> Iterator[Change]:
    state_at = patient.state_changed_at
    for told in book.of(_PATIENT):
        if told.line.verb == AuditVerb.INSERT:
            yield Change(told.line.at, "person", _("Written down") + book.by(told))
            continue
        if "state" in told.after:
            is_last, state_at = state_at, None
            yield Change(is_last or told.line.at, "person", _state(told) + book.by(told))
        elif "erased_at" not in told.after and (what := _columns(Patient, told, _STATE)):
            words = _("Changed: %(what)s") % {"what": what}
            yield Change(told.line.at, "person", words + book.by(told))


_STATE = {"state", "state_reason", "paused_until"}
_STATES: Mapping[str, Callable[[], str]] = {
    PatientState.ACTIVE: lambda: _("Is our patient, and is written to again"),
    PatientState.PAUSED: lambda: _("Paused"),
    PatientState.DECEASED: lambda: _("Has died"),
    PatientState.GONE: lambda: _("Is no longer our patient"),
}


def _state(told: Told) -> str:
    words = _STATES[told.after["state"]]()
    until = parse_date(told.after.get("paused_until") or "")
    if until and told.after["state"] == PatientState.PAUSED:
        words = _("Paused until %(day)s") % {"day": formats.date_format(until, "DATE_FORMAT")}
    reason = told.after.get("state_reason")
    return f"{words}: {reason}" if reason else words


def _of_contact(book: Book, told: Told) -> Iterator[Change]:
    name = told.after.get("name") or told.before.get("name") or ""
    if told.line.verb == AuditVerb.INSERT:
        words = _("Contact entered: %(name)s") % {"name": name}
    elif told.line.verb == AuditVerb.DELETE:
        words = _("Contact removed: %(name)s") % {"name": name}
    elif "language" in told.after:
        spoken = [languages.in_words(one["language"]) for one in (told.before, told.after)]
        words = _("Language changed: %(was)s → %(is)s") % {"was": spoken[0], "is": spoken[1]}
    elif "phone_id" in told.after:
        words = _("Number changed") if told.after["phone_id"] else _("Number taken away")
    elif what := _columns(Contact, told, set()):
        words = _("Contact changed: %(what)s") % {"what": what}
    else:
        return
    yield Change(told.line.at, "person", words + book.by(told))


def _of_dose(book: Book, told: Told) -> Iterator[Change]:
    name = _vaccine(book, told.key) or _("a vaccine")
    if told.line.verb == AuditVerb.INSERT:
        given = parse_date(told.after.get("given_on") or "")
        words = _("Dose written down: %(vaccine)s") % {"vaccine": name}
        words += f", {formats.date_format(given, 'DATE_FORMAT')}" if given else ""
        at = _at(told.after, "recorded_at")
    elif told.line.verb == AuditVerb.DELETE or told.after.get("entered_in_error_at"):
        words, at = _("Dose was entered by mistake: %(vaccine)s") % {"vaccine": name}, None
    else:
        words, at = _("Dose corrected: %(vaccine)s") % {"vaccine": name}, None
    yield Change(at or told.line.at, "person", words + book.by(told))


def _vaccine(book: Book, dose: int) -> str:
    """Return what a dose was of; its later lines name no vaccine."""
    for told in book.of(_DOSE, dose):
        if key := told.after.get("vaccine_id") or told.before.get("vaccine_id"):
            return book.names.get((VACCINE, key), "")
    return ""


def _of_phone(book: Book, told: Told) -> Iterator[Change]:
    says: dict[str, str] = defaultdict(str)
    says[PhoneState.WRONG_PERSON] = _("Number %(number)s marked as somebody else's")
    says[PhoneState.STOPPED] = _("Number %(number)s stopped")
    words = says[told.after.get("state", "")]
    if not words and told.before.get("state") in says:
        words = _("Number %(number)s is written to again")
    if words:
        number = Phone(number=book.names.get((PHONE, told.key), "")).masked
        words %= {"number": f"\u2066{number}\u2069"}
        yield Change(told.line.at, "person", words + book.by(told))


def _columns(model: Any, told: Told, but: set[str]) -> str:
    """Return the names of what was changed besides."""
    names = {*told.before, *told.after} - but - _UNTOLD
    return ", ".join(column_in_words(model, one) for one in sorted(names))


def _at(columns: Mapping[str, Any], name: str) -> datetime | None:
    return parse_datetime(columns.get(name) or "")


def moment(at: datetime, visit: Appointment) -> str:
    """Return a moment as the clocks at the visit's site show it."""
    return moment_in(at, visit.site.zone)


def moment_in(at: datetime, zone: tzinfo) -> str:
    local = timezone.localtime(at, zone)
    return dates.written(local.replace(tzinfo=None), "D, j N Y, H:i")
