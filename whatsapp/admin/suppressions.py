"""People whom a code of WhatsApp's stopped: read-only, by which code, what became of it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import StoryAdmin, Tone, mark, owned, sees_details
from whatsapp import errors
from whatsapp.models import Breaker, Suppression, SuppressionState

_BREAKERS = 10
_TONES = {
    SuppressionState.APPLIED: Tone.BAD,
    SuppressionState.NOTED: Tone.ASKS,
    SuppressionState.UNDONE: Tone.GOOD,
    SuppressionState.DROPPED: Tone.GOOD,
}


class BreakerFilter(SimpleListFilter):
    """Those who were stopped together, one entry for each time that it were too many."""

    title = gettext_lazy("stopped at once")
    parameter_name = "breaker"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        latest = owned(Breaker.objects.select_related("sender"), request.user).order_by("-pk")
        return [(str(row.pk), _since(row)) for row in latest[:_BREAKERS]]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Suppression]
    ) -> QuerySet[Suppression]:
        typed = self.value() or ""
        return queryset.filter(breaker=int(typed)) if typed.isdecimal() else queryset


@admin.register(Suppression)
class SuppressionAdmin(StoryAdmin[Suppression]):
    """Each row is one person and one thing that was stopped for them, or nearly."""

    list_empty = gettext_lazy(
        "People to whom nothing goes because of what WhatsApp answered stand here."
    )
    list_filter = (BreakerFilter, "state")
    list_select_related = ("phone", "sender")
    ordering = ("-pk",)
    change_form_outer_before_template = "whatsapp/suppression_story.html"

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        number = "number" if sees_details(request.user) else "masked_number"
        return ("at", number, "what", "because", "standing")

    @admin.display(description=gettext_lazy("number"))
    def number(self, row: Suppression) -> str:
        return spoken(row.phone.number)

    @admin.display(description=gettext_lazy("number"))
    def masked_number(self, row: Suppression) -> str:
        return row.phone.masked

    @admin.display(description=gettext_lazy("WhatsApp's code"))
    def because(self, row: Suppression) -> str:
        return code_in_words(row.code)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Suppression) -> SafeString:
        state = SuppressionState(row.state)
        return mark(state.label, _TONES[state])

    def story(self, request: HttpRequest, row: Suppression) -> dict[str, Any]:
        user = request.user
        return {
            "suppression": row,
            "suppression_number": spoken(row.phone.number)
            if sees_details(user)
            else row.phone.masked,
            "suppression_code": code_in_words(row.code),
            "suppression_standing": self.standing(row),
            "suppression_phone": reverse("admin:clinic_phone_change", args=[row.phone_id])
            if user.has_perm("clinic.view_phone")
            else "",
            "suppression_breaker": reverse("admin:whatsapp_breaker_change", args=[row.breaker_id])
            if row.breaker_id and user.has_perm("whatsapp.view_breaker")
            else "",
        }


def code_in_words(code: int) -> str:
    """Return a code with what it means, as far as we know."""
    return f"{code}: {errors.meaning(code).reason.label}"


def _since(breaker: Breaker) -> str:
    at = formats.date_format(timezone.localtime(breaker.opened_at), "SHORT_DATETIME_FORMAT")
    return _("%(number)s, %(at)s") % {"number": breaker.sender, "at": at}
