"""A row and everything chosen for it belong to one clinic, also for people who work at several."""

from typing import Any, TypeVar

from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from healthmsg.cockpit.belonging import path_of

M = TypeVar("M", bound=Model)
# How what is chosen names its clinic; accounts and clinics themselves are nobody's alone.
_PATHS = ("clinic", "clinics")


# A base of our own, as the pages have: a form without it would let one clinic's campaign leave from
# another one's number.
class OneClinicForm(forms.ModelForm[M]):
    """Offers what belongs to the row's clinic, and refuses what does not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clinic_id = getattr(self.instance, "clinic_id", None)
        for field in self.fields.values() if clinic_id else ():
            path = _path(field)
            if path and isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
                field.queryset = field.queryset.filter(**{path: clinic_id})

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        clinic = values.get("clinic")
        clinic_id: int = clinic.pk if clinic else getattr(self.instance, "clinic_id", 0)
        for name, field in self.fields.items() if clinic_id else ():
            if (path := _path(field)) and not _is_of(values.get(name), path, clinic_id):
                self.add_error(name, _("This belongs to another clinic."))
        return values


def _path(field: forms.Field) -> str:
    queryset = field.queryset if isinstance(field, forms.ModelChoiceField) else None
    path = path_of(queryset.model) if queryset is not None else ""
    return path if path in _PATHS else ""


def _is_of(chosen: Any, path: str, clinic_id: int) -> bool:
    if chosen is None:
        return True
    if isinstance(chosen, QuerySet):
        return not chosen.exclude(**{path: clinic_id}).exists()
    rows: QuerySet[Model] = type(chosen)._default_manager.filter(pk=chosen.pk)
    return rows.filter(**{path: clinic_id}).exists()
