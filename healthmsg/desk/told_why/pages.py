"""The pages that say why, and why not."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from healthmsg import clock
from healthmsg.clinic.models import Patient
from healthmsg.cockpit import owned, recording, sees_details, sites_of
from healthmsg.desk import timeline, why
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.parts import moment_of, part
from healthmsg.desk.told_why import of_message, of_patient, of_visit
from healthmsg.desk.told_why.decision import HELPS
from reminders import booking
from whatsapp.admin.story import mark_of
from whatsapp.models import Message
from whatsapp.status import Reason, Status

# Where a row's page is the desk's own.
_PAGES = {"clinic.patient": "patient"}
_LATELY = timedelta(days=7)
_MOST = 50
_LOOKED_THROUGH = 10_000


@never_cache
@desk_page("whatsapp.view_message")
def lately(request: HttpRequest) -> HttpResponse:
    """Show the last messages that did not reach anybody; each leads to why."""
    window = Message.objects.filter(created_at__gte=clock.now() - _LATELY)
    newest = owned(window, request.user).order_by("-created_at").values("pk")[:_LOOKED_THROUGH]
    # No index knows which were not sent: of very many only the newest are looked through.
    rows = Message.objects.filter(pk__in=newest, status__in=(Status.WITHHELD, Status.FAILED))
    rows = rows.select_related("patient")
    shown = list(rows.defer(*Message.WORDS).order_by("-created_at")[:_MOST])
    recording.shows(request, shown, is_list=True)
    details = sees_details(request.user)
    lines = [
        {
            "at": message.created_at,
            "who": _name(message.patient, details=details),
            "purpose": message.get_purpose_display(),
            "mark": mark_of(message),
            "link": reverse("why_message", args=[message.pk]),
        }
        for message in shown
    ]
    return show(request, "desk/why_lately.html", title=_("Why, and why not"), lines=lines)


@never_cache
@desk_page("whatsapp.view_message")
def message(request: HttpRequest, message_id: int) -> HttpResponse:
    rows = Message.objects.select_related(
        "clinic", "phone", "patient", "sender__account__portfolio", "stream__run__campaign"
    ).select_related("template_version__template")
    row = _row_or_404(request, rows.defer(*Message.WORDS), message_id)
    details = sees_details(request.user)
    return _page(
        request,
        _("Why this message") if row.status != Status.WITHHELD else _("Why no message"),
        who=_name(row.patient, details=details),
        mark=mark_of(row),
        decisions=of_message.decisions(row),
        helps=_helps(filter(None, [of_message.reason_of(row)])),
        links=_links(
            request,
            (_("The message"), "whatsapp.message", row.pk),
            (_("The visit"), "clinic.appointment", row.appointment_id),
            (_("The patient"), "clinic.patient", row.patient_id),
        ),
    )


@never_cache
@desk_page("clinic.view_appointment")
def visit(request: HttpRequest, visit_id: int) -> HttpResponse:
    row = _row_or_404(request, booking.visits_with_parts().select_related("booked_by"), visit_id)
    asked = of_visit.ask(row)
    details = sees_details(request.user)
    return _page(
        request,
        _("Why messages about a visit"),
        who=f"{_name(row.patient, details=details)}, {timeline.moment(row.starts_at, row)}",
        mark="",
        decisions=of_visit.decisions(asked),
        to_come=of_visit.to_come(asked, now=clock.now()),
        silent=of_visit.silent_rules(asked),
        helps=_helps(of_visit.reasons(asked)),
        links=_links(
            request,
            (_("The visit"), "clinic.appointment", row.pk),
            (_("The patient"), "clinic.patient", row.patient_id),
        ),
    )


@never_cache
@desk_page("clinic.view_appointment", "clinic.view_patient_details")
def visit_messages(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Show what was said about a visit, and what will be; a part of the visit's pages."""
    row = _row_or_404(request, booking.visits_with_parts(), visit_id)
    return part(
        request,
        "desk/visit_messages.html",
        title=_("Messages about this visit"),
        who=f"{row.patient.full_name}, {timeline.moment(row.starts_at, row)}",
        lines=why.of_visit(row, now=clock.now()),
        back=reverse("agenda_visit", args=[row.pk]),
    )


@never_cache
@desk_page("clinic.view_patient")
def patient(request: HttpRequest, patient_id: int) -> HttpResponse:
    row = _row_or_404(request, Patient.objects.select_related("clinic"), patient_id)
    details = sees_details(request.user)
    blocked = of_patient.blocked(row, at=clock.now())
    before = moment_of(request.GET.get("before", ""))
    past = of_patient.decisions(row, request.user, before=before)
    return _page(
        request,
        _("Why a patient hears from us"),
        who=_name(row, details=details),
        mark="",
        decisions=past.decisions,
        earlier=past.earlier.isoformat() if past.earlier else "",
        is_part=bool(sites_of(request.user)),
        blocked=[one.words for one in blocked],
        helps=_helps({one.reason for one in blocked}),
        newest_first=True,
        links=_links(request, (_("The patient"), "clinic.patient", row.pk)),
    )


def _page(request: HttpRequest, title: str, **context: Any) -> HttpResponse:
    return show(request, "desk/why.html", title=title, **context)


def _row_or_404(request: HttpRequest, rows: "QuerySet[Any]", pk: int) -> Any:
    row = get_object_or_404(owned(rows, request.user), pk=pk)
    recording.shows(request, [row])
    return row


def _name(row: Patient | None, *, details: bool) -> str:
    if row is None:
        return _("No patient")
    return row.full_name if details else str(row)


def _helps(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """Return what can be done, a line for each reason that something helps against."""
    return [
        {"why": reason.label, "words": HELPS[reason]}
        for reason in sorted(reasons)
        if reason in HELPS
    ]


def _links(request: HttpRequest, *targets: tuple[str, str, int | None]) -> list[dict[str, Any]]:
    found = []
    for words, model, pk in targets:
        app, name = model.split(".")
        if pk is not None and request.user.has_perm(f"{app}.view_{name}"):
            link = reverse(_PAGES.get(model, f"admin:{app}_{name}_change"), args=[pk])
            found.append({"words": words, "link": link})
    return found
