"""Questions for the list of patients: who speaks what, is not told, needs what, belongs where."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic import languages
from healthmsg.clinic.models import Need, Obstacle, Patient, Reach, Site, obstacle
from healthmsg.cockpit import owned
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.cockpit.paginator import COUNT_UNTIL

_ANY = "any"


def among(
    patients: QuerySet[Patient], found: "QuerySet[Any]", *, few: int = COUNT_UNTIL
) -> QuerySet[Patient]:
    """
    Return those patients who are among the rows found, which have the patient's key.

    Few are read and then sorted; of many the list is walked by name until a page is full. Either
    way a page of a million patients is not sorted for fifty of them.
    """
    keys = found.order_by().values("pk")
    if keys[: few + 1].count() <= few:
        return patients.filter(pk__in=keys[:few])
    return patients.filter(Exists(found.filter(pk=OuterRef("pk"))))


class _Question(SimpleListFilter):
    """One that is asked of the patients of the person's own clinics."""

    def found(self, clinics: list[int], value: str) -> "QuerySet[Any]":
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Patient]) -> QuerySet[Patient]:
        value = self.value()
        known = {str(key) for key, _words in self.lookup_choices}
        if value not in known:
            return queryset
        clinics = [one.pk for one in known_clinics(request.user)]
        return among(queryset, self.found(clinics, value))


class LanguageFilter(_Question):
    """What whoever is told first is written to in."""

    title = gettext_lazy("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        codes = dict.fromkeys(
            code for clinic in known_clinics(request.user) for code in clinic.languages
        )
        return [(code, languages.in_words(code)) for code in codes]

    def found(self, clinics: list[int], value: str) -> "QuerySet[Any]":
        return Reach.objects.filter(clinic__in=clinics, language=value)


class ReachedFilter(_Question):
    """What keeps messages about visits from them."""

    title = gettext_lazy("messages about visits")
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (Obstacle.NEVER_ASKED, _("never asked for permission")),
            (Obstacle.NO_NUMBER, _("no number")),
            (Obstacle.WRONG_NUMBER, _("the number belongs to somebody else")),
            (Obstacle.STOPPED, _("asked us not to write")),
            (Obstacle.FAILING, _("not reached on WhatsApp")),
        ]

    def found(self, clinics: list[int], value: str) -> "QuerySet[Any]":
        rows = Reach.objects.filter(clinic__in=clinics)
        return rows.alias(obstacle=obstacle()).filter(obstacle=value)


class NeedFilter(_Question):
    """Who has to be spoken to otherwise; few have a need, and an index knows them."""

    title = gettext_lazy("needs")
    parameter_name = "need"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(_ANY, _("any")), *Need.choices]

    def found(self, clinics: list[int], value: str) -> "QuerySet[Any]":
        rows = Patient.objects.filter(~Q(needs=[]), clinic__in=clinics)
        return rows if value == _ANY else rows.filter(needs__contains=[value])


class HomeFilter(_Question):
    """Where they belong."""

    title = gettext_lazy("usual site")
    parameter_name = "site"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        sites = owned(Site.objects.order_by("name"), request.user)
        return [(str(pk), name) for pk, name in sites.values_list("pk", "name")[:100]]

    def found(self, clinics: list[int], value: str) -> "QuerySet[Any]":
        return Patient.objects.filter(clinic__in=clinics, site=int(value))
