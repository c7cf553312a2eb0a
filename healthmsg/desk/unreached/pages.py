"""The pages of those who cannot be reached by WhatsApp: list, file, outcome, undo."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from healthmsg import clock
from healthmsg.clinic.languages import in_words
from healthmsg.clinic.models import Clinic, Patient, Site
from healthmsg.cockpit import again, owned, recording
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk.frame import desk_page, of_a_clinic, show
from healthmsg.desk.unreached import asking, listing, shown, writing
from healthmsg.desk.unreached.forms import FilledForm
from healthmsg.desk.unreached.listing import SHOWN_AT_MOST, Asked, Reason
from healthmsg.desk.unreached.models import How
from healthmsg.desk.unreached.writing import NotWrittenDown, Outcome

# Patients of a larger file are counted in the audit, not named one by one.
_NAMED_AT_MOST = 5000
MAY = ("clinic.view_patient", "clinic.view_patient_details")


@desk_page(*MAY)
@of_a_clinic(gettext_lazy("Not reached by WhatsApp"))
def unreached(request: HttpRequest) -> HttpResponse:
    """Show whom WhatsApp does not reach, and why."""
    now = clock.now()
    asked, clinics, sites = asking.asked(request)
    counts = listing.count(asked, now=now)
    are_few = counts.are_few(asked.reason)
    found = listing.first(asked, now=now, most=SHOWN_AT_MOST + 1, are_few=are_few)
    recording.shows(request, [row.patient for row in found[:SHOWN_AT_MOST]], is_list=True)
    return show(
        request,
        "unreached/page.html",
        title=_("Not reached by WhatsApp"),
        lines=shown.lines(found[:SHOWN_AT_MOST], _by_key(sites)),
        are_more_lines=len(found) > SHOWN_AT_MOST,
        shown_at_most=SHOWN_AT_MOST,
        counts=counts,
        groups=[(why, why.label, n) for why in Reason if (n := counts.by_reason[why])],
        batches=shown.batches(asked.clinic, now=now),
        batch=uuid4(),
        hows=How.choices,
        today=now.astimezone(asked.clinic.zone).date(),
        form=FilledForm(clinic=asked.clinic, now=now),
        may_write=request.user.has_perm("clinic.change_appointment"),
        **_chosen(request, asked, counts, clinics, sites),
    )


@desk_page(*MAY)
@of_a_clinic(gettext_lazy("Not reached by WhatsApp"))
def file(request: HttpRequest) -> HttpResponseBase:
    """Hand out everybody who is asked for, for letters or an SMS tool."""
    asked, _clinics, sites = asking.asked(request)
    now = clock.now()
    are_few = listing.count(asked, now=now).are_few(asked.reason)
    known = listing.keys(asked, now=now, most=_NAMED_AT_MOST + 1, are_few=are_few)
    if again.is_needed_for(request, len(known)):
        return again.ask(request)
    if len(known) <= _NAMED_AT_MOST:
        recording.shows(request, [Patient(pk=pk) for pk in known], is_list=True)
    chunks = listing.chunks(asked, now=now, are_few=are_few)
    pieces = shown.as_csv(chunks, shown.File(asked, _by_key(sites), now))
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="not-reached-by-whatsapp.csv"'
    return response


@desk_page(*MAY, "clinic.change_appointment")
@require_POST
def write_down(request: HttpRequest) -> HttpResponse:
    """Write down for the chosen patients what reached them instead."""
    asked, _clinics, _sites = asking.asked(request)
    whom = request.POST.getlist("shown" if request.POST.get("whom") == "shown" else "patient")
    patients = owned(
        Patient.objects.filter(pk__in=[asking.number(one) for one in whom]), request.user
    )
    ids = list(patients.values_list("pk", flat=True))
    try:
        outcome = _outcome(request)
        n = writing.write_down(
            asked.clinic, ids, outcome, by=asking.person(request), now=clock.now()
        )
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
    return asking.back(request)


@desk_page(*MAY, "clinic.change_appointment")
@require_POST
def undo(request: HttpRequest, batch: UUID) -> HttpResponse:
    """Take back what one click wrote down."""
    mine = known_clinics(request.user)
    if not writing.is_known(mine, batch):
        raise Http404
    if n := writing.undo(mine, batch, by=asking.person(request), now=clock.now()):
        words = ngettext("Taken back for %d patient.", "Taken back for %d patients.", n)
        messages.success(request, words % n)
    else:
        messages.warning(request, _("It was undone already."))
    return asking.back(request)


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
        "spans": asking.SPANS,
        "languages": [(one, in_words(one)) for one in spoken if one],
        "choice": asking.choice(request),
        "query": asking.choice(request, asking.FILTERS[:-1]),
    }


def _by_key(sites: list[Site]) -> shown.Sites:
    return {site.pk: site for site in sites}


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
