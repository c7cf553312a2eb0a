"""Lists of tasks for people: they open on what nobody has settled, and say who settles it."""

from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import StaffUser


class OpenFilter(SimpleListFilter):
    """Shows what is open, the most urgent first, unless all of them are asked for."""

    parameter_name = "which"
    open_words: ClassVar[str | Promise]
    # Empty while it is open.
    settled_field: ClassVar[str]
    open_first: ClassVar[str]
    newest_first: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", gettext_lazy("all of them"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": self.open_words}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset.order_by(self.newest_first, "-pk")
        return queryset.filter(**{self.settled_field: None}).order_by(self.open_first, "pk")


def person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise TypeError("only people who signed in come here")
    return request.user
