"""A new patient, registered while somebody waits at the desk."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic import phone as numbers
from healthmsg.clinic import typed_numbers
from healthmsg.clinic.admin.search import patients_like
from healthmsg.clinic.models import Clinic, Contact, Patient, Relationship
from healthmsg.cockpit import recording
from healthmsg.desk.admin.contacts import language_choices
from healthmsg.desk.agenda import finding
from healthmsg.desk.agenda.finding import Found
from healthmsg.desk.agenda.sheets import clinic_of, place_of, plain, sheet
from healthmsg.desk.frame import desk_page

_LONGEST = 60


class DayInput(forms.DateInput):
    input_type = "date"


class NewPatientForm(forms.Form):
    """Who comes, and who is written to."""

    given_name = forms.CharField(label=gettext_lazy("Given name"), max_length=_LONGEST)
    family_name = forms.CharField(label=gettext_lazy("Family name"), max_length=_LONGEST)
    birth_date = forms.DateField(
        label=gettext_lazy("Birth date"), required=False, widget=DayInput(format="%Y-%m-%d")
    )
    number = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
        help_text=gettext_lazy("As you would dial it."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    relationship = forms.ChoiceField(
        label=gettext_lazy("The phone belongs to"), choices=Relationship.choices
    )
    contact_name = forms.CharField(
        label=gettext_lazy("Their given name"),
        required=False,
        max_length=_LONGEST,
        help_text=gettext_lazy("Only where the phone is not the patient's own."),
    )

    def __init__(self, *args: Any, clinic: Clinic, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic, self.today = clinic, today
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)  # noqa: S101 - declared above
        language.choices = language_choices(clinic)
        for name in ("given_name", "family_name"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_birth_date(self) -> date | None:
        born: date | None = self.cleaned_data["birth_date"]
        if born and born > self.today:
            raise ValidationError(_("This day is still to come."))
        return born

    def clean_number(self) -> str:
        typed = self.cleaned_data["number"].strip()
        return number_of(typed, self.clinic) if typed else ""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("relationship") != Relationship.SELF and not values.get("contact_name"):
            self.add_error("contact_name", _("Somebody else than the patient needs a name."))
        return values


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
            patient = _create(clinic, form.cleaned_data, now=now)
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


def number_of(typed: str, clinic: Clinic) -> str:
    """
    Return a number in E.164.

    :raises ValidationError: says how to write it
    """
    try:
        return numbers.e164(typed, country=clinic.country)
    except numbers.Impossible as impossible:
        raise ValidationError(
            _("%(why)s Write it as you would dial it, such as %(example)s.")
            % {"why": _(str(impossible)), "example": clinic.phone}
        ) from impossible


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


@transaction.atomic
def _create(clinic: Clinic, values: dict[str, Any], *, now: datetime) -> Patient:
    patient = Patient.objects.create(
        clinic=clinic,
        given_name=values["given_name"],
        family_name=values["family_name"],
        birth_date=values["birth_date"],
    )
    phone = None
    if values["number"]:
        phone = typed_numbers.take(clinic, values["number"], key=settings.NUMBERS_KEY, now=now)
    Contact.objects.create(
        patient=patient,
        name=values["contact_name"] or patient.given_name,
        relationship=values["relationship"],
        language=values["language"],
        phone=phone,
    )
    return patient


def _names(typed: str) -> dict[str, str]:
    if any(character.isdigit() for character in typed):
        return {}
    given, _space, family = typed.strip().partition(" ")
    return {"given_name": given, "family_name": family.strip()}
