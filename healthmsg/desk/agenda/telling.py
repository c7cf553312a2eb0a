"""Who is told about a patient's visits, where that is written down while somebody waits."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic import phone as numbers
from healthmsg.clinic import typed_numbers
from healthmsg.clinic.models import Clinic, Contact, Patient, Relationship
from healthmsg.desk.admin.booking_forms import Offered
from healthmsg.desk.admin.contacts import language_choices
from healthmsg.desk.agenda.sheets import plain

LONGEST = 60
# The button beside the form, and what its fields begin with where they stand in another form.
FIX, _PREFIX = "contact", "told"


class ContactForm(forms.Form):
    """Who is written to, and in which language."""

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
        max_length=LONGEST,
        help_text=gettext_lazy("Only where the phone is not the patient's own."),
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)  # noqa: S101 - declared above
        language.choices = language_choices(clinic)

    def clean_number(self) -> str:
        typed = self.cleaned_data["number"].strip()
        return number_of(typed, self.clinic) if typed else ""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("relationship") != Relationship.SELF and not values.get("contact_name"):
            self.add_error("contact_name", _("Somebody else than the patient needs a name."))
        return values


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


def offered_with_first(
    request: HttpRequest, patient: Patient, offered: Offered, *, now: datetime
) -> tuple[Offered, ContactForm | None]:
    """
    Write down whom to tell about a patient of whom nobody is known, where reception says so.

    :returns: what can be chosen now, and the form to fill in as long as there is nobody
    """
    if offered.contacts or not request.user.has_perm("clinic.add_contact"):
        return offered, None
    is_said = request.POST.get("fix") == FIX
    form = ContactForm(request.POST if is_said else None, clinic=patient.clinic, prefix=_PREFIX)
    form.fields["number"].required = True
    if not is_said or not form.is_valid():
        return offered, plain(form)
    contact = add(patient, form.cleaned_data, now=now)
    return replace(offered, contacts=(contact,)), None


@transaction.atomic
def add(patient: Patient, values: Mapping[str, Any], *, now: datetime) -> Contact:
    """Write down who is told; `values` are a ContactForm's."""
    phone = None
    if values["number"]:
        number = values["number"]
        phone = typed_numbers.take(patient.clinic, number, key=settings.NUMBERS_KEY, now=now)
    return Contact.objects.create(
        patient=patient,
        name=values["contact_name"] or patient.given_name,
        relationship=values["relationship"],
        language=values["language"],
        phone=phone,
    )
