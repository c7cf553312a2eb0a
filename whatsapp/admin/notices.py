"""Technical: what WhatsApp told us that nobody understood, and everything as it came."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from healthmsg.cockpit import StoryAdmin, Tone, mark, owned, sees_details, works_for_all
from whatsapp.models import Account, Delivery, Notice


class UnderstoodFilter(SimpleListFilter):
    """The list opens on what nobody understood."""

    title = _("understood")
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("not understood")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        return queryset if self.value() == "all" else queryset.filter(is_understood=False)


@admin.register(Notice)
class NoticeAdmin(StoryAdmin[Notice]):
    """What WhatsApp said about accounts, numbers and templates, and what we do not know."""

    list_title = _("Notices not understood")
    list_empty = _("Every notice of WhatsApp was understood.")
    list_display = ("received_at", "field", "waba_id", "understood")
    list_filter = (UnderstoodFilter,)
    ordering = ("-received_at", "-pk")
    change_form_outer_before_template = "whatsapp/notice_story.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        mine = owned(Account.objects.all(), request.user)
        return rows.filter(waba_id__in=["", *mine.values_list("waba_id", flat=True)])

    @admin.display(description=_("understood"))
    def understood(self, notice: Notice) -> str:
        if notice.is_understood:
            return mark(_("understood"), Tone.GOOD)
        return mark(_("not understood"), Tone.ASKS)

    def story(self, request: HttpRequest, row: Notice) -> dict[str, Any]:
        return {
            "notice_at": row.received_at,
            "notice_problem": "",
            "notice_text": _shut()
            if row.content is None
            else json.dumps(row.content, indent=2, ensure_ascii=False),
        }


class ProblemFilter(SimpleListFilter):
    """Which notices were not understood, or still wait."""

    title = _("state")
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("problem", _("not understood")), ("waiting", _("not looked at yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        if self.value() == "problem":
            return queryset.exclude(problem="")
        if self.value() == "waiting":
            return queryset.filter(digest_after__isnull=False)
        return queryset


@admin.register(Delivery)
class DeliveryAdmin(StoryAdmin[Delivery]):
    """Notices as they came, before anybody read them: they hold patients' words and numbers."""

    list_title = _("Notices as they came")
    list_empty = _("Notices of WhatsApp stand here for a few days, as they came.")
    list_display = ("received_at", "tries", "state")
    list_filter = (ProblemFilter,)
    ordering = ("-pk",)
    change_form_outer_before_template = "whatsapp/notice_story.html"

    def has_view_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        # A raw notice names no clinic: only somebody who works for all of them may read it.
        if not (super().has_view_permission(request, obj) and sees_details(request.user)):
            return False
        return works_for_all(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).defer("clear_body", "sealed", "named")

    @admin.display(description=_("state"))
    def state(self, delivery: Delivery) -> str:
        if delivery.problem and delivery.digest_after is not None:
            return mark(_("waits for a key"), Tone.BAD)
        if delivery.problem:
            return mark(_("not understood"), Tone.BAD)
        if delivery.digest_after is not None:
            return mark(_("not looked at yet"), Tone.WAITING)
        return mark(_("read"), Tone.GOOD)

    def story(self, request: HttpRequest, row: Delivery) -> dict[str, Any]:
        # Both in one question.
        row.refresh_from_db(fields=["clear_body", "sealed"])
        body = row.body
        return {
            "notice_at": row.received_at,
            "notice_problem": row.problem,
            "notice_text": _shut() if body is None else body.decode("utf-8", "backslashreplace"),
        }


def _shut() -> str:
    return gettext("(it cannot be read: a key is missing)")
