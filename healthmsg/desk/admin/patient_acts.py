"""What may be done about a patient: permissions, states; each with a page of its own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic.models import ConsentRecord, Patient, Phone, Purpose, StaffUser
from healthmsg.cockpit import Act, act_page, fields, row_or_404
from healthmsg.cockpit.keys import key_of
from healthmsg.desk.admin import permissions
from healthmsg.desk.proof import codes
from healthmsg.desk.proof import pages as proof
from reminders import patients

Page = ModelAdmin[Patient]
View = Callable[..., HttpResponseBase]

DETAILS = "clinic.view_patient_details"


_STOP_OF_ALL = gettext_lazy(
    "This line belongs to a stop of the whole number. Marked as a mistake, the stop no longer"
    " counts for any purpose nor for any patient on the number, and permissions stand as before it."
    " If somebody did ask us to stop and wants messages again, write down their new permission"
    " instead."
)


class ReasonForm(forms.Form):
    """A few words for whoever looks next."""

    reason = fields.text(gettext_lazy("Why"), required=False, most=120)


class PauseForm(forms.Form):
    """Until when nothing is written."""

    until = fields.day(
        gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("The first day on which messages go again; empty: until ended."),
    )
    reason = fields.text(gettext_lazy("Why"), most=120)

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if until is not None and until <= clock.now().date():
            raise ValidationError(_("This day is not ahead of us."))
        return until


def permit(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    patient = _patient(page, request, object_id, "clinic.add_consentrecord")

    def write_down(values: dict[str, Any]) -> str:
        words = permissions.write_down(patient, values, by=_person(request), at=clock.now())
        patients.replan_future(patient, now=clock.now())
        return words

    act = Act(
        title=_("Write down a permission of %(name)s") % {"name": patient.full_name},
        button=_("Write it down"),
        form=permissions.PermissionForm,
        form_arguments={"patient": patient},
        explanation=_("It holds for the number it was given for, and from now on."),
        do=write_down,
    )
    return act_page(page, request, patient, act)


def show_code(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    """Let the patient's own phone say it: lead to the code that it reads."""
    patient = _patient(page, request, object_id, "clinic.add_consentrecord")
    number = proof.display_number(patient.clinic)
    arguments: dict[str, Any] = {"patient": patient, "number": number}
    form = permissions.CodeForm(request.POST if request.method == "POST" else None, **arguments)
    if form.is_valid():
        chosen = form.cleaned_data
        purposes = [Purpose(purpose) for purpose in chosen["purposes"]]
        code = codes.show(
            chosen["contact"], purposes, chosen["wording"], by=_person(request), now=clock.now()
        )
        return redirect("permission_code", code.pk)
    act = Act(
        title=_("Permission of %(name)s by their own phone") % {"name": patient.full_name},
        button=_("Show the code"),
        explanation=_(
            "They read the words, scan a code and send the message that opens. It gives the"
            " permission, is its evidence, and proves that the number is theirs."
        ),
        form=permissions.CodeForm,
        form_arguments=arguments,
        do=lambda _values: "",
    )
    return act_page(page, request, patient, act)


