"""Moves a visit to a free time: chosen from a list, in the agenda, or typed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from healthmsg import clock, dates
from healthmsg.clinic import availability
from healthmsg.clinic.availability import Need
from healthmsg.clinic.models import Appointment
from healthmsg.cockpit import naming, recording, sees_details
from healthmsg.desk import timeline, why
from healthmsg.desk.admin.booking_forms import MoveForm, Offered, offered_in
from healthmsg.desk.agenda import as_opened, returning
from healthmsg.desk.agenda.sheets import Place, moment_key, person_of, place_of, plain, sheet
from healthmsg.desk.agenda.visits import visit_or_404
from healthmsg.desk.frame import desk_page
from reminders import booking, concerns
from reminders.planning import Preview
from reminders.refusals import NotBooked, SlotTaken

_AHEAD = timedelta(days=21)
_OFFERED = 24


@desk_page("clinic.change_appointment")
def move(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Show free times, then what she would read, then move."""
    now = clock.now()
    visit = visit_or_404(request, visit_id)
    recording.shows(request, [visit])
    offered = offered_in(visit.clinic_id, request.user)
    place = place_of(request, now=now, offered=offered)
    is_sent = request.method == "POST"
    values = request.POST if is_sent else _values(visit, place)
    form = MoveForm(values, visit=visit, person=request.user, offered=offered)
    is_whole = form.is_valid()
    if is_sent and is_whole and "look" not in values:
        moved = _move(request, visit, form, now)
        if moved:
            for concern in concerns.of_visit(moved):
                messages.warning(
                    request, _("Please check: %(concern)s.") % {"concern": concern.label}
                )
            messages.success(request, _("Moved to %s.") % timeline.moment(moved.starts_at, moved))
            return _onward(request, moved)
    details = sees_details(request.user)
    is_chosen = bool(place.at) or is_sent
    is_shown = is_whole and is_chosen
    return sheet(
        request,
        "agenda/move.html",
        title=_("Move the visit of %(when)s") % {"when": timeline.moment(visit.starts_at, visit)},
        visit=visit,
        as_opened=as_opened.mark(visit),
        name=naming.of(visit.patient, details=details),
        place=place,
        form=plain(form),
        is_chosen=is_chosen,
        lines=why.will_be(_look(visit, form, now)) if is_shown else (),
        against=form.against() if is_shown else (),
        details=details,
        choices=[] if is_chosen else _choices(visit, offered, now),
        in_agenda=_in_agenda(visit, {"move": visit.pk} | returning.kept(request)),
        onward=urlencode(returning.kept(request)),
    )


def _values(visit: Appointment, place: Place) -> dict[str, Any]:
    """Return the visit as it is, but at the time and place that were clicked."""
    site = place.site or visit.site
    clinician = place.clinician or visit.clinician
    local = (place.at or visit.starts_at).astimezone(site.zone)
    values = {
        "site": site.pk,
        "clinician": clinician.pk if clinician else "",
        "day": local.date().isoformat(),
        "time": f"{local:%H:%M}",
        "minutes": int((visit.ends_at - visit.starts_at).total_seconds() // 60),
    }
    return values | ({"is_overbooked": "on"} if visit.is_overbooked and not place.at else {})


def _look(visit: Appointment, form: MoveForm, now: datetime) -> tuple[Preview, ...]:
    try:
        return booking.preview_move(visit, form.change(), now=now)
    except NotBooked as refusal:
        form.add_error(None, str(refusal))
        return ()


def _move(
    request: HttpRequest, visit: Appointment, form: MoveForm, now: datetime
) -> Appointment | None:
    try:
        with transaction.atomic():
            as_opened.require(visit, request.POST)
            return booking.move(visit, form.change(), by=person_of(request), now=now)
    except as_opened.Overtaken as told:
        visit.refresh_from_db()
        form.add_error(None, told.words)
    except SlotTaken as refusal:
        form.add_error("time", str(refusal))
        form.offer_overbooking()
    except NotBooked as refusal:
        form.add_error(None, str(refusal))
    return None


def _choices(
    visit: Appointment, offered: Offered, now: datetime
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the next free times by day: the clock and the address of each."""
    need = replace(Need.of(visit), people=offered.clinicians)
    slots = availability.slots(need, after=now, before=now + _AHEAD, now=now)
    found: dict[str, list[tuple[str, str]]] = {}
    for slot in slots[:_OFFERED]:
        local = slot.starts_at.astimezone(visit.site.zone).replace(tzinfo=None)
        query = f"?at={moment_key(slot.starts_at)}&site={visit.site_id}"
        query += f"&clinician={slot.clinician_id}" if slot.clinician_id else ""
        found.setdefault(dates.written(local, "l, j F"), []).append((f"{local:%H:%M}", query))
    return list(found.items())


def _onward(request: HttpRequest, visit: Appointment) -> HttpResponse:
    address = returning.back(request) or _in_agenda(visit, {})
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


def _in_agenda(visit: Appointment, further: dict[str, Any]) -> str:
    day = visit.starts_at.astimezone(visit.site.zone).date().isoformat()
    return f"{reverse('agenda')}?{urlencode(further | {'day': day, 'site': visit.site_id})}"
