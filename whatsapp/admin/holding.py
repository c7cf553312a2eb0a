"""Stop and start again: one act for everything that can be held with a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import (
    Act,
    ClinicAdmin,
    Tone,
    act_page,
    act_path,
    mark,
    row_or_404,
    speaks_for,
)
from whatsapp.lifting import what_lifts, why

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

M = TypeVar("M", bound=Model)
# What a stop may bring with it, and an end of it takes away.
_NOTHING: dict[str, Any] = {"held_until": None, "held_code": None, "held_by": None}


class ReasonForm(forms.Form):
    """Why something is stopped: the next person who looks wants to know."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        widget=forms.TextInput(
            attrs={"class": "border border-base-200 px-3 py-2 rounded-default w-full"}
        ),
    )


def hold(row: Any, *, reason: str, now: datetime, by: Any = None) -> bool:
    """
    Stop a number, account, portfolio, template or switch; nothing is lost, all of it waits.

    A person's stop has no end of its own, also where WhatsApp's had one.

    :returns: False where it was stopped already, without an end
    """
    running = Q(held_at=None)
    if "held_until" in _fields(row):
        running |= Q(held_until__isnull=False)
    return _change(row, running, {"held_at": now, "held_reason": reason, "held_by": by})


def release(row: Any) -> bool:
    """Let what waits go out again, as far as it is still useful. False where it was running."""
    return _change(row, Q(held_at__isnull=False), {"held_at": None, "held_reason": ""})


def held_mark(row: Any) -> SafeString:
    """Return whether it is stopped, and why."""
    if row.held_at is None:
        return mark(_("running"), Tone.GOOD)
    return mark(_("stopped: %(reason)s") % {"reason": why(row)}, Tone.BAD)


@dataclass(frozen=True)
class Stopping:
    """What a page says when it stops or starts a row, whom that reaches, and how it is done."""

    is_stopped: "_StrOrPromise"
    stop: "_StrOrPromise"
    consequence: "_StrOrPromise"
    stopped: "_StrOrPromise"
    started: "_StrOrPromise"
    # Somebody has to work for all of these clinics.
    reaches: Callable[[Any], QuerySet[Clinic]]
    hold: Callable[..., bool] = hold
    release: Callable[[Any], bool] = release
    lifts: Callable[[Any], str] = what_lifts


@dataclass(frozen=True)
class More:
    """Something else on a row's page that keeps messages from leaving, and what can be done."""

    title: "_StrOrPromise"
    words: tuple["_StrOrPromise", ...]
    link: str = ""
    button: "_StrOrPromise" = ""
    # Nothing has to be done, or not yet.
    is_mild: bool = False


# A base of our own, as the cockpit's pages have: each page would write the same two acts.
class StoppableAdmin(ClinicAdmin[M]):
    """A page whose rows can be stopped with a reason and started again."""

    change_form_outer_before_template = "whatsapp/holding.html"
    stopping: Stopping

    def get_urls(self) -> list[URLPattern]:
        return [*stop_and_start(self, self.stopping), *super().get_urls()]

    def more(self, request: HttpRequest, row: M) -> tuple[More, ...]:
        """Return what else is stopped, beside the row itself."""
        return ()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if row is not None:
            shown = {"title": str(row), "subtitle": None, "held_more": self.more(request, row)}
            shown |= holding_context(self, request, row, self.stopping)
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))


def holding_context(
    page: ModelAdmin[Any], request: HttpRequest, row: Any, stopping: Stopping
) -> dict[str, Any]:
    """Return what `whatsapp/holding.html` shows of a row that can be stopped."""
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}"
    return {
        "held": row,
        "held_words": stopping,
        "held_why": why(row),
        "held_lifts": stopping.lifts(row) if row.held_at else "",
        "held_stop": f"{name}_stop",
        "held_start": f"{name}_start",
        "may_hold": may_hold(page, request, row, stopping),
        # Who stopped and started it, and when.
        "show_history": True,
    }


def may_hold(page: ModelAdmin[Any], request: HttpRequest, row: Any, stopping: Stopping) -> bool:
    """True where somebody may stop and start it, for everybody whom that reaches."""
    return request.user.has_perm(change_permission(page)) and speaks_for(
        request.user, stopping.reaches(row)
    )


def change_permission(page: ModelAdmin[Any]) -> str:
    return f"{page.opts.app_label}.change_{page.opts.model_name}"


def stop_and_start(page: ModelAdmin[Any], stopping: Stopping) -> list[URLPattern]:
    """Return the addresses of the two acts, for `get_urls`."""

    def row_of(request: HttpRequest, key: object) -> Any:
        row = row_or_404(page, request, str(key), change_permission(page))
        if not may_hold(page, request, row, stopping):
            raise PermissionDenied
        return row

    def stop(request: HttpRequest, object_id: object) -> HttpResponse:
        return _stop_page(page, request, row_of(request, object_id), stopping)

    def start(request: HttpRequest, object_id: object) -> HttpResponse:
        return _start_page(page, request, row_of(request, object_id), stopping)

    return [act_path(page, "stop", stop), act_path(page, "start", start)]


def _stop_page(
    page: ModelAdmin[Any], request: HttpRequest, row: Any, stopping: Stopping
) -> HttpResponse:
    def do(values: dict[str, Any]) -> "_StrOrPromise":
        reason = values["reason"]
        if not stopping.hold(row, reason=reason, now=clock.now(), by=request.user):
            return _("It was stopped already.")
        page.log_change(request, row, _("Stopped: %(reason)s") % {"reason": reason})
        return stopping.stopped

    act = Act(
        title=_("Stop %(name)s") % {"name": row},
        button=stopping.stop,
        explanation=stopping.consequence,
        form=ReasonForm,
        do=do,
        is_dangerous=True,
    )
    return act_page(page, request, row, act)


def _start_page(
    page: ModelAdmin[Any], request: HttpRequest, row: Any, stopping: Stopping
) -> HttpResponse:
    said = {"reason": why(row).rstrip("."), "lifts": stopping.lifts(row)}

    def do(_values: dict[str, Any]) -> "_StrOrPromise":
        if not stopping.release(row):
            return _("It was running already.")
        page.log_change(request, row, _("Started again; stopped because: %(reason)s") % said)
        return stopping.started

    act = Act(
        title=_("Start %(name)s again") % {"name": row},
        button=_("Start again"),
        explanation=_("Stopped because: %(reason)s. %(lifts)s") % said
        if row.held_at
        else _("It is running."),
        do=do,
    )
    return act_page(page, request, row, act)


def _fields(row: Model) -> set[str]:
    return {field.name for field in row._meta.fields}


def _change(row: Model, condition: Q, values: dict[str, Any]) -> bool:
    """Change what is still so in the database: somebody else may have been faster."""
    known = {k: v for k, v in (_NOTHING | values).items() if k in _fields(row)}
    return bool(type(row)._default_manager.filter(condition, pk=row.pk).update(**known))
