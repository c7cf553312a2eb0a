"""The way back of the file: chosen, looked at, and written down with one press."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from healthmsg import clock
from healthmsg.clinic.models import Patient
from healthmsg.cockpit import recording
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk.frame import desk_page, of_a_clinic, show
from healthmsg.desk.unreached import asking, comparing, preview, sealing, writing
from healthmsg.desk.unreached.comparing import Comparison
from healthmsg.desk.unreached.filled import Filled
from healthmsg.desk.unreached.forms import FilledForm
from healthmsg.desk.unreached.models import How
from healthmsg.desk.unreached.pages import MAY
from healthmsg.desk.unreached.writing import FromFile, NotWrittenDown, Written

_MAY_WRITE = (*MAY, "clinic.change_appointment")
_TITLE = gettext_lazy("Outcomes from a file")


@desk_page(*_MAY_WRITE)
@of_a_clinic(_TITLE)
def outcomes(request: HttpRequest) -> HttpResponse:
    """Ask for the file, and show what it would write down; nothing is written yet."""
    asked, clinics, _sites = asking.asked(request)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = FilledForm(*sent, clinic=asked.clinic, now=clock.now())
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid() and form.filled:
        context |= _looked_at(request, form, form.filled)
    return show(
        request,
        "unreached/outcomes.html",
        title=_TITLE,
        clinic=asked.clinic if len(clinics) > 1 else None,
        choice=asking.choice(request),
        words=[how.label for how in How],
        **context,
    )


@desk_page(*_MAY_WRITE)
@require_POST
def write_down(request: HttpRequest) -> HttpResponse:
    """Write down what was shown of a file."""
    clinic_id, file = sealing.unseal(request.POST.get("sealed", "")) or (0, None)
    clinic = next((one for one in known_clinics(request.user) if one.pk == clinic_id), None)
    if file is None or clinic is None:
        messages.error(request, _("This page is too old: choose the file again."))
        return asking.back(request)
    replaces, by = bool(request.POST.get("replaces")), asking.person(request)
    try:
        written = writing.write_file_down(clinic, file, replaces=replaces, by=by, now=clock.now())
    except NotWrittenDown:
        messages.warning(request, _("This was written down already."))
    else:
        messages.success(request, _came_of_it(written))
    return asking.back(request)


def _looked_at(request: HttpRequest, form: FilledForm, filled: Filled) -> dict[str, Any]:
    found = comparing.compare(form.clinic, filled.told, since=form.since)
    file = FromFile(
        batch=uuid4(),
        happened_on=form.cleaned_data["happened_on"],
        since=form.since,
        fresh=tuple(found.fresh),
        otherwise=tuple(one for one, _standing in found.otherwise),
        standing=frozenset(standing.outcome_id for _one, standing in found.otherwise),
    )
    shown = preview.of(found, filled)
    recording.shows(request, _whom(found), is_list=True)
    return {"shown": shown, "day": file.happened_on, "sealed": sealing.seal(form.clinic, file)}


def _whom(found: Comparison) -> list[Patient]:
    named = found.otherwise[: preview.SHOWN_AT_MOST]
    return [Patient(pk=one.patient_id) for one, _standing in named]


def _came_of_it(written: Written) -> str:
    words = ngettext(
        "Written down from the file for %d patient.",
        "Written down from the file for %d patients.",
        written.written,
    )
    told = [words % written.written]
    if n := written.replaced:
        words = ngettext(
            "In %d of them an earlier outcome is replaced.",
            "In %d of them earlier outcomes are replaced.",
            n,
        )
        told.append(words % n)
    if n := written.meanwhile:
        words = ngettext(
            "%d was left out: something was written down meanwhile.",
            "%d were left out: something was written down meanwhile.",
            n,
        )
        told.append(words % n)
    return " ".join(told)
