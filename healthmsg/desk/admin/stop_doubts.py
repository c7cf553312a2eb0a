"""Words that may be a stop: what was written, and whether it was one."""

from typing import Any

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic.models import StaffUser
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import (
    Act,
    StoryAdmin,
    Tone,
    act_page,
    act_path,
    mark,
    row_or_404,
    sees_details,
)
from reminders import patients
from whatsapp import stop_doubts
from whatsapp.models import StopDoubt

_MAY = "whatsapp.change_stopdoubt"


@admin.register(StopDoubt)
class StopDoubtAdmin(StoryAdmin[StopDoubt]):
    """Those nobody has decided come first; campaigns to their numbers wait."""

    list_title = gettext_lazy("May be a stop")
    list_empty = gettext_lazy(
        "A message that may ask us to stop stands here until somebody has read it."
    )
    list_select_related = ("phone", "decided_by")
    ordering = (F("decided_at").desc(nulls_first=True), "-pk")
    change_form_outer_before_template = "desk/stop_doubt_story.html"

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        number = "number" if sees_details(request.user) else "masked_number"
        return ("since", number, "standing", "decided_by", "decided_at")

    @admin.display(description=gettext_lazy("number"))
    def number(self, row: StopDoubt) -> str:
        return spoken(row.phone.number)

    @admin.display(description=gettext_lazy("number"))
    def masked_number(self, row: StopDoubt) -> str:
        return row.phone.masked

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: StopDoubt) -> SafeString:
        if row.decided_at is None:
            return mark(_("campaigns wait for a person to decide"), Tone.ASKS)
        return mark(_("a stop"), Tone.BAD) if row.was_stop else mark(_("no stop"), Tone.GOOD)

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "was-stop", self.was_stop),
            act_path(self, "no-stop", self.no_stop),
            *super().get_urls(),
        ]

    def was_stop(self, request: HttpRequest, object_id: int) -> HttpResponse:
        act = Act(
            title=_("They asked us to stop"),
            button=_("Stop all messages to this number"),
            explanation=_(
                "It holds for every purpose and for every patient on this number, until they allow"
                " messages again. For one purpose alone write it down on the patient's page."
            ),
            do=lambda _values: "",
            is_dangerous=True,
        )
        return self._decide(request, object_id, act, was_stop=True)

    def no_stop(self, request: HttpRequest, object_id: int) -> HttpResponse:
        act = Act(
            title=_("They did not ask us to stop"),
            button=_("Let campaigns go on"),
            explanation=_("Campaigns to this number, which waited, go on within minutes."),
            do=lambda _values: "",
        )
        return self._decide(request, object_id, act, was_stop=False)

    def _decide(
        self, request: HttpRequest, object_id: int, words: Act, *, was_stop: bool
    ) -> HttpResponse:
        row = row_or_404(self, request, str(object_id), _MAY)

        def do(_values: dict[str, Any]) -> str:
            now, by = clock.now(), request.user
            assert isinstance(by, StaffUser)  # noqa: S101 - only people who signed in come here
            if not stop_doubts.decide(row, was_stop=was_stop, by=by, now=now):
                return _("Somebody has decided already. Nothing was changed.")
            if not was_stop:
                return _("Campaigns go on.")
            patients.replan_number(row.phone, now=now)
            return _("Nothing more is sent to this number.")

        act = Act(
            title=words.title,
            button=words.button,
            explanation=words.explanation,
            is_dangerous=words.is_dangerous,
            do=do,
        )
        return act_page(self, request, row, act)

    def story(self, request: HttpRequest, row: StopDoubt) -> dict[str, Any]:
        user = request.user
        details = sees_details(user)
        return {
            "doubt": row,
            "doubt_standing": self.standing(row),
            "doubt_number": self.number(row) if details else self.masked_number(row),
            "doubt_words": row.reply.text if details else "",
            "doubt_reply": reverse("admin:whatsapp_reply_change", args=[row.reply_id])
            if user.has_perm("whatsapp.view_reply")
            else "",
            "doubt_may": row.decided_at is None and user.has_perm(_MAY),
        }
