"""The agenda of a day and of a week."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock, dates
from healthmsg.clinic import opening
from healthmsg.clinic.models import Appointment
from healthmsg.cockpit import owned, recording, sees_details
from healthmsg.desk.agenda import put_off, roster, sites, tiles
from healthmsg.desk.agenda.choosing import Chosen, chosen, site_choices
from healthmsg.desk.agenda.roster import Column
from healthmsg.desk.frame import desk_page, of_a_clinic, show
from reminders import call_list
from reminders.last_look import CANCELLED

NO_CONTENT = 204


@desk_page("clinic.view_appointment")
@of_a_clinic(gettext_lazy("Agenda"), here="agenda")
def day(request: HttpRequest) -> HttpResponse:
    """Show one day: who works, who comes, what is free."""
    now = clock.now()
    look = chosen(request, now=now)
    if look is None:
        return show(request, "desk/nowhere.html", title=_("Agenda"), here="agenda")
    if look.is_crowded:
        return _sites(request, look, [look.day], now)
    visits = _of_clinic(request, look, 1).filter(_is_shown(look))
    rows = call_list.rows_of(visits.select_related(put_off.WITH_PATIENT), now=now)
    recording.shows(request, [row.appointment for row in rows], is_list=True)
    elsewhere = _elsewhere(request, look, 1)
    columns = roster.columns(look, rows, [look.day], now=now, elsewhere=elsewhere)
    return _page(request, look, columns, now)


@desk_page("clinic.view_appointment")
@of_a_clinic(gettext_lazy("Week"), here="agenda")
def week(request: HttpRequest) -> HttpResponse:
    """Show seven days of a clinician, or how full those of everybody at a site are."""
    now = clock.now()
    look = chosen(request, now=now)
    if look is None:
        return show(request, "desk/nowhere.html", title=_("Agenda"), here="agenda")
    look = _from_monday(look)
    days = [look.day + timedelta(n) for n in range(7)]
    if look.is_crowded:
        return _sites(request, look, days, now, is_week=True)
    visits = _of_clinic(request, look, 7).filter(_is_shown(look))
    rows = (
        call_list.rows_of(visits.select_related(put_off.WITH_PATIENT), now=now)
        if look.clinician
        else call_list.unjudged(visits)
    )
    recording.shows(request, [row.appointment for row in rows], is_list=True)
    columns = roster.columns(look, rows, days, now=now, elsewhere=_elsewhere(request, look, 7))
    if look.clinician:
        return _page(request, look, columns, now, is_week=True)
    context = _frame(request, look, now, is_week=True)
    return show(
        request,
        "agenda/week.html",
        title=_("Week"),
        here="agenda",
        days=days,
        lines=_fullness(columns, days, look),
        **context,
    )


def _elsewhere(request: HttpRequest, look: Chosen, days: int) -> Iterable[Any]:
    """Return what is not shown and takes the time of whoever is looked at."""
    is_whole = look.site is None or look.all_sites == (look.site,)
    if is_whole and not (look.clinician and look.moving):
        return ()
    people = [look.clinician] if look.clinician else roster.people_at(look)
    whose = Q(clinician__in=people)
    if look.moving:
        whose |= Q(patient=look.moving.patient_id)
    visits = _of_clinic(request, look, days).filter(whose)
    return roster.taking(visits.exclude(_is_shown(look)))


def _is_shown(look: Chosen) -> Q:
    here = Q(site=look.site) if look.site else Q(site__in=look.sites)
    return here & Q(clinician=look.clinician) if look.clinician else here


def _of_clinic(request: HttpRequest, look: Chosen, days: int) -> QuerySet[Appointment]:
    after, before = look.bounds(days)
    visits = Appointment.objects.filter(
        clinic=look.clinic, starts_at__gte=after, starts_at__lt=before
    )
    return owned(visits, request.user)


def _page(
    request: HttpRequest,
    look: Chosen,
    columns: list[Column],
    now: datetime,
    *,
    is_week: bool = False,
) -> HttpResponse:
    details = sees_details(request.user)
    board = tiles.board(columns, look, details=details, is_week=is_week, now=now)
    cancelled = [
        (row, tiles.name_of(row, details=details))
        for column in columns
        for row in column.rows
        if row.appointment.status in CANCELLED
    ]
    context = _frame(request, look, now, is_week=is_week) | {
        "board": board,
        "cancelled": cancelled,
        "closed": "" if is_week else _why_closed(look, columns),
    }
    return _renewed(request, "agenda/board.html", context)


def _sites(
    request: HttpRequest,
    look: Chosen,
    days: list[date],
    now: datetime,
    *,
    is_week: bool = False,
) -> HttpResponse:
    """Show sites instead of people: how many come to each, and how many times are free."""
    visits = _of_clinic(request, look, len(days))
    context = _frame(request, look, now, is_week=is_week) | {
        "days": days,
        "sites": sites.lines(look, visits, days, is_week=is_week, now=now),
    }
    return _renewed(request, "agenda/sites.html", context)


def _renewed(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Show a page whose part renews itself; asked for by it, the part where it changed."""
    part = render_to_string(template, context, request)
    print_ = hashlib.sha256(part.encode()).hexdigest()[:16]
    if "print" in request.GET:
        # Nothing is drawn anew, nor the focus moved, where nothing has changed.
        if request.GET["print"] == print_:
            return HttpResponse(status=NO_CONTENT)
        return HttpResponse(_renewing(request, part, print_))
    title = _("Week") if context["is_week"] else _("Agenda")
    context["part"] = _renewing(request, part, print_)
    return show(request, "agenda/day.html", title=title, here="agenda", **context)


