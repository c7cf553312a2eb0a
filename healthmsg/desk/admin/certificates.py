"""Certificates: what was deleted, handed out and removed by a rule, when, and who decided."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.cockpit import StoryAdmin, Tone, mark
from healthmsg.desk.privacy import by_itself
from healthmsg.desk.privacy.models import Kept, Removal, RetentionRun, RunState

# What certificates count, by the names under which they keep it.
_COUNTED = {
    "visits": gettext_lazy("Visits"),
    "invitations": gettext_lazy("Invitations"),
    "numbers": gettext_lazy("Numbers"),
    "messages": gettext_lazy("Messages we sent"),
    "withdrawn": gettext_lazy("Messages that were waiting, taken back"),
    "replies": gettext_lazy("Messages from patients"),
    "files": gettext_lazy("Files from patients"),
    "notices": gettext_lazy("Notices from WhatsApp"),
}
_TONES = {RunState.GOING: Tone.ASKS, RunState.STOPPED: Tone.QUIET, RunState.DONE: Tone.GOOD}


@admin.register(Removal)
class RemovalAdmin(StoryAdmin[Removal]):
    """Whom it was about stands in them by number alone."""

    list_empty = gettext_lazy(
        "When the data of a patient are deleted, the certificate stands here."
    )
    list_display = ("decided_at", "kind", "patient", "reason", "decided_by")
    list_filter = ("kind",)
    list_select_related = ("decided_by",)
    ordering = ("-decided_at", "-pk")
    change_form_outer_before_template = "desk/removal_story.html"

    @admin.display(description=gettext_lazy("patient"))
    def patient(self, row: Removal) -> str:
        return _("patient #%s") % row.patient_number if row.patient_number else "–"

    def story(self, request: HttpRequest, row: Removal) -> dict[str, Any]:
        return {
            "removal": row,
            "removal_patient": self.patient(row),
            "removal_counts": [
                (_COUNTED.get(name, name), count) for name, count in row.counts.items()
            ],
        }


@admin.register(RetentionRun)
class RetentionRunAdmin(StoryAdmin[RetentionRun]):
    """What a rule took, piece by piece; where to start and stop one is a page of its own."""

    list_empty = gettext_lazy(
        "When something is removed because its time is over, the certificate stands here."
    )
    list_display = ("decided_at", "kind", "before", "how_much", "standing", "decider")
    list_filter = ("kind", "state")
    list_select_related = ("decided_by",)
    ordering = ("-decided_at", "-pk")
    change_form_outer_before_template = "desk/retention_run_story.html"

    @admin.display(description=gettext_lazy("removed"))
    def how_much(self, row: RetentionRun) -> str:
        return _("%(removed)s of %(expected)s") % {
            "removed": row.removed,
            "expected": row.expected,
        }

    @admin.display(description=gettext_lazy("decided by"))
    def decider(self, row: RetentionRun) -> str:
        if row.decided_by is None and row.kind in by_itself.KINDS:
            return _("the rule, by itself")
        if row.decided_by is None and row.kind == Kept.AUDIT:
            return "manage.py cut_audit"
        return str(row.decided_by or "–")

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: RetentionRun) -> SafeString:
        state = RunState(row.state)
        return mark(state.label, _TONES[state])

    def story(self, request: HttpRequest, row: RetentionRun) -> dict[str, Any]:
        return {
            "retention_run": row,
            "retention_how_much": self.how_much(row),
            "retention_decider": self.decider(row),
            "retention_standing": self.standing(row),
        }
