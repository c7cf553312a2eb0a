"""What proves the permissions of one patient, kind by kind; nothing of others on the number."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic import consent, proof
from healthmsg.clinic.models import (
    Change,
    ConsentRecord,
    Contact,
    LegalBasis,
    Phone,
    Purpose,
    Relationship,
    StaffUser,
    Wording,
)
from healthmsg.desk.privacy import retention
from healthmsg.desk.privacy.known import Rows, Subject
from healthmsg.desk.proof.models import PermissionCode
from healthmsg.desk.proof.standing_then import Ledger
from whatsapp.models import AlsoAbout, Message, Reply, ReplyOutcome
from whatsapp.status import Status

_OTHERS = gettext_lazy("(on a number that others share, so these words are not in this proof)")
_SAID = (
    ReplyOutcome.STOPPED,
    ReplyOutcome.STOPPED_FOR_ONE,
    ReplyOutcome.KEPT,
    ReplyOutcome.PERMITTED,
)


def lines_of(subject: Subject) -> list[ConsentRecord]:
    """Return every line that speaks for the patient, the oldest first."""
    reached = Contact.objects.filter(patient__in=subject.records).values("phone_id")
    theirs = Q(patient__in=subject.records) | Q(patient=None, phone__in=reached)
    lines = ConsentRecord.objects.filter(theirs).order_by("given_at", "pk")
    lines = lines.annotate(replaced_until=retention.replaced_until(subject.patient))
    return list(lines.select_related("wording", "evidence", "phone", "recorded_by"))


def replaced_until(ledger: Iterable[ConsentRecord]) -> datetime | None:
    """Return until when lines that others replaced may have been removed; None: none were."""
    return next((line.replaced_until for line in ledger), None)  # type: ignore[attr-defined]


def standings(subject: Subject, *, now: datetime) -> Rows:
    """Return how each purpose stands on each number, as the sending itself is answered."""
    contacts = Contact.objects.filter(patient=subject.patient).exclude(phone=None)
    bases = {one.purpose: one for one in LegalBasis.objects.filter(clinic=subject.patient.clinic)}
    rows: Rows = []
    for contact in contacts.select_related("phone").order_by("rank", "pk"):
        asked = [(purpose, now) for purpose in consent.LEDGER_PURPOSES]
        answers = consent.standings(subject.patient, contact.phone_id or 0, asked)
        for (purpose, _at), stands in zip(asked, answers, strict=True):
            rows.append(
                {
                    "number": _number(contact.phone, subject),
                    "of": contact.get_relationship_display(),
                    "for": Purpose(purpose).label,
                    "stands": Change(stands).label if stands else _("never asked"),
                    "legal_basis": _basis(bases.get(purpose)),
                }
            )
    return rows


def lines(subject: Subject, ledger: Iterable[ConsentRecord]) -> Rows:
    known = list(ledger)
    corrected = {line.corrects_id: line.pk for line in known if line.corrects_id}
    words = proof.read(known)
    return [_line(line, subject, corrected.get(line.pk), words.get(line.pk, "")) for line in known]


def _line(
    line: ConsentRecord, subject: Subject, corrected_by: int | None, words: str
) -> dict[str, Any]:
    evidence = getattr(line, "evidence", None)
    is_theirs = line.patient_id is not None or line.phone_id in subject.own_phones
    return {
        "line": line.pk,
        "for": line.get_purpose_display(),
        "what": line.get_change_display(),
        "holds_for": _("this patient") if line.patient_id else _("everybody on the number"),
        "how": line.get_given_how_display(),
        "given_by": dict(Relationship.choices).get(line.given_by, line.given_by),
        "recorded_by": _name(line.recorded_by),
        "when": line.given_at,
        "recorded": line.recorded_at,
        "runs_out": line.expires_at,
        "takes_back_line": line.corrects_id,
        "taken_back_by_line": corrected_by,
        "number": _number(line.phone, subject),
        "wording": _version(line.wording) if line.wording else "",
        "evidence": words if is_theirs or not words else str(_OTHERS),
        "evidence_removed": evidence.blanked_at if evidence else None,
    }


def wordings(ledger: Iterable[ConsentRecord]) -> Rows:
    """Return the words agreed to, each once, as they are kept for ever."""
    used = {line.wording.pk: line.wording for line in ledger if line.wording}
    return [
        {
            "wording": _version(wording),
            "valid_from": wording.valid_from,
            "words": wording.text,
        }
        for _pk, wording in sorted(used.items())
    ]


def said(subject: Subject) -> Rows:
    """Return what they wrote themselves to allow or to stop, from numbers that are theirs alone."""
    replies = Reply.objects.filter(phone__in=subject.own_phones, outcome__in=_SAID)
    return [
        {
            "written": reply.written_at,
            "words": reply.text,
            "understood_as": reply.get_outcome_display(),
            "number": _number(reply.phone, subject),
            "whatsapp_id": reply.wamid,
            "words_removed": reply.words_removed_at,
        }
        for reply in replies.select_related("phone").order_by("written_at", "pk")
    ]


def codes(subject: Subject) -> Rows:
    """Return the codes that a phone of theirs sent back: shown by whom, for what, and when."""
    used = PermissionCode.objects.filter(patient__in=subject.records, used_at__isnull=False)
    return [
        {
            "code": code.code,
            "number": _number(code.phone, subject),
            "for": ", ".join(str(Purpose(purpose).label) for purpose in code.purposes),
            "wording": _version(code.wording),
            "shown_by": _name(code.made_by),
            "shown": code.made_at,
            "sent_back": code.reply.written_at if code.reply else code.used_at,
            "whatsapp_id": code.reply.wamid if code.reply else "",
        }
        for code in used.select_related("phone", "wording", "made_by", "reply").order_by("pk")
    ]


def messages(subject: Subject, ledger: Sequence[ConsentRecord]) -> Rows:
    """Return what left for the patient, each with the line that allowed it then."""
    known, gone = _by_record(subject, ledger), replaced_until(ledger)
    shared = AlsoAbout.objects.filter(patient__in=subject.records).values("message_id")
    left = Q(accepted_at__isnull=False) | Q(sent_at__isnull=False)
    left |= Q(delivered_at__isnull=False) | Q(status=Status.UNCERTAIN)
    rows = Message.objects.filter(Q(patient__in=subject.records) | Q(pk__in=shared))
    rows = rows.filter(left).exclude(purpose=Purpose.REPLY).defer("clear_payload")
    told = rows.select_related("phone").order_by("created_at", "pk")
    return [_message(row, subject, known, gone) for row in told]


def _by_record(subject: Subject, ledger: Iterable[ConsentRecord]) -> list[Ledger]:
    """Return what each record of the person was asked by, before they were put together too."""
    lines = list(ledger)
    return [
        Ledger.of(line for line in lines if line.patient_id in {None, record})
        for record in subject.records
    ]


def _message(
    row: Message, subject: Subject, ledgers: list[Ledger], gone: datetime | None
) -> dict[str, Any]:
    at = row.accepted_at or row.sent_at or row.delivered_at or row.created_at
    lines = (one.allowed_by(phone_id=row.phone_id, purpose=row.purpose, at=at) for one in ledgers)
    line = next(filter(None, lines), None)
    is_gone = gone is not None and at < gone
    without = _("none that is still kept") if is_gone else _("none of this ledger")
    is_alone = row.patient_id in subject.records and not row.is_shared
    return {
        "under_line": line.pk if line else without,
        "for": row.get_purpose_display(),
        "sent": at,
        "arrived": row.delivered_at,
        "read": row.read_at,
        "status": row.get_status_display(),
        "number": _number(row.phone, subject),
        "words": row.body if is_alone else _("(speaks of other people too)"),
        "words_removed": row.words_removed_at,
        "whatsapp_id": row.wamid,
    }


def _number(phone: Phone | None, subject: Subject) -> str:
    """Return a number in full only where nobody else is reached on it."""
    if phone is None:
        return ""
    return phone.number if phone.pk in subject.own_phones else phone.masked


def _version(wording: Wording) -> str:
    return _("version %(version)d, %(language)s") % {
        "version": wording.version,
        "language": wording.language,
    }


def _basis(said: LegalBasis | None) -> str:
    if said is None:
        return _("not written down")
    return f"{said.get_basis_display()} ({said.note})" if said.note else said.get_basis_display()


def _name(person: StaffUser | None) -> str:
    return (person.get_full_name() or person.get_username()) if person else ""
