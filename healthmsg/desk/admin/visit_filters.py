"""The day's list: which day, which site, whose patients."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock, dates
from healthmsg.clinic.models import Appointment, Clinician, Site
from healthmsg.cockpit import meant_days, owned
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.cockpit.keys import key_of


def today() -> date:
    """Return the day that the clinic's calendar shows."""
    return timezone.localtime(clock.now()).date()


def chosen_day(typed: str | None) -> date:
    """Return the day asked for; today where none, or nothing we understand, was."""
    return meant_days.read(typed) or today()


def span(first: date, days: int) -> tuple[datetime, datetime]:
    """Return the moments at which days begin and end by the clinic's clocks."""
    zone = timezone.get_current_timezone()
    midnight = datetime.min.time()
    return (
        datetime.combine(first, midnight, zone),
        datetime.combine(first + timedelta(days=days), midnight, zone),
    )


def asked_patient(asked: QueryDict) -> int:
    """Return the key of the patient whose visits are asked for, 0 for everybody's."""
    return key_of(asked.get("patient"))


def is_any_day(asked: QueryDict) -> bool:
    """True where all visits of one patient are asked for, and no day of them."""
    return bool(asked_patient(asked)) and not asked.get("day")


def days_around(asked: QueryDict) -> dict[str, Any]:
    """Return the day shown, and links to those beside it: what else was asked for stays."""
    typed = asked.get("day")
    day = chosen_day(typed)
    patient = asked_patient(asked)
    kept = {name: str(asked[name]) for name in asked if name not in ("day", "p")}
    steps = (
        (_("the day before"), day - timedelta(days=1)),
        (_("today"), today()),
        (_("tomorrow"), today() + timedelta(days=1)),
        (_("the day after"), day + timedelta(days=1)),
    )
    return {
        "patient": patient,
        "is_any": is_any_day(asked),
        "is_week": typed == "week",
        "shown": dates.written(day, "l, j F Y"),
        "value": day.isoformat(),
        "kept": kept,
        "steps": [(words, urlencode(kept | {"day": one.isoformat()})) for words, one in steps],
    }


class DayFilter(SimpleListFilter):
    """One day, today at first; the index is by clinic and start. Of one patient, any day."""

    title = gettext_lazy("day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        self._patient = asked_patient(request.GET)
        tomorrow = today() + timedelta(days=1)
        return [(tomorrow.isoformat(), _("tomorrow")), ("week", _("the next 7 days"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("any day") if self._patient else _("today")}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Appointment]
    ) -> QuerySet[Appointment]:
        if is_any_day(request.GET):
            return queryset
        days = 7 if self.value() == "week" else 1
        begins, ends = span(chosen_day(self.value()), days)
        return queryset.filter(starts_at__gte=begins, starts_at__lt=ends)


class PatientFilter(SimpleListFilter):
    """One patient, by the link on their page; names are searched for, never in the address."""

    title = gettext_lazy("patient")
    parameter_name = "patient"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        asked = asked_patient(request.GET)
        return [(str(asked), _("patient #%s") % asked)] if asked else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = key_of(self.value())
        return queryset.filter(patient_id=asked) if asked else queryset


class ClinicFilter(SimpleListFilter):
    """For people who work for several."""

    title = gettext_lazy("clinic")
    parameter_name = "clinic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        clinics = known_clinics(request.user)
        return [(str(one.pk), one.name) for one in clinics] if len(clinics) > 1 else []

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Appointment]
    ) -> QuerySet[Appointment]:
        chosen = self.value()
        known = [one.pk for one in known_clinics(request.user) if str(one.pk) == chosen]
        return queryset.filter(clinic=known[0]) if known else queryset


class SiteFilter(SimpleListFilter):
    """Sites of the person's own clinics."""

    title = gettext_lazy("site")
    parameter_name = "site"
    model: Any = Site

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = owned(self.model.objects.order_by("name"), request.user)
        return [(str(row.pk), row.name) for row in rows[:100]]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Appointment]
    ) -> QuerySet[Appointment]:
        chosen = key_of(self.value())
        return queryset.filter(**{self.parameter_name: chosen}) if chosen else queryset


class WithWhomFilter(SiteFilter):
    """Clinicians of the person's own clinics."""

    title = gettext_lazy("clinician")
    parameter_name = "clinician"
    model = Clinician
