"""Our WhatsApp numbers: their state, and the switch that stops them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.cockpit import Act, ClinicAdmin, Tone, act_page, act_path, mark, row_or_404, tip
from whatsapp.admin.holding import ReasonForm, held_mark, hold, release
from whatsapp.models import Sender

_QUALITY = {
    "GREEN": (gettext_lazy("good"), Tone.GOOD),
    "YELLOW": (gettext_lazy("getting worse"), Tone.ASKS),
    "RED": (gettext_lazy("bad"), Tone.BAD),
}


@admin.register(Sender)
class SenderAdmin(ClinicAdmin[Sender]):
    """Numbers we write from."""

    list_display = ("number", "verified_name", "how_patients_like_it", "running", "held_at")
    list_select_related = ("clinic", "account")
    ordering = ("pk",)
    change_form_outer_before_template = "whatsapp/number_acts.html"
    fields = (
        "clinic",
        "account",
        "phone_number_id",
        "display_number",
        "verified_name",
        "how_patients_like_it",
        "rate_per_second",
        "state_checked_at",
        "running",
        "held_at",
    )
    # What WhatsApp tells us, and what has an act of its own.
    told = ("how_patients_like_it", "state_checked_at", "running", "held_at")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Sender | None = None
    ) -> tuple[Any, ...]:
        fixed = ("account", "phone_number_id", "display_number", "verified_name") if obj else ()
        return (*super().get_readonly_fields(request, obj), *self.told, *fixed)

    def has_delete_permission(self, request: HttpRequest, obj: Sender | None = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("number"))
    def number(self, sender: Sender) -> str:
        return str(sender)

    @admin.display(description=gettext_lazy("how patients like it"))
    def how_patients_like_it(self, sender: Sender) -> str:
        words, tone = _QUALITY.get(sender.quality, (gettext_lazy("not known yet"), Tone.QUIET))
        return mark(words, tone)

    @admin.display(description=gettext_lazy("state"))
    def running(self, sender: Sender) -> str:
        return held_mark(sender) if sender.pk else tip(_("not saved yet"))

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "stop", self.stop_one),
            act_path(self, "start", self.start_one),
            *super().get_urls(),
        ]

    def stop_one(self, request: HttpRequest, object_id: int) -> HttpResponse:
        sender = row_or_404(self, request, str(object_id), "whatsapp.change_sender")

        def stop(values: dict[str, Any]) -> str:
            hold(sender, reason=values["reason"], now=clock.now())
            return _("Stopped 1 number. Everything waits until it is started again.")

        act = Act(
            title=_("Stop %(number)s") % {"number": sender},
            button=_("Stop this number"),
            explanation=_(
                "Nothing more leaves from this number; messages wait, and each is given up when"
                " its useful time has passed."
            ),
            form=ReasonForm,
            do=stop,
            is_dangerous=True,
        )
        return act_page(self, request, sender, act)

    def start_one(self, request: HttpRequest, object_id: int) -> HttpResponse:
        sender = row_or_404(self, request, str(object_id), "whatsapp.change_sender")

        def start(_values: dict[str, Any]) -> str:
            release(sender)
            return _("Started 1 number. What waits goes out.")

        act = Act(
            title=_("Start %(number)s again") % {"number": sender},
            button=_("Start again"),
            explanation=_("Stopped because: %(reason)s") % {"reason": sender.held_reason},
            do=start,
        )
        return act_page(self, request, sender, act)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        sender = self.get_object(request, object_id)
        title = {"title": str(sender), "subtitle": None} if sender else {}
        shown = {
            **title,
            "number": sender,
            "may_hold": request.user.has_perm("whatsapp.change_sender"),
        }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))
