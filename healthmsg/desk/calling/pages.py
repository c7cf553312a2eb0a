"""The pages of the call list: the list, a call written down, a call undone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from healthmsg import clock
from healthmsg.clinic.models import Appointment, Clinic, Site, StaffUser
from healthmsg.cockpit import owned, recording, sees_details, sites_of
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk.agenda import as_opened, returning
from healthmsg.desk.calling import lists, shown
from healthmsg.desk.calling.lists import Asked
from healthmsg.desk.calling.reasons import Why
from healthmsg.desk.frame import desk_page, of_a_clinic, show
from reminders import booking, calling
from reminders.calling import CalledAlready, NotWrittenDown
from reminders.models import CallOutcome, Outcome
from reminders.refusals import NotBooked

# How many days ahead, and what is shown first.
SPANS, SPAN = (1, 2, 4, 7), 2


@dataclass(frozen=True)
class Said:
    """What became of the last thing somebody did, above the list."""

    words: str
    is_refused: bool = False
    undo: int = 0  # the call it may be taken back with


@desk_page("clinic.view_appointment")
@of_a_clinic(gettext_lazy("To call"), here="to_call")
def to_call(request: HttpRequest) -> HttpResponse:
    """Show whom to call; asked again by the page itself, answer only where something changed."""
    return _list(request)


@desk_page("clinic.view_appointment", "clinic.change_appointment")
@require_POST
def log(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Write down what came of a call."""
    visit = get_object_or_404(owned(Appointment.objects.all(), request.user), pk=visit_id)
    outcome = _outcome(request)
    known = _number(request.POST.get("known"))
    try:
        with transaction.atomic():
            # Who called is told before what came of it.
            calling.require_first(booking.locked(visit), known=known)
            as_opened.require(visit, request.POST)
            call = calling.log(
                visit,
                outcome,
                version=_number(request.POST.get("version")),
                known=known,
                by=_person(request),
                now=clock.now(),
            )
    except as_opened.Overtaken as told:
        return _answer(request, Said(told.words, is_refused=True))
    except (NotWrittenDown, NotBooked) as refusal:
        return _answer(request, Said(_why_not(refusal), is_refused=True))
    said = shown.said(call, details=sees_details(request.user))
    if outcome == Outcome.ANOTHER_TIME:
        messages.success(request, f"{said} {_('Choose the new time while they listen.')}")
        here = _address(request.GET.urlencode())
        return _elsewhere(request, returning.sheet_of(visit, back=here, page="agenda_move"))
    return _answer(request, Said(said, undo=call.pk))


@desk_page("clinic.view_appointment", "clinic.change_appointment")
@require_POST
def undo(request: HttpRequest, call_id: int) -> HttpResponse:
    """Take back what was written down about a call."""
    calls = CallOutcome.objects.select_related("appointment")
    call = get_object_or_404(owned(calls, request.user), pk=call_id)
    try:
        calling.undo(call, by=_person(request), now=clock.now())
    except (NotWrittenDown, NotBooked) as refusal:
        return _answer(request, Said(_why_not(refusal), is_refused=True))
    return _answer(request, Said(_("Taken back; the line is on the list again.")))


