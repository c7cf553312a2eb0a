"""The proof of one patient's permissions, to read and print or for another program."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import Patient, StaffUser
from healthmsg.desk.privacy import copying, known
from healthmsg.desk.privacy.known import Rows
from healthmsg.desk.proof import found

_TITLES = {
    "patient": gettext_lazy("Of whom"),
    "standings": gettext_lazy("How permissions stand now"),
    "ledger": gettext_lazy("Every line of the ledger"),
    "wordings": gettext_lazy("The words they agreed to"),
    "codes": gettext_lazy("Codes of the desk that their own phone sent back"),
    "said": gettext_lazy("What they wrote themselves"),
    "messages": gettext_lazy("What was sent, and under which line"),
}
_LABELS = {
    "given_name": gettext_lazy("Given name"),
    "family_name": gettext_lazy("Family name"),
    "birth_date": gettext_lazy("Birth date"),
    "identifier": gettext_lazy("Identifier"),
    "number": gettext_lazy("Number"),
    "of": gettext_lazy("Whose"),
    "for": gettext_lazy("For"),
    "stands": gettext_lazy("Now"),
    "legal_basis": gettext_lazy("Legal basis"),
    "code": gettext_lazy("Code"),
    "shown_by": gettext_lazy("Shown by"),
    "shown": gettext_lazy("Shown"),
    "sent_back": gettext_lazy("Sent back"),
    "line": gettext_lazy("Line"),
    "what": gettext_lazy("What"),
    "holds_for": gettext_lazy("Holds for"),
    "how": gettext_lazy("How"),
    "given_by": gettext_lazy("Given by"),
    "recorded_by": gettext_lazy("Written down by"),
    "when": gettext_lazy("When"),
    "recorded": gettext_lazy("Written down"),
    "runs_out": gettext_lazy("Runs out"),
    "takes_back_line": gettext_lazy("Marks as a mistake line"),
    "taken_back_by_line": gettext_lazy("Marked as a mistake by line"),
    "wording": gettext_lazy("Words agreed to"),
    "evidence": gettext_lazy("Evidence"),
    "evidence_removed": gettext_lazy("Evidence removed by policy"),
    "valid_from": gettext_lazy("Valid from"),
    "words": gettext_lazy("Words"),
    "written": gettext_lazy("Written"),
    "understood_as": gettext_lazy("Understood as"),
    "whatsapp_id": gettext_lazy("WhatsApp's id"),
    "words_removed": gettext_lazy("Words removed"),
    "under_line": gettext_lazy("Under line"),
    "sent": gettext_lazy("Sent"),
    "arrived": gettext_lazy("Arrived"),
    "read": gettext_lazy("Read"),
    "status": gettext_lazy("Status"),
}


def as_json(patient: Patient, *, by: StaffUser, now: datetime) -> str:
    """Return the proof for another program; moments in UTC, names of fields in English."""
    head = {"made_at": now, "made_by": by.get_username(), "clinic": patient.clinic.name}
    parts, gone = _parts(patient, now=now)
    proof = {**head, "replaced_lines_removed_before": gone, **parts}
    return json.dumps(proof, default=copying.plain, ensure_ascii=False, indent=2)


def as_page(patient: Patient, *, by: StaffUser, now: datetime) -> str:
    """Return the proof as one page to read and print, in the clinic's own time."""
    parts, gone = _parts(patient, now=now)
    with timezone.override(patient.clinic.zone):
        context = {
            "clinic": patient.clinic,
            "sections": [(_TITLES[key], [_shown(row) for row in parts[key]]) for key in _TITLES],
            "replaced_until": gone,
            "made_at": copying.read(now),
            "made_by": by.get_full_name() or by.get_username(),
            "language": translation.get_language(),
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
        }
        return render_to_string("proof/proof.html", context)


def _parts(patient: Patient, *, now: datetime) -> tuple[dict[str, Rows], datetime | None]:
    """Return the parts, and until when lines that others replaced may have been removed."""
    subject = copying.subject_of(patient)
    ledger = found.lines_of(subject)
    facts = ("given_name", "family_name", "birth_date", "identifier")
    parts = {
        "patient": [{fact: row[fact] for fact in facts} for row in known.person(subject)],
        "standings": found.standings(subject, now=now),
        "ledger": found.lines(subject, ledger),
        "wordings": found.wordings(ledger),
        "codes": found.codes(subject),
        "said": found.said(subject),
        "messages": found.messages(subject, ledger),
    }
    return parts, found.replaced_until(ledger)


def _shown(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(str(_LABELS[key]), copying.read(value)) for key, value in row.items() if value]
