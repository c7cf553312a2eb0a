"""Stop and start several templates at once: one wording is a row in each of its languages."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from healthmsg import clock
from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import Act, act_page, speaks_for
from whatsapp.admin.holding import ReasonForm, Stopping
from whatsapp.lifting import why
from whatsapp.models import Template

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

AT_MOST = 100
# Beside the rows that were chosen: the second page was seen, and answered.
_SEEN = "seen"


def stop_chosen(
    page: ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Template], stopping: Stopping
) -> HttpResponse | None:
    """Ask why, then stop each that runs; None where the list says why nothing is done."""
    chosen = _may_be_chosen(request, rows)

    def do(values: dict[str, Any]) -> str:
        reason, now = values["reason"], clock.now()
        done = [
            row for row in chosen if stopping.hold(row, reason=reason, now=now, by=request.user)
        ]
        for row in done:
            page.log_change(request, row, _("Stopped: %(reason)s") % {"reason": reason})
        words = ngettext("Stopped %d template.", "Stopped %d templates.", len(done)) % len(done)
        return _and_those_before(words, len(chosen) - len(done), _("stopped already"))

    n = len(chosen)
    act = Act(
        title=ngettext("Stop %d template", "Stop %d templates", n) % n,
        button=ngettext("Stop %d template", "Stop %d templates", n) % n,
        explanation=stopping.consequence,
        form=ReasonForm,
        do=do,
        is_dangerous=True,
    )
    return _second_page(page, request, chosen, act, name="stop_chosen")


def start_chosen(
    page: ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Template], stopping: Stopping
) -> HttpResponse | None:
    """Show why each was stopped, then start it again; None where nothing is done."""
    chosen = _may_be_chosen(request, rows)

    def do(_values: dict[str, Any]) -> str:
        done = [row for row in chosen if stopping.release(row)]
        for row in done:
            page.log_change(request, row, _("Started again"))
        words = ngettext("Started %d template.", "Started %d templates.", len(done)) % len(done)
        return _and_those_before(words, len(chosen) - len(done), _("running already"))

    n = len(chosen)
    act = Act(
        title=ngettext("Start %d template again", "Start %d templates again", n) % n,
        button=_("Start again"),
        explanation=_("What waits goes out, as far as it is still useful."),
        do=do,
    )
    return _second_page(page, request, chosen, act, name="start_chosen")


def _may_be_chosen(request: HttpRequest, rows: QuerySet[Template]) -> list[Template]:
    """
    Return the rows; none where there are too many, which the list then says.

    :raises PermissionDenied: an account among them serves a clinic that is not the person's
    """
    chosen = list(rows.select_related("account")[: AT_MOST + 1])
    if len(chosen) > AT_MOST:
        messages.error(request, _("At most %d at once. Please filter the list.") % AT_MOST)
        return []
    accounts = {row.account_id for row in chosen}
    if not speaks_for(request.user, Clinic.objects.filter(senders__account__in=accounts)):
        raise PermissionDenied
    return chosen


def _second_page(
    page: ModelAdmin[Any], request: HttpRequest, chosen: list[Template], act: Act, *, name: str
) -> HttpResponse | None:
    if not chosen:
        return None
    context = {
        "chosen": [(row, why(row)) for row in chosen],
        "box": ACTION_CHECKBOX_NAME,
        "name": name,
        "seen": _SEEN,
    }
    act = Act(**{**vars(act), "template": "whatsapp/chosen_templates.html", "context": context})
    return act_page(page, request, None, act, is_sent=_SEEN in request.POST)


def _and_those_before(words: str, others: int, what: "_StrOrPromise") -> str:
    """Return the sentence, and of how many it was so before."""
    return f"{words} {others} {what}." if others else words
