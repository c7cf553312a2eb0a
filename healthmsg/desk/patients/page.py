"""A patient's page: who they are, what stands out, what may be done, and all that concerns them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache

from healthmsg import clock
from healthmsg.clinic.models import Patient
from healthmsg.cockpit import naming, owned, recording, sees_details
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.patients import shown


@never_cache
@desk_page("clinic.view_patient")
def patient(request: HttpRequest, patient_id: int) -> HttpResponse:
    mine = owned(Patient.objects.select_related("clinic", "site"), request.user)
    row: Patient = get_object_or_404(mine, pk=patient_id)
    if not sees_details(request.user):
        # A number and a state: the admin's page has no more for them either.
        return redirect("admin:clinic_patient_change", row.pk)
    recording.shows(request, [row])
    return show(
        request,
        "patients/page.html",
        title=naming.of(row, details=True),
        here="admin:clinic_patient_changelist",
        **shown.around(row, request, now=clock.now()),
    )
