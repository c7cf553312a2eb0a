"""What a patient may ask for: a copy of what is known, and that it goes; and what keeps it."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic import erasure
from healthmsg.clinic.folding import latin_digits
from healthmsg.clinic.models import Patient, StaffUser
from healthmsg.cockpit import Act, act_page, again, fields, row_or_404
from healthmsg.desk.backups import after, standstills
from healthmsg.desk.merging import one_person
from healthmsg.desk.privacy import copying, erasing, nameless
from healthmsg.desk.privacy.models import Removal, RemovalKind
from healthmsg.desk.proof import exporting

Page = ModelAdmin[Patient]
DETAILS = "clinic.view_patient_details"
ERASE = "clinic.erase_patient"
_KINDS = {"page": "text/html; charset=utf-8", "json": "application/json"}
_WHAT_A_HOLD_DOES = gettext_lazy(
    "While it lasts no rule removes anything of this patient, and nobody deletes them."
)
_WHAT_ITS_END_DOES = gettext_lazy(
    "This patient had been deleted, and a backup brought them back. When no legal hold keeps them"
    " any more, they are deleted again."
)


class ReasonForm(forms.Form):
    """A reason that is still read when the patient it was about is gone."""

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patient = patient
        self.fields["reason"].help_text = _(
            "Without names and numbers: it stays when everything else is deleted."
        )

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        records = one_person.records_of(self._patient)
        if any(nameless.tells_who(reason, record) for record in records):
            raise ValidationError(_("Leave out the names, numbers and identifiers in it."))
        return reason


class CopyForm(ReasonForm):
    """What somebody will do with it."""

    kind = fields.choice(
        gettext_lazy("As"),
        [
            ("page", gettext_lazy("a page to read and print")),
            ("json", gettext_lazy("a file for another program (JSON)")),
            ("archive", gettext_lazy("both, with the files they sent (ZIP)")),
        ],
    )
    reason = fields.text(gettext_lazy("Who asked for it, and how"), most=200)


class HoldForm(ReasonForm):
    reason = fields.text(gettext_lazy("Why it must be kept"), most=200)


class EraseForm(ReasonForm):
    """A reason, and the identifier once more: nobody deletes the wrong patient by a slip."""

    reason = fields.text(gettext_lazy("Who asked for it, and how"), most=200)
    typed = fields.text(gettext_lazy("Type it again to delete"), most=60)

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._expected = expected
        self.fields["typed"].help_text = _("Exactly: %(words)s") % {"words": expected}

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"].strip()
        if latin_digits(typed) != latin_digits(self._expected):
            raise ValidationError(_("This is not what stands there. Nothing was deleted."))
        return typed


def copy(page: Page, request: HttpRequest, object_id: int) -> HttpResponseBase:
    patient = _patient(page, request, object_id, "clinic.copy_patient")
    if again.is_needed(request):
        return again.ask(request)
    form = CopyForm(request.POST if request.method == "POST" else None, patient=patient)
    if form.is_valid():
        return _handed_out(request, patient, **form.cleaned_data)
    act = Act(
        title=_("A copy of what is known of %(name)s") % {"name": patient.full_name},
        button=_("Make the copy"),
        explanation=_(
            "Everything that is known of this patient, and nothing of whoever shares a number with"
            " them: of messages that speak of several people the words are left out. That a copy"
            " was made is written down."
        ),
        form=CopyForm,
        form_arguments={"patient": patient},
        do=lambda _values: "",
    )
    return act_page(page, request, patient, act)


def _handed_out(
    request: HttpRequest, patient: Patient, *, kind: str, reason: str
) -> HttpResponseBase:
    now = clock.now()
    answer = _copy(patient, kind, now)
    Removal.objects.create(
        clinic_id=patient.clinic_id,
        kind=RemovalKind.COPY,
        patient_number=patient.pk,
        reason=reason,
        decided_by=_person(request),
        decided_at=now,
    )
    return answer


def _copy(patient: Patient, kind: str, now: datetime) -> HttpResponseBase:
    name = f"patient-{patient.pk}"
    if kind == "archive":
        directory = Path(settings.INBOUND_FILES_DIRECTORY)
        content = copying.as_archive(patient, files=directory, now=now)
        answer = FileResponse(content, as_attachment=True, filename=f"{name}.zip")
        answer["Cache-Control"] = "no-store"
        return answer
    make = copying.as_json if kind == "json" else copying.as_page
    return _file(make(patient, now=now), kind, name=name)


def prove(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    """Hand out the proof of the permissions, to read and print."""
    return _proof(page, request, object_id, kind="page")


def prove_by_json(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    return _proof(page, request, object_id, kind="json")


def _proof(page: Page, request: HttpRequest, object_id: int, *, kind: str) -> HttpResponse:
    patient = _patient(page, request, object_id, "clinic.prove_permission")
    if again.is_needed(request):
        return again.ask(request)
    make = exporting.as_json if kind == "json" else exporting.as_page
    content = make(patient, by=_person(request), now=clock.now())
    return _file(content, kind, name=f"permissions-{patient.pk}")


def _file(content: str, kind: str, *, name: str) -> HttpResponse:
    ending = "json" if kind == "json" else "html"
    answer = HttpResponse(content, content_type=_KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    answer["Cache-Control"] = "no-store"
    return answer


def hold(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    patient = _patient(page, request, object_id, ERASE)
    is_to_go = patient in standstills.to_delete()
    is_on_hold = erasure.is_on_hold(*one_person.records_of(patient))

    def place(values: dict[str, Any]) -> str:
        by, now = _person(request), clock.now()
        one_person.place_hold(patient, reason=values["reason"], by=by, now=now)
        return _("This patient's data is kept until somebody ends it here.")

    def end(_values: dict[str, Any]) -> str:
        now = clock.now()
        one_person.end_hold(patient, by=_person(request), now=now)
        files = Path(settings.INBOUND_FILES_DIRECTORY)
        if patient.pk in after.complete(key=settings.NUMBERS_KEY, files=files, now=now):
            return _("Deleted, as it had been before a backup brought this patient back.")
        return _("Rules and wishes count again for this patient.")

    act = Act(
        title=_("Legal hold on %(name)s") % {"name": patient.full_name},
        button=_("End the legal hold") if is_on_hold else _("Keep everything"),
        explanation=_WHAT_A_HOLD_DOES if not is_to_go else _WHAT_ITS_END_DOES,
        form=forms.Form if is_on_hold else HoldForm,
        form_arguments={} if is_on_hold else {"patient": patient},
        do=end if is_on_hold else place,
        is_dangerous=is_on_hold and is_to_go,
    )
    return act_page(page, request, patient, act)


def erase(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    patient = _patient(page, request, object_id, ERASE)
    if again.is_needed(request):
        return again.ask(request)

    def delete(values: dict[str, Any]) -> str:
        try:
            erasing.erase(
                patient,
                reason=values["reason"],
                by=_person(request),
                key=settings.NUMBERS_KEY,
                files=Path(settings.INBOUND_FILES_DIRECTORY),
                now=clock.now(),
            )
        except erasure.OnHold as error:
            raise ValidationError(_("A legal hold keeps this patient's data.")) from error
        except erasing.PutToAnother as error:
            words = _("This record was put to another one of the same person: delete that one.")
            raise ValidationError(words) from error
        return _("Deleted. That there was a patient stays, and nobody can tell who it was.")

    act = Act(
        title=_("Delete %(name)s for good") % {"name": patient.full_name},
        button=_("Delete for good"),
        explanation=_(
            "Names, numbers and words go, everything that waits is taken back, and visits ahead are"
            " cancelled. Counts stay. It cannot be undone. What WhatsApp and the patient's phone"
            " keep is not ours to delete."
        ),
        form=EraseForm,
        form_arguments={"patient": patient, "expected": patient.external_id or f"#{patient.pk}"},
        do=delete,
        is_dangerous=True,
    )
    return act_page(page, request, patient, act)


ACTS = {
    "copy": copy,
    "proof": prove,
    "proof-json": prove_by_json,
    "legal-hold": hold,
    "delete-for-good": erase,
}


def _patient(page: Page, request: HttpRequest, object_id: int, permission: str) -> Patient:
    if not request.user.has_perm(DETAILS):
        raise PermissionDenied
    patient: Patient = row_or_404(page, request, str(object_id), permission)
    if patient.erased_at is not None:
        raise Http404
    return patient


def _person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise TypeError("only people who signed in come here")
    return request.user
