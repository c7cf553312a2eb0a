"""Whom to call: the visits that no message will be, or was, told about."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from healthmsg import clock
from healthmsg.clinic.models import Clinic, Need
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import Tone, clinics_of, mark, sees_details
from healthmsg.desk import timeline
from healthmsg.desk.overview import CLINICS
from reminders import call_list
from reminders.call_list import Row

WITHIN = timedelta(hours=48)


def to_call(request: HttpRequest) -> HttpResponse:
    """Show whom to call about the visits of the next two days, and whom not to."""
    if not request.user.has_perm("clinic.view_appointment"):
        raise PermissionDenied
    now = clock.now()
    details = sees_details(request.user)
    clinics = clinics_of(request.user).order_by("pk")[:CLINICS]
    context = {
        **admin.site.each_context(request),
        "title": _("To call"),
        "lists": [_of_clinic(clinic, now, details=details) for clinic in clinics],
    }
    return TemplateResponse(request, "desk/to_call.html", context)


def _of_clinic(clinic: Clinic, now: datetime, *, details: bool) -> dict[str, Any]:
    calls = call_list.to_call(clinic, now=now, within=WITHIN)
    asked_not = call_list.asked_not(clinic, now=now, within=WITHIN)
    not_coming = call_list.not_coming(clinic, now=now, within=WITHIN)
    return {
        "clinic": clinic,
        "calls": [_line(row, clinic, details=details) for row in calls],
        "asked_not": [_line(row, clinic, details=details) for row in asked_not],
        "not_coming": [_line(row, clinic, details=details) for row in not_coming],
    }


def _line(row: Row, clinic: Clinic, *, details: bool) -> dict[str, Any]:
    visit = row.appointment
    visit.site.clinic = clinic  # known, and asked for the site's zone
    phone = visit.contact.phone if visit.contact else None
    words = str(row.standing.label)
    return {
        "visit": visit,
        "when": timeline.moment(visit.starts_at, visit),
        "who": visit.patient.full_name if details else str(visit.patient),
        "told": visit.contact.name if visit.contact and details else "",
        "number": _number(phone, details=details),
        "why": mark(f"{words}: {row.reason.label}" if row.reason else words, Tone.ASKS),
        "needs": [Need(need).label for need in visit.patient.needs],
        "no_calls": Need.NO_PHONE_CALLS in visit.patient.needs,
    }


def _number(phone: Any, *, details: bool) -> str:
    if phone is None:
        return _("no number")
    return spoken(phone.number) if details else str(phone.masked)
