"""The incident register: entered by anybody at the clinic, looked after by whoever runs it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg import clock
from healthmsg.cockpit import (
    Act,
    StoryAdmin,
    Tone,
    act_page,
    act_path,
    mark,
    recording,
    row_or_404,
    sees_details,
)
from healthmsg.desk.admin import register_forms
from healthmsg.desk.admin.open_tasks import OpenFilter, person
from healthmsg.desk.register import entering
from healthmsg.desk.register.models import Incident, Risk

_MAY = "desk.change_incident"
_HOUR = timedelta(hours=1)
# More are counted on the page, and stand in the rows.
_NAMED_AT_MOST = 200
Do = Callable[[Incident, dict[str, Any], HttpRequest], bool]


class OpenIncidents(OpenFilter):
    title = gettext_lazy("closed")
    open_words = gettext_lazy("still open")
    settled_field, open_first, newest_first = "closed_at", "known_at", "-known_at"


@admin.register(Incident)
class IncidentAdmin(StoryAdmin[Incident]):
    """Entries are never changed or deleted; each step is a line of its own."""

    form = register_forms.IncidentForm
    list_counts = gettext_lazy("incidents")
    list_display = ("known_at", "what", "affected", "authority", "standing", "closed_by")
    list_filter = (OpenIncidents,)
    list_select_related = ("closed_by",)
    change_form_outer_before_template = "desk/register_story.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("desk.add_incident"))

    def get_fieldsets(self, request: HttpRequest, obj: Incident | None = None) -> Any:
        if obj is not None:
            return []
        names = ("clinic", "what", "story", "consequences", "happened_at", "known_at", "affected")
        return [(None, {"fields": names})]

    def save_model(self, request: HttpRequest, obj: Incident, form: Any, change: Any) -> None:
        obj.entered_at, obj.entered_by = clock.now(), person(request)
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("telling the authority"))
    def authority(self, row: Incident) -> SafeString:
        return authority_mark(row, now=clock.now())

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Incident) -> SafeString:
        if row.closed_at is not None:
            return mark(_("closed"), Tone.GOOD)
        if row.risk == "":
            return mark(_("to be decided how bad it is"), Tone.ASKS)
        return mark(_("being looked after"), Tone.WAITING)

    def get_urls(self) -> list[URLPattern]:
        acts = (
            ("note", self.note),
            ("decide", self.decide),
            ("concern", self.concern),
            ("authority", self.tell_authority),
            ("patients-told", self.tell_patients),
            ("close", self.close),
            ("reopen", self.reopen),
        )
        return [*(act_path(self, name, act) for name, act in acts), *super().get_urls()]

    def note(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def do(row: Incident, said: dict[str, Any], request: HttpRequest) -> bool:
            return entering.note(row, said["text"], by=person(request), now=clock.now())

        act = {"title": _("Write down what was done"), "button": _("Write it down")}
        return self._page(request, object_id, do, act | {"form": register_forms.WordsForm})

    def decide(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def do(row: Incident, said: dict[str, Any], request: HttpRequest) -> bool:
            risk = Risk(said["risk"])
            return entering.decide(row, risk, said["text"], by=person(request), now=clock.now())

        act = {
            "title": _("Decide how bad it is"),
            "button": _("It is so"),
            "explanation": _("For the people concerned, not for the clinic; and say why."),
            "form": register_forms.RiskForm,
        }
        return self._page(request, object_id, do, act)

    def concern(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = row_or_404(self, request, str(object_id), _MAY)

        def do(row: Incident, said: dict[str, Any], request: HttpRequest) -> bool:
            recording.shows(request, said["who"])
            now, by = clock.now(), person(request)
            return entering.concern(row, said["who"], affected=said["affected"], by=by, now=now)

        act = {
            "title": _("Say whom it concerns"),
            "button": _("Add them"),
            "form": register_forms.ConcernedForm,
            "form_arguments": {"clinic": row.clinic},
            "initial": {"affected": row.affected},
        }
        return self._page(request, object_id, do, act)

    def tell_authority(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def do(row: Incident, said: dict[str, Any], request: HttpRequest) -> bool:
            return entering.tell_authority(
                row,
                said["reference"],
                said["text"],
                at=said["at"],
                by=person(request),
                now=clock.now(),
            )

        act = {
            "title": _("The authority was told"),
            "button": _("It knows"),
            "explanation": _("Nothing is sent from here: tell it by its own form or telephone."),
            "form": register_forms.AuthorityForm,
            "initial": {"at": clock.now()},
        }
        return self._page(request, object_id, do, act)

    def tell_patients(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def do(row: Incident, said: dict[str, Any], request: HttpRequest) -> bool:
            now, by = clock.now(), person(request)
            return entering.tell_patients(row, said["text"], at=said["at"], by=by, now=now)

        act = {
            "title": _("The patients were told"),
            "button": _("They know"),
            "explanation": _("How they were told, and what. Not to a number that is not theirs."),
            "form": register_forms.MomentForm,
            "initial": {"at": clock.now()},
        }
        return self._page(request, object_id, do, act)

    def close(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def do(row: Incident, said: dict[str, Any], request: HttpRequest) -> bool:
            return entering.close(row, said["text"], by=person(request), now=clock.now())

        act = {
            "title": _("Close it"),
            "button": _("Close it"),
            "explanation": _("Say what was changed so that it does not happen again."),
            "form": register_forms.WordsForm,
        }
        return self._page(request, object_id, do, act)

    def reopen(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def do(row: Incident, said: dict[str, Any], request: HttpRequest) -> bool:
            return entering.open_again(row, said["text"], by=person(request), now=clock.now())

        act = {"title": _("Open it again"), "button": _("Open it again")}
        return self._page(request, object_id, do, act | {"form": register_forms.WordsForm})

    def _page(
        self, request: HttpRequest, object_id: int, do: Do, act: dict[str, Any]
    ) -> HttpResponse:
        row = row_or_404(self, request, str(object_id), _MAY)

        def done(said: dict[str, Any]) -> str:
            try:
                is_done = do(row, said, request)
            except entering.NotYet as refusal:
                raise ValidationError(str(refusal.why)) from refusal
            return _("Written down.") if is_done else _("Nothing had to be changed.")

        form: type[forms.Form] = act.pop("form")
        return act_page(self, request, row, Act(do=done, form=form, **act))

    def story(self, request: HttpRequest, row: Incident) -> dict[str, Any]:
        user = request.user
        concerned = row.concerned.select_related("patient").order_by("pk")[:_NAMED_AT_MOST]
        patients = [one.patient for one in concerned]
        recording.shows(request, patients, is_list=True)
        may = user.has_perm(_MAY)
        return {
            "entry": row,
            "entry_standing": self.standing(row),
            "entry_authority": self.authority(row),
            "entry_until": entering.until(row),
            "entry_patients": patients,
            "entry_names": sees_details(user),
            "entry_number": _number_page(request, row),
            "entry_lines": row.lines.select_related("by").order_by("at", "pk"),
            "entry_may": may and row.closed_at is None,
            "entry_may_reopen": may and row.closed_at is not None,
            "entry_missing": entering.missing(row) if row.closed_at is None else "",
        }


def authority_mark(row: Incident, *, now: datetime) -> SafeString:
    """Return how telling the authority stands: told, not needed, or how many hours are left."""
    until = entering.until(row)
    if row.authority_told_at is not None:
        took = _hours(row.authority_told_at - row.known_at)
        is_late = row.authority_told_at > until
        words = ngettext("told after %d hour", "told after %d hours", took) % took
        return mark(words, Tone.BAD if is_late else Tone.GOOD)
    if not entering.must_tell_authority(row):
        return mark(_("not to be told"), Tone.QUIET)
    if now > until:
        over = _hours(now - until)
        return mark(ngettext("%d hour late", "%d hours late", over) % over, Tone.BAD)
    left = _hours(until - now)
    return mark(ngettext("%d hour left", "%d hours left", left) % left, Tone.ASKS)


def _hours(span: timedelta) -> int:
    return max(span, timedelta()) // _HOUR


def _number_page(request: HttpRequest, row: Incident) -> str:
    if row.number_id is None or not request.user.has_perm("whatsapp.view_numberincident"):
        return ""
    return reverse("admin:whatsapp_numberincident_change", args=[row.number_id])