def _list(request: HttpRequest, said: Said | None = None) -> HttpResponse:
    now = clock.now()
    clinics = sorted(known_clinics(request.user), key=lambda one: (one.name, one.pk))
    if not clinics:
        raise Http404
    asked, sites = _asked(request, clinics)
    found = lists.make(asked, now=now)
    is_part = bool(request.htmx) and not request.htmx.boosted  # type: ignore[attr-defined]
    if is_part and said is None and request.GET.get("stamp") == found.stamp:
        return HttpResponse(status=204)
    named = [row.appointment for row in found.rows] + [call.appointment for call in found.done]
    recording.shows(request, named, is_list=True)
    choice = _chosen(asked, clinics, sites)
    context = {
        **shown.in_words(found, _seen_by(request, choice["choice"])),
        **choice,
        "said": said,
        "at": now,
    }
    if is_part:
        response = render(request, "calling/list.html", context)
    else:
        title = _("To call")
        response = show(request, "calling/page.html", title=title, here="to_call", **context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _asked(request: HttpRequest, clinics: list[Clinic]) -> tuple[Asked, list[Site]]:
    asked = request.GET
    wanted = _number(asked.get("clinic"))
    clinic = next((one for one in clinics if one.pk == wanted), clinics[0])
    sites = list(owned(clinic.sites.all(), request.user).order_by("name", "pk"))
    days = _number(asked.get("days"))
    why = asked.get("why", "")
    return (
        Asked(
            clinic=clinic,
            within=timedelta(days=days if days in SPANS else SPAN),
            site=next((s for s in sites if s.pk == _number(asked.get("site"))), None),
            why=Why(why) if why in Why.values else None,
            is_whole=asked.get("lines") == "all",
            limited_to=sites_of(request.user),
        ),
        sites,
    )


def _chosen(asked: Asked, clinics: list[Clinic], sites: list[Site]) -> dict[str, Any]:
    """Return what was chosen, and the addresses that choose the same."""
    kept = {
        "clinic": asked.clinic.pk if len(clinics) > 1 else "",
        "site": asked.site.pk if asked.site else "",
        "days": asked.within.days if asked.within.days != SPAN else "",
    }
    query = urlencode({name: value for name, value in kept.items() if value})
    why = {"why": asked.why.value} if asked.why else {}
    lines = {"lines": "all"} if asked.is_whole else {}
    here = "&".join(filter(None, (query, urlencode(why | lines))))
    return {
        "asked": asked,
        "clinics": clinics if len(clinics) > 1 else [],
        "sites": sites if len(sites) > 1 else [],
        "spans": SPANS,
        "days": asked.within.days,
        "query": query,
        "choice": here,
    }


def _seen_by(request: HttpRequest, choice: str) -> shown.Person:
    user = request.user
    return shown.Person(
        details=sees_details(user),
        may_log=user.has_perm("clinic.change_appointment"),
        may_mark_numbers=user.has_perm("clinic.change_phone"),
        may_write=user.has_perm("whatsapp.view_thread"),
        may_book=user.has_perms(("clinic.add_appointment", "clinic.view_patient_details")),
        back=_address(choice),
    )


def _answer(request: HttpRequest, said: Said) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return _list(request, said)
    level = messages.WARNING if said.is_refused else messages.SUCCESS
    messages.add_message(request, level, said.words)
    return HttpResponseRedirect(_address(request.GET.urlencode()))


def _address(query: str) -> str:
    return reverse("to_call") + (f"?{query}" if query else "")


def _elsewhere(request: HttpRequest, address: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


def _why_not(refusal: Exception) -> str:
    if isinstance(refusal, CalledAlready):
        call = refusal.call
        words = _("Nothing was written down: %(who)s wrote down at %(hour)s: %(outcome)s.")
        return words % {
            "who": call.called_by.get_full_name() or call.called_by.get_username(),
            "hour": shown.hour(call.called_at, call),
            "outcome": call.get_outcome_display(),
        }
    if isinstance(refusal, calling.NotUndone):
        return _("It cannot be undone any more: something has happened since.")
    if isinstance(refusal, NotBooked):
        return str(refusal)
    return _("Nothing was written down: the visit has changed meanwhile.")


def _outcome(request: HttpRequest) -> Outcome:
    typed = request.POST.get("outcome", "")
    if typed not in Outcome.values:
        raise Http404
    outcome = Outcome(typed)
    if outcome == Outcome.WRONG_NUMBER and not request.user.has_perm("clinic.change_phone"):
        raise PermissionDenied
    return outcome


def _person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise TypeError("only people who signed in come here")
    return request.user


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isdecimal() and len(typed) < 19 else 0
