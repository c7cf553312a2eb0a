"""The form that says which list, when, and what happens to it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import Clinic, Clinician, Site
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.cockpit import fields, owned, sites_of
from healthmsg.cockpit.belonging import Person
from healthmsg.desk.cancelled_lists.looking import Wanted
from healthmsg.desk.cancelled_lists.models import ListAct

_DAY = {"type": "date"}
_HOUR = {"type": "time"}


class ListForm(forms.Form):
    """Days and hours are the site's, or the clinic's where no site is chosen."""

    clinician = forms.ModelChoiceField(
        Clinician.objects.none(),
        label=gettext_lazy("Whose list"),
        required=False,
        empty_label=gettext_lazy("everybody at the site"),
    )
    site = forms.ModelChoiceField(
        Site.objects.none(),
        label=gettext_lazy("Where"),
        required=False,
        empty_label=gettext_lazy("at every site"),
    )
    first_day = fields.DayField(
        label=gettext_lazy("From day"), widget=forms.DateInput(_DAY, format="%Y-%m-%d")
    )
    first_hour = forms.TimeField(
        label=gettext_lazy("From hour"), widget=forms.TimeInput(_HOUR, format="%H:%M")
    )
    last_day = fields.DayField(
        label=gettext_lazy("Until day"), widget=forms.DateInput(_DAY, format="%Y-%m-%d")
    )
    last_hour = forms.TimeField(
        label=gettext_lazy("Until hour"), widget=forms.TimeInput(_HOUR, format="%H:%M")
    )
    act = forms.ChoiceField(
        choices=ListAct, label=gettext_lazy("What happens to the visits"), widget=forms.RadioSelect
    )
    to_day = fields.DayField(
        label=gettext_lazy("To which day"),
        required=False,
        widget=forms.DateInput(_DAY, format="%Y-%m-%d"),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("By how many minutes; with a minus: earlier"),
        required=False,
        min_value=-720,
        max_value=720,
    )
    to_clinician = forms.ModelChoiceField(
        Clinician.objects.none(),
        label=gettext_lazy("To whom"),
        required=False,
        empty_label=gettext_lazy("please choose"),
    )

    def __init__(self, *args: Any, clinic: Clinic, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clinic, self._limited_to = clinic, sites_of(person)
        people = Clinician.objects.filter(clinic=clinic, is_active=True).order_by("name", "pk")
        self._rows("clinician", people)
        self._rows("to_clinician", people)
        sites = owned(Site.objects.filter(clinic=clinic), person)
        self._rows("site", sites.order_by("name", "pk"))
        if self._limited_to:
            self._say_empty("site", _("at each of your sites"))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            self._check_span(values)
            self._check_act(values)
        return values

    def wanted(self) -> Wanted:
        """Return what was asked for; only of a valid form."""
        values = self.cleaned_data
        act = ListAct(values["act"])
        return Wanted(
            clinic=self._clinic,
            begins_at=self._at("first"),
            ends_at=self._at("last"),
            act=act,
            clinician=values["clinician"],
            site=values["site"],
            to_clinician=values["to_clinician"] if act == ListAct.HAND_OVER else None,
            to_day=values["to_day"] if act == ListAct.OTHER_DAY else None,
            by=timedelta(minutes=values["minutes"] or 0) if act == ListAct.LATER else timedelta(),
            limited_to=self._limited_to,
        )

    def _rows(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    def _say_empty(self, name: str, words: str) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.empty_label = words

    def _at(self, which: str) -> datetime:
        values = self.cleaned_data
        zone = values["site"].zone if values["site"] else self._clinic.zone
        hour = values[f"{which}_hour"]
        return wall_clock(datetime.combine(values[f"{which}_day"], hour, zone), hour)

    def _check_span(self, values: dict[str, Any]) -> None:
        if values["clinician"] is None and values["site"] is None:
            self.add_error("clinician", _("Choose a clinician, a site, or both."))
        if self._at("last") <= self._at("first"):
            self.add_error("last_day", _("The end is not after the beginning."))
        elif self._at("last") - self._at("first") > timedelta(days=31):
            self.add_error("last_day", _("At most a month at once."))

    def _check_act(self, values: dict[str, Any]) -> None:
        act = values["act"]
        if act == ListAct.OTHER_DAY and values["to_day"] is None:
            self.add_error("to_day", _("Choose the day."))
        if act == ListAct.LATER and not values["minutes"]:
            self.add_error("minutes", _("Enter the minutes."))
        to = values["to_clinician"]
        if act == ListAct.HAND_OVER and (to is None or to == values["clinician"]):
            self.add_error("to_clinician", _("Choose another clinician."))


class BackForm(forms.Form):
    """Why a whole list is taken back."""

    reason = forms.CharField(
        label=gettext_lazy("Why (for your colleagues; patients do not read it)"),
        max_length=120,
        error_messages={"required": gettext_lazy("Write why the list is taken back.")},
    )


class WhyForm(forms.Form):
    """Why it is done; asked where it is decided, as what is looked at stands in an address."""

    reason = forms.CharField(
        label=gettext_lazy("Why (for your colleagues; patients do not read it)"),
        max_length=120,
        error_messages={"required": gettext_lazy("Write why the visits are cancelled.")},
    )

    def __init__(self, *args: Any, act: ListAct, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whoever is asked at the telephone why a visit was cancelled reads it there.
        self.fields["reason"].required = act == ListAct.CANCEL
