"""The pages of those who cannot be reached by WhatsApp: list, file, outcome, undo."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from healthmsg import clock
from healthmsg.clinic.languages import in_words
from healthmsg.clinic.models import Clinic, Patient, Site, StaffUser
from healthmsg.cockpit import again, owned, recording, sites_of
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk.frame import desk_page, of_a_clinic, show
from healthmsg.desk.unreached import listing, shown, writing
from healthmsg.desk.unreached.listing import SHOWN_AT_MOST, Asked, Reason
from healthmsg.desk.unreached.models import How
from healthmsg.desk.unreached.writing import NotWrittenDown, Outcome

SPANS = (7, 14, 30, 0)
# Patients of a larger file are counted in the audit, not named one by one.
_NAMED_AT_MOST = 5000
_MAY = ("clinic.view_patient", "clinic.view_patient_details")
# As contacts hold it.
_LONGEST_CODE = 8
_FILTERS = ("clinic", "days", "site", "language", "open", "reason")


@desk_page(*_MAY)
@of_a_clinic(gettext_lazy("Not reached by WhatsApp"))
def unreached(request: HttpRequest) -> HttpResponse:
    """Show whom WhatsApp does not reach, and why."""
    now = clock.now()
    asked, clinics, sites = _asked(request)
    counts = listing.count(asked, now=now)
    are_few = counts.are_few(asked.reason)
    found = listing.first(asked, now=now, most=SHOWN_AT_MOST + 1, are_few=are_few)
    recording.shows(request, [row.patient for row in found[:SHOWN_AT_MOST]], is_list=True)
    return show(
        request,
        "unreached/page.html",
        title=_("Not reached by WhatsApp"),
        lines=shown.lines(found[:SHOWN_AT_MOST], _zones(sites)),
        are_more_lines=len(found) > SHOWN_AT_MOST,
        shown_at_most=SHOWN_AT_MOST,
        counts=counts,
        groups=[(why, why.label, n) for why in Reason if (n := counts.by_reason[why])],
        batches=shown.batches(asked.clinic, now=now),
        batch=uuid4(),
        hows=How.choices,
        today=now.astimezone(asked.clinic.zone).date(),
        may_write=request.user.has_perm("clinic.change_appointment"),
        **_chosen(request, asked, counts, clinics, sites),
    )


@desk_page(*_MAY)
@of_a_clinic(gettext_lazy("Not reached by WhatsApp"))
def file(request: HttpRequest) -> HttpResponseBase:
    """Hand out everybody who is asked for, for letters or an SMS tool."""
    asked, _clinics, sites = _asked(request)
    now = clock.now()
    are_few = listing.count(asked, now=now).are_few(asked.reason)
    known = listing.keys(asked, now=now, most=_NAMED_AT_MOST + 1, are_few=are_few)
    if again.is_needed_for(request, len(known)):
        return again.ask(request)
    if len(known) <= _NAMED_AT_MOST:
        recording.shows(request, [Patient(pk=pk) for pk in known], is_list=True)
    pieces = shown.as_csv(listing.chunks(asked, now=now, are_few=are_few), _zones(sites))
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="not-reached-by-whatsapp.csv"'
    return response


@desk_page(*_MAY, "clinic.change_appointment")
@require_POST
def write_down(request: HttpRequest) -> HttpResponse:
    """Write down for the chosen patients what reached them instead."""
    asked, _clinics, _sites = _asked(request)
    whom = request.POST.getlist("shown" if request.POST.get("whom") == "shown" else "patient")
    patients = owned(Patient.objects.filter(pk__in=[_number(one) for one in whom]), request.user)
    ids = list(patients.values_list("pk", flat=True))
    try:
        outcome = _outcome(request)
        n = writing.write_down(asked.clinic, ids, outcome, by=_person(request), now=clock.now())
    except NotWrittenDown as refusal:
        messages.error(request, _why_not(refusal))
    else:
        words = ngettext(
            "Written down for %(n)d patient: %(outcome)s.",
            "Written down for %(n)d patients: %(outcome)s.",
            n,
        )
        told = shown.told(outcome.how, outcome.happened_on)
        messages.success(request, words % {"n": n, "outcome": told})
    return _back(request)


@desk_page(*_MAY, "clinic.change_appointment")
@require_POST
def undo(request: HttpRequest, batch: UUID) -> HttpResponse:
    """Take back what one click wrote down."""
    mine = known_clinics(request.user)
    if not writing.is_known(mine, batch):
        raise Http404
    if n := writing.undo(mine, batch, by=_person(request), now=clock.now()):
        words = ngettext("Taken back for %d patient.", "Taken back for %d patients.", n)
        messages.success(request, words % n)
    else:
        messages.warning(request, _("It was undone already."))
    return _back(request)


def _asked(request: HttpRequest) -> tuple[Asked, list[Clinic], list[Site]]:
    clinics = sorted(known_clinics(request.user), key=lambda one: (one.name, one.pk))
    if not clinics:
        raise Http404
    given = request.GET
    wanted = _number(given.get("clinic"))
    clinic = next((one for one in clinics if one.pk == wanted), clinics[0])
    sites = list(owned(clinic.sites.all(), request.user).order_by("name", "pk"))
    days = _number(given.get("days")) if given.get("days") else SPANS[0]
    reason = given.get("reason", "")
    asked = Asked(
        clinic=clinic,
        days=days if days in SPANS else SPANS[0],
        site=next((one for one in sites if one.pk == _number(given.get("site"))), None),
        reason=Reason(reason) if reason in Reason.values else None,
        language=_language(given.get("language", "")),
        is_open=bool(given.get("open")),
        limited_to=sites_of(request.user),
    )
    return asked, clinics, sites


def _chosen(
    request: HttpRequest,
    asked: Asked,
    counts: listing.Counts,
    clinics: list[Clinic],
    sites: list[Site],
) -> dict[str, Any]:
    spoken = dict.fromkeys((*counts.languages, asked.language))
    return {
        "asked": asked,
        "clinics": clinics if len(clinics) > 1 else [],
        "sites": sites if len(sites) > 1 else [],
        "spans": SPANS,
        "languages": [(one, in_words(one)) for one in spoken if one],
        "choice": _choice(request, _FILTERS),
        "query": _choice(request, _FILTERS[:-1]),
    }


def _language(typed: str) -> str:
    """Return a code of WhatsApp's, such as "pt_BR"; "" for what looks like none."""
    return typed if len(typed) <= _LONGEST_CODE and typed.replace("_", "").isalnum() else ""


def _zones(sites: list[Site]) -> shown.Zones:
    return {site.pk: site.zone for site in sites}


def _choice(request: HttpRequest, names: tuple[str, ...]) -> str:
    given = request.GET.copy()
    for name in [name for name in given if name not in names]:
        del given[name]
    return given.urlencode()


def _outcome(request: HttpRequest) -> Outcome:
    try:
        return Outcome(
            batch=UUID(request.POST.get("batch", "")),
            how=How(request.POST.get("how", "")),
            happened_on=date.fromisoformat(request.POST.get("happened_on", "")),
        )
    except ValueError:
        raise NotWrittenDown("") from None


def _why_not(refusal: NotWrittenDown) -> str:
    words = {
        writing.NOBODY: _("Nobody is ticked: tick patients first, or write it down for all shown."),
        writing.NOT_YET: _("This day has not come yet."),
    }
    return words.get(refusal.why, _("Choose what came of it, and the day."))


def _back(request: HttpRequest) -> HttpResponseRedirect:
    choice = _choice(request, _FILTERS)
    return HttpResponseRedirect(reverse("unreached") + (f"?{choice}" if choice else ""))


def _person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise PermissionDenied
    return request.user


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isdecimal() and len(typed) < 19 else 0
