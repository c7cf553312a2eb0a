"""A new patient, registered while somebody waits at the desk."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic import phone as numbers
from healthmsg.clinic.admin.search import patients_like
from healthmsg.clinic.folding import latin_digits
from healthmsg.clinic.models import Clinic, Contact, Need, Patient
from healthmsg.cockpit import fields, recording
from healthmsg.desk.agenda import finding, telling
from healthmsg.desk.agenda.finding import Found
from healthmsg.desk.agenda.sheets import clinic_of, place_of, plain, sheet
from healthmsg.desk.agenda.telling import LONGEST, ContactForm
from healthmsg.desk.frame import desk_page


class DayInput(forms.DateInput):
    input_type = "date"


class NewPatientForm(ContactForm):
    """Who comes, and who is written to."""

    given_name = forms.CharField(label=gettext_lazy("Given name"), max_length=LONGEST)
    family_name = forms.CharField(label=gettext_lazy("Family name"), max_length=LONGEST)
    birth_date = fields.DayField(
        label=gettext_lazy("Birth date"), required=False, widget=DayInput(format="%Y-%m-%d")
    )
    external_id = forms.CharField(
        label=gettext_lazy("Identifier"), required=False, max_length=LONGEST
    )
    needs = forms.MultipleChoiceField(
        label=gettext_lazy("Communication needs"),
        choices=Need.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ("given_name", "family_name", "birth_date", "external_id", "needs")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for name in ("given_name", "family_name", "external_id"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_birth_date(self) -> date | None:
        born: date | None = self.cleaned_data["birth_date"]
        if born and born > self.today:
            raise ValidationError(_("This day is still to come."))
        return born

    def clean_external_id(self) -> str:
        typed: str = latin_digits(self.cleaned_data["external_id"])
        if typed and self.clinic.patients.filter(external_id=typed).exists():
            raise ValidationError(_("Another patient has this identifier."))
        return typed


@desk_page("clinic.add_appointment", "clinic.view_patient_details", "clinic.add_patient")
def register(request: HttpRequest) -> HttpResponse:
    """Register a patient, having shown who looks like the same person."""
    now = clock.now()
    place = place_of(request, now=now)
    clinic = clinic_of(request, place)
    if clinic is None:
        return HttpResponseRedirect(reverse("agenda"))
    today = now.astimezone(clinic.zone).date()
    # What was typed to find her is her name, more often than not.
    is_fresh = "given_name" not in request.POST
    form = NewPatientForm(
        None if is_fresh else request.POST,
        clinic=clinic,
        today=today,
        initial=_names(request.POST.get("typed", "")),
    )
    alike: list[Found] = []
    if not is_fresh and form.is_valid():
        alike = looking_alike(clinic, form.cleaned_data, now=now)
        recording.shows(request, [one.patient for one in alike], is_list=True)
        if not alike or "anyway" in request.POST:
            patient = _created(clinic, form, now=now)
            if patient is not None:
                return HttpResponseRedirect(
                    f"{reverse('agenda_book_for', args=[patient.pk])}?{place.stays}"
                )
    return sheet(
        request,
        "agenda/register.html",
        title=_("New patient"),
        place=place,
        form=plain(form),
        alike=alike,
    )


def looking_alike(clinic: Clinic, values: dict[str, Any], *, now: datetime) -> list[Found]:
    """Return patients who may be the same: the same name and no other birth date, or the number."""
    mine = Patient.objects.filter(clinic=clinic)
    named = patients_like(mine, f"{values['given_name']} {values['family_name']}")
    if values["birth_date"]:
        named = named.filter(Q(birth_date=values["birth_date"]) | Q(birth_date=None))
    found = list(named.values_list("pk", flat=True)[: finding.AT_MOST])
    if values["number"]:
        forms_of_it = numbers.same_number(values["number"])
        on_number = Contact.objects.filter(phone__clinic=clinic, phone__number__in=forms_of_it)
        # Brothers and sisters share a number: only who has her name may be her.
        same = mine.filter(
            pk__in=on_number.values("patient_id"), given_name__iexact=values["given_name"]
        )
        found += list(same.values_list("pk", flat=True)[: finding.AT_MOST])
    return finding.described(mine.filter(pk__in=found).order_by("pk"), now=now)


def _created(clinic: Clinic, form: NewPatientForm, *, now: datetime) -> Patient | None:
    """Return the new patient; None: somebody was faster with the identifier, and the form says."""
    try:
        return _create(clinic, form.cleaned_data, now=now)
    except IntegrityError:
        form.full_clean()
        if form.is_valid():
            raise
        return None


@transaction.atomic
def _create(clinic: Clinic, values: dict[str, Any], *, now: datetime) -> Patient:
    patient = Patient.objects.create(
        clinic=clinic,
        given_name=values["given_name"],
        family_name=values["family_name"],
        birth_date=values["birth_date"],
        external_id=values["external_id"],
        needs=values["needs"],
    )
    telling.add(patient, values, now=now)
    return patient


def _names(typed: str) -> dict[str, str]:
    if any(character.isdigit() for character in typed):
        return {}
    given, _space, family = typed.strip().partition(" ")
    return {"given_name": given, "family_name": family.strip()}
