"""Why a visit is cancelled: one click, or a few words; that nobody said why is an answer too."""

from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

_LONGEST = 120


class CancelReason(TextChoices):
    """What is said most often; it is kept in words, beside those that somebody typed."""

    ASKED = "ASKED", gettext_lazy("the patient asked")
    ILL = "ILL", gettext_lazy("the patient is ill")
    ELSEWHERE = "ELSEWHERE", gettext_lazy("the patient is seen elsewhere")
    AWAY = "AWAY", gettext_lazy("the clinician is away")
    CLOSED = "CLOSED", pgettext_lazy("reason", "the site is closed")
    NONE_GIVEN = "NONE_GIVEN", gettext_lazy("no reason was given")


class CancelReasonForm(forms.Form):
    """One of the reasons, or words of one's own; `reason` holds what is kept."""

    why = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=CancelReason,
        required=False,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("In other words"), required=False, max_length=_LONGEST
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        chosen, typed = values.get("why"), values.get("reason", "").strip()
        if self.errors:
            return values
        if not chosen and not typed:
            self.add_error("why", _("Choose a reason, or write one."))
        values["reason"] = typed or (str(CancelReason(chosen).label) if chosen else "")
        return values
