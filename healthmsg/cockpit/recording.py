"""Who is at work, told to the database; and every look at patients and every export, noted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pghistory
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from pghistory.middleware import HistoryMiddleware

from healthmsg.clinic import audit
from healthmsg.clinic.models import (
    Appointment,
    AuditKind,
    AuditNote,
    AuditVerb,
    Contact,
    Patient,
    Phone,
)
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.cockpit.visitors import address_of

# A page of one row that concerns so many patients at most, as a household, is noted for each.
A_HOUSEHOLD = 8
_SETUP = "What a clinic sets up: it holds nothing of a patient."
_COUNTS = "Counts, states and kinds, without a patient."
# Pages are noted unless they stand here: a new one cannot be forgotten. By the resolver's name, or
# by the beginning of the names of all pages of one kind of row.
NOT_NOTED: dict[str, str] = {
    **dict.fromkeys(("home", "desk"), "Leads on."),
    **dict.fromkeys(
        (
            *("admin:index", "admin:app_list", "status", "after_silence", "overview", "trends"),
            *("setup", "kept", "standstill", "cancelled_lists"),
        ),
        _COUNTS,
    ),
    "admin:jsi18n": "Words of the screens.",
    **dict.fromkeys(
        (
            *("admin:login", "admin:logout", "admin:password_change"),
            *("admin:password_change_done", "sign_in_code", "sign_in_set_up"),
            *("sign_in_recovery", "sign_in_again", "sign_in_unsent"),
            "change_user",
        ),
        "Of whoever signs in; signing in and out is noted by itself.",
    ),
    "acknowledge": "An alarm by its secret address; nobody is signed in.",
    "another_time": "A patient's own page; no member of staff looks.",
    **{
        f"admin:{one}_": _SETUP
        for one in (
            *("clinic_clinic", "clinic_site", "clinic_clinician", "clinic_tag"),
            *("clinic_staffuser", "clinic_visitkind", "clinic_wording", "clinic_vaccine"),
            *("whatsapp_account", "whatsapp_portfolio", "whatsapp_sender", "whatsapp_binding"),
            *("whatsapp_template", "whatsapp_templatedraft", "whatsapp_headerfile"),
            *("whatsapp_savedanswer", "whatsapp_urgentword", "whatsapp_clinicwords"),
            *("whatsapp_menu", "whatsapp_switch", "reminders_reminderrule", "campaigns_rate"),
            *("campaigns_schedule", "campaigns_season", "campaigns_deputy", "desk_watcher"),
        )
    },
    "admin:whatsapp_starters": _SETUP,
    **{
        f"admin:{one}_": _COUNTS
        for one in ("desk_alarm", "whatsapp_breaker", "campaigns_audience", "campaigns_campaign")
    },
    "admin:django_celery_beat_": "What runs how often.",
}
# Inside those, pages that do show patients.
NOTED_ALL_THE_SAME = {"admin:campaigns_campaign_who", "admin:campaigns_audience_count"}


@dataclass
class Look:
    """What one request has shown so far."""

    patients: set[int] = field(default_factory=set)
    rows: int | None = None
    model: str = ""
    is_list: bool = False


class Recorded(HistoryMiddleware):
    """
    Tells the database who writes, and notes what was looked at when the page is ready.

    No page of a patient leaves the house without its note: what cannot be noted is not shown.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = super().__call__(request)  # type: ignore[no-untyped-call]
        if _is_to_be_noted(request, response):
            _write(request, response)
        return response

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk, "address": address_of(request)}

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _named: Any
    ) -> HttpResponse | None:
        pghistory.context(path=_name_of(request))
        return None


def shows(request: HttpRequest, rows: Iterable[Model], *, is_list: bool = False) -> None:
    """Say that a page shows these rows, of one kind; whose they are is found out here."""
    known = list(rows)
    look = _look_of(request)
    look.patients |= patients_of(known)
    if known:
        look.model = known[0]._meta.label_lower
    if is_list:
        look.is_list, look.rows = True, (look.rows or 0) + len(known)


def counts(request: HttpRequest, rows: int) -> None:
    """Say how many rows an export takes out, where that is known before it is written."""
    _look_of(request).rows = rows


