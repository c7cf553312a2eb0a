"""The form of who a patient is."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import Need, Patient, PatientTag, Tag
from healthmsg.cockpit import fields


class PatientForm(forms.ModelForm[Patient]):
    """A patient; needs are ticked."""

    needs = fields.several(gettext_lazy("Communication needs"), Need.choices, required=False)
    tagged = fields.rows(gettext_lazy("Tags"), Tag.objects.order_by("name"), required=False)

    class Meta:
        model = Patient
        fields = ("needs",)  # the page adds the rest

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tagged: Any = self.fields.get("tagged")
        if tagged is not None:
            # None for a new patient: whose tags they are is known once it is somebody's.
            tagged.queryset = tagged.queryset.filter(clinic=self.instance.clinic_id)
            theirs = PatientTag.objects.filter(tag=OuterRef("pk"), patient=self.instance.pk)
            # All tags, and which of them are the patient's, asked together.
            tags = list(tagged.queryset.annotate(is_theirs=Exists(theirs)))
            tagged.choices = [(tag.pk, str(tag)) for tag in tags]
            tagged.initial = [tag.pk for tag in tags if tag.is_theirs]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        # Of a row that stands the clinic is no field, and then Django does not ask the constraint.
        clinic = values.get("clinic") or self.instance.clinic_id
        identifier = values.get("external_id")
        others = Patient.objects.filter(clinic=clinic, external_id=identifier)
        if identifier and others.exclude(pk=self.instance.pk).exists():
            self.add_error("external_id", _("Another patient has this identifier."))
        return values