def _renewing(request: HttpRequest, part: str, print_: str) -> Any:
    query = request.GET.copy()
    query["print"] = print_
    names = {"part": part, "address": f"{request.path}?{query.urlencode()}"}
    return render_to_string("agenda/renewing.html", names, request)


def _frame(request: HttpRequest, look: Chosen, now: datetime, *, is_week: bool) -> dict[str, Any]:
    user = request.user
    step = timedelta(7 if is_week else 1)
    today = now.astimezone(look.zone).date()
    stays: dict[str, Any] = {"site": look.site_key}
    stays |= {"clinician": look.clinician.pk} if look.clinician else {}
    stays |= look.onward

    def at(day: date) -> str:
        return f"?{urlencode(stays | {'day': day.isoformat()})}"

    return {
        "look": look,
        "is_week": is_week,
        "is_today": look.day == today,
        "before": at(look.day - step),
        "today": at(today),
        "after": at(look.day + step),
        "in_words": _in_words(look, is_week=is_week),
        "site_choices": site_choices(look),
        "stays": stays,
        "onward": f"&{urlencode(look.onward)}" if look.onward else "",
        "may_book": user.has_perm("clinic.add_appointment") and sees_details(user),
        "may_set_up": user.has_perm("clinic.change_clinician"),
        "day_address": f"{reverse('agenda')}{at(look.day)}",
        "week_address": f"{reverse('agenda_week')}{at(look.day)}",
    }


def _in_words(look: Chosen, *, is_week: bool) -> str:
    if not is_week:
        return dates.written(look.day, "l, j F Y")
    last = look.day + timedelta(6)
    return f"{date_format(look.day, 'j F')} – {date_format(last, 'j F Y')}"


def _why_closed(look: Chosen, columns: list[Column]) -> str:
    """Say why a day without hours is empty; "" where there are hours, or nobody filled any in."""
    if any(column.spells for column in columns):
        return ""
    if all(opening.is_open_on(site, look.day) for site in look.sites):
        return ""
    if any(opening.is_holiday(site, look.day) for site in look.sites):
        return _("Closed: this day is a holiday.")
    return _("Closed on this day.")


def _from_monday(look: Chosen) -> Chosen:
    return replace(look, day=look.day - timedelta(look.day.weekday()))


def _fullness(
    columns: list[Column], days: list[date], look: Chosen
) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Return for each clinician their seven days: how many visits, how many free times."""
    known = {(c.clinician, c.day): c for c in columns}
    people = list(dict.fromkeys(column.clinician for column in columns))
    lines = []
    for one in people:
        cells = [_cell(known.get((one, day)), day, look) for day in days]
        lines.append((one, cells))
    return lines


def _cell(column: Column | None, day: date, look: Chosen) -> dict[str, Any]:
    query = urlencode({"day": day.isoformat(), "site": look.site_key} | look.onward)
    rows = column.rows if column else ()
    return {
        "day": day,
        "link": f"{reverse('agenda')}?{query}",
        "visits": sum(row.appointment.is_live for row in rows),
        "free": len(column.free) if column else 0,
        "is_away": bool(column and column.is_away),
        "is_in": bool(column and (column.spells or rows)),
    }
