"""Too many people would have been stopped at once: what happened, and the two ways to decide."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg import clock
from healthmsg.clinic.models import Phone, StaffUser
from healthmsg.cockpit import Act, StoryAdmin, Tone, act_page, act_path, mark, row_or_404
from reminders import patients
from whatsapp import suppressing
from whatsapp.admin.suppressions import code_in_words
from whatsapp.models import Breaker, Sender, SuppressionKind, SuppressionState

_MAY = "whatsapp.change_breaker"
_OF_NUMBERS = (SuppressionKind.PHONE, SuppressionKind.FAILING)


@admin.register(Breaker)
class BreakerAdmin(StoryAdmin[Breaker]):
    """Those that wait for a person come first."""

    list_empty = gettext_lazy(
        "If very many people would be stopped at once, they wait here for your decision."
    )
    list_display = ("opened_at", "number", "people", "standing", "decided_by", "decided_at")
    list_select_related = ("sender", "decided_by")
    ordering = (F("decided_at").desc(nulls_first=True), "-pk")
    change_form_outer_before_template = "desk/breaker_story.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Breaker]:
        return (
            super()
            .get_queryset(request)
            .annotate(how_many=Count("suppressions__phone", distinct=True))
        )

    @admin.display(description=gettext_lazy("from"))
    def number(self, breaker: Breaker) -> Sender:
        return breaker.sender

    @admin.display(description=gettext_lazy("people"))
    def people(self, breaker: Any) -> str:
        return str(breaker.how_many)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, breaker: Breaker) -> SafeString:
        return standing_mark(breaker)

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "stop-all", self.stop_all),
            act_path(self, "bring-back", self.bring_back),
            *super().get_urls(),
        ]

    def stop_all(self, request: HttpRequest, object_id: int) -> HttpResponse:
        breaker = row_or_404(self, request, str(object_id), _MAY)

        def do(_values: dict[str, Any]) -> str:
            count = suppressing.decide(breaker, apply=True, by=_by(request), now=clock.now())
            return _decided(
                breaker,
                ngettext("Stopped %d more person.", "Stopped %d more people.", count),
                count,
            )

        act = Act(
            title=_("Stop them all"),
            button=_("Stop them all"),
            explanation=_(
                "WhatsApp's answers are believed: what they asked to stop is stopped for all"
                " %(count)d people. Each number's own page, or a fresh permission, lifts it again."
            )
            % {"count": breaker.how_many},
            do=do,
            is_dangerous=True,
        )
        return act_page(self, request, breaker, act)

    def bring_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        breaker = row_or_404(self, request, str(object_id), _MAY)

        def do(_values: dict[str, Any]) -> str:
            now = clock.now()
            count = suppressing.decide(breaker, apply=False, by=_by(request), now=now)
            if count:
                _plan_anew(breaker)
            words = ngettext(
                "Nothing is stopped for %d person: all is as it was before.",
                "Nothing is stopped for %d people: all is as it was before.",
                count,
            )
            return _decided(breaker, words, count)

        act = Act(
            title=_("Bring them all back"),
            button=_("Bring them all back"),
            explanation=_(
                "WhatsApp's answers are not believed: of these %(count)d people, those who were"
                " stopped are written to again, and the others stay as they are. What somebody has"
                " changed since then stays changed."
            )
            % {"count": breaker.how_many},
            do=do,
        )
        return act_page(self, request, breaker, act)

    def story(self, request: HttpRequest, row: Breaker) -> dict[str, Any]:
        people = reverse("admin:whatsapp_suppression_changelist") + f"?breaker={row.pk}"
        return {
            "breaker": row,
            "breaker_standing": standing_mark(row),
            "breaker_people": getattr(row, "how_many", 0),
            "breaker_codes": _codes(row),
            "breaker_list": people if request.user.has_perm("whatsapp.view_suppression") else "",
            "breaker_may_decide": row.decided_at is None and request.user.has_perm(_MAY),
        }


def standing_mark(breaker: Breaker) -> SafeString:
    """Return whether somebody has decided, and how."""
    if breaker.decided_at is None:
        return mark(_("waits for a person to decide"), Tone.BAD)
    if breaker.was_applied:
        return mark(_("all stopped"), Tone.QUIET)
    return mark(_("all brought back"), Tone.GOOD)


def _codes(breaker: Breaker) -> list[dict[str, Any]]:
    """Return each code with what it asks to stop, and for how many people it did and would."""
    counts: dict[tuple[int, str], dict[str, int]] = {}
    rows = breaker.suppressions.order_by("code", "what").values_list("code", "what", "state")
    for code, what, state, people in rows.annotate(people=Count("phone", distinct=True)):
        counts.setdefault((code, what), {})[state] = people
    return [
        {
            "words": code_in_words(code),
            "what": SuppressionKind(what).label,
            "states": [(SuppressionState(state).label, people) for state, people in found.items()],
            "people": sum(found.values()),
        }
        for (code, what), found in counts.items()
    ]


def _by(request: HttpRequest) -> StaffUser | None:
    return request.user if isinstance(request.user, StaffUser) else None


def _decided(breaker: Breaker, words: str, count: int) -> str:
    if count:
        return words % count
    breaker.refresh_from_db()
    return _("Somebody has decided already. Nothing was changed.")


def _plan_anew(breaker: Breaker) -> None:
    """Reminders that were withheld meanwhile are planned again, where they are still useful."""
    numbers = Phone.objects.filter(
        suppressions__breaker=breaker,
        suppressions__state=SuppressionState.UNDONE,
        suppressions__what__in=_OF_NUMBERS,
    )
    for phone in numbers.distinct().order_by("pk"):
        patients.replan_number(phone, now=clock.now())