def did(
    request: HttpRequest,
    rows: Iterable[Model],
    verb: AuditVerb,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Note what somebody did to rows of a patient whose table the database does not watch."""
    told = {
        "at": timezone.now(),
        "kind": AuditKind.CHANGE,
        "verb": verb,
        "by_id": request.user.pk,
        "address": address_of(request)[:45],
        "path": _name_of(request)[:120],
    }
    audit.note(
        [
            AuditNote(
                **told,
                model=row._meta.label_lower,
                row_id=str(row.pk),
                patient_id=getattr(row, "patient_id", None),
                clinic_id=_clinic_of(row),
                before=before,
                after=after,
            )
            for row in rows
        ]
    )


def _clinic_of(row: Model) -> int | None:
    """Return the clinic a row belongs to, by its own column or by its patient's."""
    own: int | None = getattr(row, "clinic_id", None)
    patient: Patient | None = None if own else getattr(row, "patient", None)
    return patient.clinic_id if patient else own


def patients_of(rows: list[Model]) -> set[int]:
    """Return the patients that rows of one kind concern: by themselves, a visit or a number."""
    if not rows:
        return set()
    if isinstance(rows[0], Patient):
        return {row.pk for row in rows}
    found = _numbers(rows, "patient_id")
    visits = _numbers(rows, "appointment_id") if not hasattr(rows[0], "patient_id") else set()
    phones = {row.pk for row in rows if isinstance(row, Phone)}
    if not hasattr(rows[0], "patient_id"):
        phones |= _numbers(rows, "phone_id")
    if visits:
        found |= set(Appointment.objects.filter(pk__in=visits).values_list("patient_id", flat=True))
    if phones:
        found |= set(Contact.objects.filter(phone__in=phones).values_list("patient_id", flat=True))
    return found


def is_noted(name: str) -> bool:
    """True for the pages whose looks are noted, by the resolver's name."""
    if name in NOTED_ALL_THE_SAME:
        return True
    return not any(name == one or (one.endswith("_") and name.startswith(one)) for one in NOT_NOTED)


def _numbers(rows: list[Model], name: str) -> set[int]:
    return {value for row in rows if (value := getattr(row, name, None)) is not None}


def _look_of(request: HttpRequest) -> Look:
    look: Look | None = getattr(request, "_look", None)
    if look is None:
        look = request._look = Look()  # type: ignore[attr-defined]
    return look


def _is_to_be_noted(request: HttpRequest, response: HttpResponseBase) -> bool:
    is_shown = request.resolver_match is not None and response.status_code == 200
    return is_shown and request.user.is_authenticated and is_noted(_name_of(request))


def _name_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.view_name if match else ""


def _write(request: HttpRequest, response: HttpResponseBase) -> None:
    look = _look_of(request)
    if not response.get("Content-Disposition", "").startswith("attachment"):
        audit.note(_notes(request, look, AuditKind.VIEW))
        return
    audit.note(_notes(request, look, AuditKind.EXPORT))
    if look.rows is None and response.streaming:
        response.streaming_content = _counted(response.streaming_content, request, look)  # type: ignore[attr-defined]


def _notes(request: HttpRequest, look: Look, kind: AuditKind) -> list[AuditNote]:
    named = request.resolver_match.kwargs if request.resolver_match else {}
    told = {
        "at": timezone.now(),
        "kind": kind,
        "by_id": request.user.pk,
        "address": address_of(request)[:45],
        "path": _name_of(request)[:120],
        "model": look.model,
        "row_id": str(named.get("object_id", ""))[:64],
    }
    if look.is_list or len(look.patients) > A_HOUSEHOLD:
        return [
            AuditNote(**told, clinic_id=clinic, rows=rows, after={"patients": sorted(patients)})
            for clinic, patients, rows in _by_clinic(request, look)
        ]
    return [
        AuditNote(**told, clinic_id=clinic, rows=look.rows, patient_id=patient)
        for clinic, patients, _rows in _by_clinic(request, look)
        for patient in _each(patients)
    ]


def _each(patients: set[int]) -> list[int | None]:
    return [*sorted(patients)] or [None]


def _by_clinic(request: HttpRequest, look: Look) -> list[tuple[int | None, set[int], int | None]]:
    """Return each clinic with those of its patients that were shown, and how many rows."""
    mine = None if request.user.is_superuser else list(_clinic_ids(request))
    if mine is not None and len(mine) == 1:
        return [(mine[0], look.patients, look.rows)]
    found: dict[int, set[int]] = {}
    shown = Patient.objects.filter(pk__in=look.patients)
    for patient, clinic in shown.values_list("pk", "clinic_id"):
        found.setdefault(clinic, set()).add(patient)
    if len(found) < 2:
        return [(next(iter(found), None), look.patients, look.rows)]
    return [(clinic, theirs, len(theirs)) for clinic, theirs in sorted(found.items())]


def _clinic_ids(request: HttpRequest) -> Iterable[int]:
    return [clinic.pk for clinic in known_clinics(request.user)]


def _counted(lines: Iterable[Any], request: HttpRequest, look: Look) -> Iterator[Any]:
    """Pass on what is streamed, and note at its end how many lines left, broken off or not."""
    left = 0
    try:
        for piece in lines:
            left += piece.count(b"\n" if isinstance(piece, bytes) else "\n")
            yield piece
    finally:
        # The first line is the head.
        look.rows = max(0, left - 1)
        audit.note(_notes(request, look, AuditKind.EXPORT))
