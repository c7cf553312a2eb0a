"""The main switches: one page with all of them, and a stop and a start for each."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import StoryAdmin
from healthmsg.desk import switches
from whatsapp.admin.holding import More, Stopping, holding_context, stop_and_start
from whatsapp.models import Switch


@admin.register(Switch)
class SwitchAdmin(StoryAdmin[Switch]):
    """What can be stopped for the whole house at once."""

    change_form_outer_before_template = "whatsapp/holding.html"
    stopping = Stopping(
        is_stopped=gettext_lazy("Stopped for the whole house"),
        stop=gettext_lazy("Stop for the whole house"),
        consequence=gettext_lazy(
            "Nothing of this leaves any more, from any number of any clinic. What waits is kept,"
            " and each message is given up when its useful time has passed."
        ),
        stopped=gettext_lazy("Stopped 1 main switch. Everything behind it waits."),
        started=gettext_lazy("Started 1 main switch. What waits goes out."),
        reaches=lambda _switch: Clinic.objects.all(),
        hold=switches.hold,
        release=switches.release,
        lifts=switches.what_lifts,
    )

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Switch | None:
        return next((one for one in switches.all_switches() if one.name == object_id), None)

    def get_urls(self) -> list[URLPattern]:
        return [*stop_and_start(self, self.stopping), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Main switches"),
            "switches": [self.story(request, row) for row in switches.all_switches()],
        }
        return TemplateResponse(request, "desk/switches.html", context)

    def story(self, request: HttpRequest, row: Switch) -> dict[str, Any]:
        shown = holding_context(self, request, row, self.stopping)
        shown |= {"title": str(row).capitalize(), "held_more": ()}
        if row.held_at is not None and switches.stands_still(row):
            link, words = reverse("standstill"), _("Look at what is not known")
            look = More(_("Stands still"), (switches.what_lifts(row),), link, words)
            return shown | {"may_hold": False, "held_more": (look,)}
        if switches.waits_for_a_look(row):
            link, words = reverse("after_silence"), _("Look at what happened meanwhile")
            look = More(_("After a silence"), (switches.what_lifts(row),), link, words)
            return shown | {"may_hold": False, "held_more": (look,)}
        return shown | ({"may_hold": False} if switches.waits_for_answers(row) else {})
