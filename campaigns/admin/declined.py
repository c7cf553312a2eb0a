"""What patients want no more invitations about, until they say otherwise."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import topics
from campaigns.admin import vouched
from campaigns.models import DeclinedTopic
from healthmsg import clock
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


@admin.register(DeclinedTopic)
class DeclinedTopicAdmin(StoryAdmin[DeclinedTopic]):
    """Patients who answered an invitation with "Not this"."""

    list_empty = gettext_lazy("Patients who want no more invitations about a topic stand here.")
    list_display = ("who", "topic", "declined_at", "state")
    list_select_related = ("patient", "vaccine", "visit_kind", "campaign")
    ordering = ("-pk",)
    change_form_outer_before_template = "campaigns/declined_story.html"

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return shown if sees_details(request.user) else ("__str__", *shown[1:])

    @admin.display(description=gettext_lazy("patient"))
    def who(self, declined: DeclinedTopic) -> str:
        return declined.patient.full_name

    @admin.display(description=gettext_lazy("no invitations about"))
    def topic(self, declined: DeclinedTopic) -> str:
        return declined.about

    @admin.display(description=gettext_lazy("now"))
    def state(self, declined: DeclinedTopic) -> str:
        if declined.lifted_at is None:
            return mark(_("left out"), Tone.QUIET)
        return mark(_("invited again"), Tone.GOOD)

    def get_urls(self) -> list[URLPattern]:
        return [act_path(self, "invite-again", self.invite_again), *super().get_urls()]

    def invite_again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        permission = "campaigns.change_declinedtopic"
        declined = row_or_404(self, request, str(object_id), permission)

        def do(_values: dict[str, Any]) -> str:
            topics.lift(declined, by=vouched.person(request), now=clock.now())
            return _("Is invited to it again.")

        act = Act(
            title=_("Invite to it again"),
            button=_("Invite again"),
            explanation=_("Only where the patient, or who speaks for them, has asked for it."),
            do=do,
        )
        return act_page(self, request, declined, act)

    def story(self, request: HttpRequest, row: DeclinedTopic) -> dict[str, Any]:
        return {
            "declined": row,
            "topic": self.topic(row),
            "state": self.state(row),
            "who": row.patient.full_name if sees_details(request.user) else str(row.patient),
            "may_lift": row.lifted_at is None
            and request.user.has_perm("campaigns.change_declinedtopic"),
        }
