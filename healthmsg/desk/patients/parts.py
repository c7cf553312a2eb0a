"""Parts of a patient's page: every line of the ledger, and everything that has happened."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from healthmsg.clinic import proof
from healthmsg.clinic.models import ConsentRecord, Patient, Phone
from healthmsg.cockpit import owned, recording, sites_of
from healthmsg.desk import timeline
from healthmsg.desk.frame import desk_page
from healthmsg.desk.parts import moment_of, part
from healthmsg.desk.privacy import retention

LEDGER_LINES = 30
_MAY = ("clinic.view_patient", "clinic.view_patient_details")


@never_cache
@desk_page(*_MAY)
def past(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient = _patient_or_404(request, patient_id)
    before = moment_of(request.GET.get("before", ""))
    past = timeline.of_patient(patient, request.user, before=before)
    return part(
        request,
        "patients/past.html",
        title=_("What has happened"),
        who=patient.full_name,
        entries=past.entries,
        earlier=past.earlier.isoformat() if past.earlier else "",
        is_more=before is not None,
        patient=patient,
        is_part=bool(sites_of(request.user)),
        back=_page_of(patient),
    )


@never_cache
@desk_page(*_MAY)
def ledger(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient = _patient_or_404(request, patient_id)
    may_permit = request.user.has_perm("clinic.add_consentrecord")
    return part(
        request,
        "patients/ledger.html",
        title=_("Every line of the ledger"),
        who=patient.full_name,
        patient=patient,
        may_permit=may_permit and patient.erased_at is None,
        ledger=_lines(patient),
        back=_page_of(patient),
    )


def _patient_or_404(request: HttpRequest, patient_id: int) -> Patient:
    mine = owned(Patient.objects.all(), request.user)
    patient: Patient = get_object_or_404(mine, pk=patient_id)
    recording.shows(request, [patient])
    return patient


def _page_of(patient: Patient) -> str:
    return reverse("patient", args=[patient.pk])


def _lines(patient: Patient) -> list[ConsentRecord]:
    numbers = Phone.objects.filter(contacts__patient=patient)
    theirs = Q(patient=patient) | Q(patient=None, phone__in=numbers)
    lines = ConsentRecord.objects.filter(theirs).order_by("-given_at", "-pk")
    lines = lines.annotate(replaced_until=retention.replaced_until(patient))
    shown: list[ConsentRecord] = list(
        lines.select_related("recorded_by", "wording", "phone", "evidence")[:LEDGER_LINES]
    )
    corrected, words = {line.corrects_id for line in shown}, proof.read(shown)
    for line in shown:
        line.words_behind = words.get(line.pk, "")  # type: ignore[attr-defined]
        line.is_corrected = line.pk in corrected  # type: ignore[attr-defined]
    return shown
