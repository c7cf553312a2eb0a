"""What the steps of an incident ask for."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic.folding import latin_digits
from healthmsg.clinic.models import Clinic, Patient
from healthmsg.cockpit import OneClinicForm, fields
from healthmsg.desk.register.models import Incident, Risk

# A row's own key, as the pages write it.
_OUR_NUMBER = re.compile(r"#(\d{1,18})")
_MOST = 4000


class IncidentForm(OneClinicForm[Incident]):
    """What whoever noticed it knows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # An entry that is only looked at has no fields.
        if "story" in self.fields:
            self.fields["story"].required = True
            self.fields["known_at"].initial = clock.now()

    def clean_known_at(self) -> Any:
        return _not_ahead(self.cleaned_data["known_at"])

    def clean_happened_at(self) -> Any:
        return _not_ahead(self.cleaned_data["happened_at"])


class WordsForm(forms.Form):
    """What somebody has to say about a step."""

    text = fields.long_text(
        gettext_lazy("In your words"),
        required=True,
        help_text=gettext_lazy("Name no patient: they are listed beside it."),
    )

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        if len(text) > _MOST:
            raise ValidationError(_("At most %d letters.") % _MOST)
        return text


class RiskForm(WordsForm):
    risk = fields.choice(gettext_lazy("How bad it is for these people"), Risk.choices)

    field_order = ("risk", "text")


class MomentForm(WordsForm):
    at = fields.MomentField(label=gettext_lazy("When"))

    field_order: tuple[str, ...] = ("at", "text")

    def clean_at(self) -> Any:
        return _not_ahead(self.cleaned_data["at"])


class AuthorityForm(MomentForm):
    reference = fields.text(gettext_lazy("Its reference"), required=False, most=100)
    text = fields.long_text(
        gettext_lazy("What it was told"),
        help_text=gettext_lazy("After more than 72 hours also why so late."),
    )

    field_order = ("at", "reference", "text")


class ConcernedForm(forms.Form):
    """Patients by what names them here; reception's words for them stay out of the register."""

    who = fields.long_text(
        gettext_lazy("Patients"),
        help_text=gettext_lazy(
            "Identifiers, or # and our number for a patient as in #12; with commas or line by line."
        ),
    )
    affected = fields.number(
        gettext_lazy("How many there are in all, as far as known"),
        least=0,
        most=2_000_000_000,
        required=True,
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clinic = clinic

    def clean_who(self) -> list[Patient]:
        # An Arabic keyboard has commas and digits of its own.
        typed = latin_digits(self.cleaned_data["who"])
        names = {name.strip() for name in re.split(r"[,;،؛\n]", typed)} - {""}
        keys = {int(key[1]) for name in names if (key := _OUR_NUMBER.fullmatch(name))}
        wanted = Q(pk__in=keys) | Q(external_id__in=names)
        found = list(Patient.objects.filter(wanted, clinic=self._clinic).order_by("pk"))
        known = {f"#{one.pk}" for one in found} | {one.external_id for one in found}
        if unknown := sorted(names - known):
            raise ValidationError(_("Nobody here is %s.") % ", ".join(unknown[:5]))
        return found


def _not_ahead(moment: Any) -> Any:
    if moment is not None and moment > clock.now():
        raise ValidationError(_("This is still to come."))
    return moment
