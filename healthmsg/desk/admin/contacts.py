"""Contacts on the patient's page: the number is typed as people spell it."""

from functools import cached_property
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from healthmsg import clock
from healthmsg.clinic import phone as numbers
from healthmsg.clinic import typed_numbers
from healthmsg.clinic.admin.phones import phone_mark
from healthmsg.clinic.languages import LANGUAGES, in_words
from healthmsg.clinic.models import Clinic, Contact, Patient, Relationship
from healthmsg.cockpit import CockpitInline, clinics_of
from healthmsg.cockpit.keys import key_of
from healthmsg.desk import standing


class ContactForm(forms.ModelForm[Contact]):
    """Somebody who may be written to about the patient."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), widget=UnfoldAdminSelectWidget())
    number = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )

    class Meta:
        model = Contact
        fields = (
            *("name", "relationship", "language", "may_be_told", "until", "agreed_on"),
            "rank",
        )

    def __init__(self, *args: Any, clinic: Clinic | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)  # noqa: S101 - declared above
        language.choices = language_choices(clinic, self.instance.language)
        self.fields["name"].required = False
        self.fields["name"].help_text = _("Empty: the patient's own.")
        if self.instance.phone:
            self.fields["number"].initial = numbers.spoken(self.instance.phone.number)

    def clean_number(self) -> str:
        typed: str = self.cleaned_data["number"].strip()
        if not typed or self.clinic is None:
            return ""
        try:
            return numbers.e164(typed, country=self.clinic.country)
        except numbers.Impossible as impossible:
            raise forms.ValidationError(
                _("%(why)s Write it as you would dial it, such as %(example)s.")
                % {"why": _(str(impossible)), "example": self.clinic.phone}
            ) from impossible

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not values.get("name") and values.get("relationship") != Relationship.SELF:
            self.add_error("name", _("Somebody else than the patient needs a name."))
        is_ended_by_age = self.instance.until_by_age and values.get("until") is None
        if is_ended_by_age and values.get("agreed_on") is None:
            self.add_error(
                "agreed_on",
                _(
                    "Messages to them end as the patient comes of age. Ask the patient, and write"
                    " down the day on which they agreed."
                ),
            )
        return values

    def save(self, commit: bool = True) -> Contact:  # noqa: FBT001, FBT002 - Django's signature
        self.instance.name = self.cleaned_data["name"] or self.instance.patient.given_name
        number = self.cleaned_data.get("number", "")
        if "until" in self.changed_data:
            self.instance.until_by_age = False
        self.instance.phone = None
        if number and self.clinic is not None:
            self.instance.phone = typed_numbers.take(
                self.clinic, number, key=settings.NUMBERS_KEY, now=clock.now()
            )
        return super().save(commit)


class ContactFormSet(BaseInlineFormSet[Contact, Patient, forms.ModelForm[Contact]]):
    """The contacts of one patient; each number once."""

    spare_clinic: Clinic | None = None

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "clinic": self._clinic}

    @cached_property
    def _clinic(self) -> Clinic | None:
        # A patient who is being registered has none yet: the patient's own form, which checks
        # whether it may be theirs, was sent along.
        typed = self.data.get("clinic") if self.is_bound else None
        if self.instance.clinic_id:
            return self.instance.clinic
        return Clinic.objects.filter(pk=key_of(typed)).first() or self.spare_clinic

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            kept = hasattr(form, "cleaned_data") and not form.cleaned_data.get("DELETE")
            number = form.cleaned_data.get("number", "") if kept else ""
            if number and number in seen:
                form.add_error("number", _("This patient already has a contact on this number."))
            seen.update(numbers.same_number(number) if number else ())


class ContactInline(CockpitInline[Contact, Patient]):
    """Who may be written to; the first in order is written to."""

    model = Contact
    form = ContactForm
    formset = ContactFormSet
    fields = (
        ("name", "relationship"),
        ("number", "language"),
        ("may_be_told", "until"),
        ("rank", "agreed_on"),
        "state",
    )
    readonly_fields = ("state",)
    ordering = ("rank", "pk")

    def get_extra(self, request: HttpRequest, obj: Patient | None = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0

    def get_formset(self, request: HttpRequest, obj: Patient | None = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        if obj is None:
            formset.spare_clinic = clinics_of(request.user).order_by("pk").first()
        return formset

    def get_queryset(self, request: HttpRequest) -> Any:
        # The page beside the form tells how the permissions on these very numbers stand.
        return standing.of_contacts(super().get_queryset(request), at=clock.now())

    @admin.display(description=gettext_lazy("state of the number"))
    def state(self, contact: Contact) -> str:
        return phone_mark(contact.phone) if contact.phone else "–"


def language_choices(clinic: Clinic | None, present: str = "") -> list[tuple[str, Any]]:
    """Return the clinic's languages in words; a contact keeps one the clinic gave up."""
    codes = list(clinic.languages) if clinic else list(LANGUAGES)
    if present and present not in codes:
        codes.append(present)
    return [(code, in_words(code)) for code in codes]
