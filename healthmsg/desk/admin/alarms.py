"""Alarms and the people who are told of them; the list opens on what is wrong now."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, resolve
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import (
    Act,
    StoryAdmin,
    Tone,
    act_page,
    act_path,
    clinics_of,
    mark,
    row_or_404,
)
from healthmsg.desk.alarms import shown, signs, telling, words
from healthmsg.desk.alarms.kinds import Kind, Severity
from healthmsg.desk.models import Alarm

# What opens a page that is no model's; others open to whoever may see its rows.
_NEEDS = {"kept": "desk.change_retentionrule", "after_silence": "desk.view_alarm"}


class StandingFilter(SimpleListFilter):
    """Which alarms: those that are open come first in any case."""

    title = gettext_lazy("state")
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("wrong now")), ("over", _("over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> QuerySet[Alarm]:
        if self.value() in {"open", "over"}:
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return queryset


@admin.register(Alarm)
class AlarmAdmin(StoryAdmin[Alarm]):
    """What is wrong, since when, and who has seen it."""

    list_empty = gettext_lazy("When something goes wrong, it stands here, with what to do.")
    list_display = ("what", "standing", "opened_at", "told", "seen")
    list_filter = (StandingFilter,)
    list_select_related = ("acknowledged_by",)
    ordering = (F("closed_at").desc(nulls_first=True), "-opened_at", "-pk")
    list_before_template = "alarms/list_top.html"
    change_form_outer_before_template = "alarms/alarm_story.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alarm]:
        """Those of the person's clinics, and those of the whole house."""
        rows = Alarm.objects.order_by(*self.ordering)
        if request.user.is_superuser:
            return rows
        return rows.filter(Q(clinic=None) | Q(clinic__in=clinics_of(request.user)))

    @admin.display(description=gettext_lazy("what"))
    def what(self, alarm: Alarm) -> str:
        return words.headline(alarm)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, alarm: Alarm) -> SafeString:
        return standing_mark(alarm)

    @admin.display(description=gettext_lazy("told"))
    def told(self, alarm: Alarm) -> str:
        return told_words(alarm)

    @admin.display(description=gettext_lazy("seen by"))
    def seen(self, alarm: Alarm) -> str:
        return seen_words(alarm)

    def get_urls(self) -> list[URLPattern]:
        return [act_path(self, "acknowledge", self.acknowledge), *super().get_urls()]

    def acknowledge(self, request: HttpRequest, object_id: int) -> HttpResponse:
        alarm = row_or_404(self, request, str(object_id), "desk.change_alarm")

        def do(_values: dict[str, Any]) -> str:
            by = request.user if isinstance(request.user, StaffUser) else None
            now = signs.real_now()
            mine = telling.acknowledge(alarm, by=by, name=str(request.user), now=now)
            return _("Nobody is told of it again.") if mine else _("Somebody has seen it already.")

        act = Act(
            title=_("I have seen this alarm"),
            button=_("I have seen it, tell nobody again"),
            explanation=words.headline(alarm),
            do=do,
        )
        return act_page(self, request, alarm, act)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        top = {"missing": shown.what_is_missing(request)}
        return super().changelist_view(request, top | (extra_context or {}))

    def story(self, request: HttpRequest, row: Alarm) -> dict[str, Any]:
        may_see = row.is_open and row.acknowledged_at is None
        return {
            "title": Kind(row.kind).label,
            "alarm": row,
            "alarm_says": words.headline(row),
            "alarm_standing": standing_mark(row),
            "alarm_seen": seen_words(row),
            "alarm_to_do": words.what_to_do(row),
            "alarm_page": _page_for(request, row),
            "alarm_tellings": row.tellings.select_related("watcher").order_by("watcher__name"),
            "alarm_may_acknowledge": may_see and request.user.has_perm("desk.change_alarm"),
        }


def _page_for(request: HttpRequest, alarm: Alarm) -> str:
    """Return where the cause is seen, for those who may look there."""
    page = words.page_of(alarm)
    if not page:
        return ""
    name = resolve(page).url_name or ""
    app, _underscore, model = name.rpartition("_")[0].partition("_")
    needs = _NEEDS.get(name, f"{app}.view_{model}")
    return page if request.user.has_perm(needs) else ""


def standing_mark(alarm: Alarm) -> SafeString:
    """Return whether it is over, seen, or how grave it is."""
    if not alarm.is_open:
        return mark(_("over"), Tone.GOOD)
    if alarm.acknowledged_at is not None:
        return mark(_("wrong, seen"), Tone.WAITING)
    if alarm.severity == Severity.SEVERE:
        return mark(_("severe"), Tone.BAD)
    return mark(_("to be looked at"), Tone.ASKS)


def told_words(alarm: Alarm) -> str:
    if not alarm.times_told:
        return _("nobody")
    return ngettext("%d time", "%d times", alarm.times_told) % alarm.times_told


def seen_words(alarm: Alarm) -> str:
    name = str(alarm.acknowledged_by) if alarm.acknowledged_by else alarm.acknowledged_as
    return format_html("<bdi>{}</bdi>", name) if name else "–"
