"""The pages of duplicates: who may be registered twice, two records side by side, undo."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from healthmsg import clock
from healthmsg.clinic.admin.search import nearest_like
from healthmsg.clinic.models import Need, Patient, StaffUser
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import countries_of, owned, recording
from healthmsg.desk import standing
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.merging import joining
from healthmsg.desk.merging.joining import UNDONE_WITHIN, NotMerged
from healthmsg.desk.merging.models import PatientMerge, SuspectedDuplicate

_MAY = ("desk.add_patientmerge", "clinic.view_patient_details", "clinic.change_patient")
SHOWN_AT_MOST, FOUND_AT_MOST = 50, 20
# What they are asked for cannot be read off the page that asks.
_PROVES = ("birth_date", "external_id")


@dataclass(frozen=True)
class Record:
    """One record as it stands beside the other."""

    patient: Patient
    needs: list[str]
    contacts: list[str]
    permissions: list[tuple[str, list[tuple[str, str]]]]  # by number: purpose, mark
    visits: int
    doses: int


@desk_page(*_MAY)
def duplicates(request: HttpRequest) -> HttpResponse:
    """List who may be registered twice, and what was put together lately."""
    now = clock.now()
    open_pairs = owned(SuspectedDuplicate.objects.filter(dismissed_at=None), request.user)
    merges = PatientMerge.objects.filter(merged_at__gt=now - UNDONE_WITHIN, undone_at=None)
    merges = merges.filter(kept__erased_at=None, merged__erased_at=None)
    merges = owned(merges, request.user).select_related("kept", "merged", "merged_by")
    found = list(open_pairs.select_related("one", "other").order_by("pk")[: SHOWN_AT_MOST + 1])
    pairs = found[:SHOWN_AT_MOST]
    recording.shows(
        request, [one for pair in pairs for one in (pair.one, pair.other)], is_list=True
    )
    return show(
        request,
        "merging/duplicates.html",
        title=_("Registered twice?"),
        pairs=pairs,
        are_more=len(found) > SHOWN_AT_MOST,
        shown_at_most=SHOWN_AT_MOST,
        merges=list(merges.order_by("-merged_at")[:SHOWN_AT_MOST]),
        days=UNDONE_WITHIN.days,
    )


@desk_page(*_MAY)
def compare(request: HttpRequest) -> HttpResponse:
    """Show two records side by side; with a second identifier they become one."""
    one = get_object_or_404(_patients(request), pk=_number(request.GET.get("one")))
    other = _patients(request).filter(pk=_number(request.GET.get("other"))).first()
    if other is None:
        return _find(request, one)
    recording.shows(request, [one, other])
    kept = other if request.POST.get("keep") == str(other.pk) else one
    problem = ""
    if request.method == "POST":
        merged = one if kept == other else other
        try:
            joining.merge(
                kept,
                merged,
                proof=request.POST.get("proof", ""),
                by=_person(request),
                now=clock.now(),
            )
        except NotMerged as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("They are one record now. For 30 days it can be undone."))
            return HttpResponseRedirect(reverse("patient", args=[kept.pk]))
    return show(
        request,
        "merging/compare.html",
        title=_("One patient, or two?"),
        records=[_record(one), _record(other)],
        rows=_rows(one, other),
        keep=kept.pk,
        problem=problem,
        not_alike=joining.why_not(one, other),
    )


@desk_page(*_MAY)
@require_POST
def dismiss(request: HttpRequest, pair_id: int) -> HttpResponse:
    """Two people with one name: do not ask again."""
    pair = get_object_or_404(owned(SuspectedDuplicate.objects.all(), request.user), pk=pair_id)
    SuspectedDuplicate.objects.filter(pk=pair.pk, dismissed_at=None).update(
        dismissed_at=clock.now(), dismissed_by=_person(request)
    )
    messages.success(request, _("They are two people; it is not asked again."))
    return HttpResponseRedirect(reverse("duplicates"))


@desk_page(*_MAY)
@require_POST
def undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Part two records again."""
    done = get_object_or_404(owned(PatientMerge.objects.all(), request.user), pk=merge_id)
    try:
        is_undone = joining.undo(done, by=_person(request), now=clock.now())
    except NotMerged as refusal:
        messages.warning(request, str(refusal))
    else:
        if is_undone:
            messages.success(request, _("They are two records again."))
        else:
            messages.warning(request, _("It cannot be undone any more."))
    return HttpResponseRedirect(reverse("duplicates"))


def _find(request: HttpRequest, one: Patient) -> HttpResponse:
    # Typed names travel in the body: addresses end up in logs.
    typed = request.POST.get("typed", "").strip()
    found: QuerySet[Patient] = Patient.objects.none()
    if typed:
        found = nearest_like(_patients(request), typed, countries=countries_of(request.user))
        found = found.exclude(pk=one.pk)
    first = list(found[: FOUND_AT_MOST + 1])
    shown = first[:FOUND_AT_MOST]
    recording.shows(request, [one, *shown], is_list=True)
    return show(
        request,
        "merging/find.html",
        title=_("Who is the same as %(name)s?") % {"name": one.full_name},
        one=one,
        typed=typed,
        found=shown,
        are_more=len(first) > FOUND_AT_MOST,
    )


def _patients(request: HttpRequest) -> QuerySet[Patient]:
    return owned(Patient.objects.select_related("clinic"), request.user)


def _record(patient: Patient) -> Record:
    counted = Patient.objects.filter(pk=patient.pk).aggregate(
        visits=Count("appointments", distinct=True), doses=Count("immunisations", distinct=True)
    )
    contacts = patient.contacts.select_related("phone").order_by("rank", "pk")
    return Record(
        patient=patient,
        needs=[str(Need(need).label) for need in patient.needs],
        contacts=[
            f"{c.name}: {spoken(c.phone.number) if c.phone else _('no number')}" for c in contacts
        ],
        permissions=[
            (one.number, one.by_purpose) for one in standing.of_patient(patient, at=clock.now())
        ],
        **counted,
    )


def _rows(one: Patient, other: Patient) -> list[tuple[str, Any, Any, bool]]:
    """Return what is told of both, in words, line by line, and whether it differs."""
    fields = ("given_name", "family_name", "birth_date", "sex", "external_id", "site", "state")
    return [
        (str(Patient._meta.get_field(name).verbose_name), *_side_by_side(one, other, name))  # type: ignore[union-attr]
        for name in fields
    ]


def _side_by_side(one: Patient, other: Patient, name: str) -> tuple[Any, Any, bool]:
    first, second = _shown(one, name), _shown(other, name)
    if name not in _PROVES:
        return first, second, first != second
    if first and second:
        words = _("the same in both") if first == second else _("differs")
        return words, words, False
    return _("only here") if first else "", _("only here") if second else "", False


def _shown(patient: Patient, name: str) -> Any:
    display = getattr(patient, f"get_{name}_display", None)
    return display() if display else getattr(patient, name)


def _person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise TypeError("only people who signed in come here")
    return request.user


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isdecimal() and len(typed) < 19 else 0