def correct(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    patient = _patient(page, request, object_id, "clinic.add_consentrecord")
    lines = ConsentRecord.objects.select_related("phone").filter(corrects=None)
    theirs = Q(patient=patient) | Q(patient=None, phone__in=_numbers(patient))
    record = get_object_or_404(lines.filter(theirs), pk=key_of(request.GET.get("line")))
    is_stop = permissions.is_of_a_stop(record)

    def take_back(values: dict[str, Any]) -> str:
        words = permissions.take_back(record, values, by=_person(request), at=clock.now())
        patients.replan_number(record.phone, now=clock.now())
        return words

    act = Act(
        title=_("Entered by mistake"),
        button=_("Mark as a mistake"),
        explanation=_STOP_OF_ALL
        if is_stop
        else f"{record.get_purpose_display()}: {record.get_change_display()}",
        form=permissions.StopMistakeForm if is_stop else permissions.MistakeForm,
        do=take_back,
        is_dangerous=is_stop,
    )
    return act_page(page, request, patient, act)


def stop_number(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    patient = _patient(page, request, object_id, "clinic.add_consentrecord")
    phone = get_object_or_404(_numbers(patient), pk=key_of(request.GET.get("phone")))

    def stop(values: dict[str, Any]) -> str:
        words = permissions.stop_number(phone, values, by=_person(request), at=clock.now())
        patients.replan_future(patient, now=clock.now())
        return words

    act = Act(
        title=_("They asked us to stop"),
        button=_("Stop all messages to this number"),
        explanation=_(
            "It holds for every purpose and for every patient on this number, now and later, until"
            " the number itself allows messages again."
        ),
        form=permissions.StopForm,
        do=stop,
        is_dangerous=True,
    )
    return act_page(page, request, patient, act)


def died(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    return _state_page(
        page,
        request,
        object_id,
        title=_("%(name)s has died"),
        button=_("Write it down"),
        explanation=_("Everything that waits is taken back, and nothing more is written."),
        form=ReasonForm,
        verb=lambda p, v: patients.decease(p, reason=v["reason"], now=clock.now()),
        is_dangerous=True,
    )


def pause(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    return _state_page(
        page,
        request,
        object_id,
        title=_("Pause messages about %(name)s"),
        button=_("Pause"),
        explanation=_("Reminders that are due later stay planned."),
        form=PauseForm,
        verb=lambda p, v: patients.pause(p, until=v["until"], reason=v["reason"], now=clock.now()),
    )


def let_go(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    return _state_page(
        page,
        request,
        object_id,
        title=_("%(name)s is no longer our patient"),
        button=_("No longer ours"),
        explanation=_("Everything that waits is taken back, and nothing more is written."),
        form=ReasonForm,
        verb=lambda p, v: patients.let_go(p, reason=v["reason"], now=clock.now()),
    )


def back(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    return _state_page(
        page,
        request,
        object_id,
        title=_("Write to %(name)s again"),
        button=_("Write again"),
        explanation=_("What still makes sense is planned again; permissions stay as they were."),
        form=forms.Form,
        verb=_come_back,
    )


ACTS: dict[str, View] = {
    "permission": permit,
    "permission-code": show_code,
    "mistake": correct,
    "stop-number": stop_number,
    "died": died,
    "pause": pause,
    "no-longer-ours": let_go,
    "back": back,
}


def _come_back(patient: Patient, _values: dict[str, Any]) -> bool:
    """Undo whichever state the patient is in."""
    now = clock.now()
    verbs = (patients.revive, patients.resume, patients.take_back)
    return any(verb(patient, now=now) for verb in verbs)


def _state_page(  # noqa: PLR0913 - the words of one page
    page: Page,
    request: HttpRequest,
    object_id: int,
    *,
    title: str,
    button: str,
    explanation: str,
    form: type[forms.Form],
    verb: Callable[[Patient, dict[str, Any]], bool],
    is_dangerous: bool = False,
) -> HttpResponse:
    patient = _patient(page, request, object_id, "clinic.change_patient")

    def change(values: dict[str, Any]) -> str:
        return _("Written down.") if verb(patient, values) else _("Nothing had to be changed.")

    act = Act(
        title=title % {"name": patient.full_name},
        button=button,
        explanation=explanation,
        form=form,
        do=change,
        is_dangerous=is_dangerous,
    )
    return act_page(page, request, patient, act)


def _patient(page: Page, request: HttpRequest, object_id: int, permission: str) -> Patient:
    row_or_404(page, request, str(object_id), DETAILS)
    patient: Patient = row_or_404(page, request, str(object_id), permission)
    if patient.erased_at is not None:
        raise Http404
    return patient


def _numbers(patient: Patient) -> QuerySet[Phone]:
    return Phone.objects.filter(contacts__patient=patient).distinct()


def _person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise TypeError("only people who signed in come here")
    return request.user
