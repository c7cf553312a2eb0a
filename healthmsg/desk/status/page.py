"""One page of how the house stands: what works, what waits and since when, what stops it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from healthmsg import clock
from healthmsg.cockpit.belonging import Person
from healthmsg.desk.models import Watcher
from healthmsg.desk.status import lines, number_lines
from healthmsg.desk.status.line import Line, Moment
from whatsapp import watching


def may_look(person: Person) -> bool:
    """True for admins and support, and for whoever is told of alarms."""
    if person.has_perm("whatsapp.view_delivery") or person.has_perm("whatsapp.view_sweep"):
        return True
    return Watcher.objects.filter(user=person.pk, is_active=True).exists()


@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Show how everything stands; with `?only=now`, the part that is renewed in place."""
    if not may_look(request.user):
        raise PermissionDenied
    shown = _now(request)
    if request.GET.get("only") == "now":
        return TemplateResponse(request, "desk/status_now.html", shown)
    context = {**admin.site.each_context(request), "title": _("How everything stands"), **shown}
    return TemplateResponse(request, "desk/status.html", context)


def _now(request: HttpRequest) -> dict[str, Any]:
    at = Moment(business=clock.now(), real=watching.real_now())
    judged: dict[str, list[Line]] = {
        "parts": lines.parts_of_the_house(at),
        "numbers": number_lines.numbers_of(request.user, at),
        "switches": number_lines.main_switches(request.user, at),
        "waiting": lines.waiting_now(request.user, at),
        "sweeps": lines.sweeps(at),
        "disks": lines.disks(),
    }
    return {
        **judged,
        "limits": number_lines.limits_of(request.user, at),
        "times": lines.last_hour(),
        "at": at.real,
        "to_look_at": sum(line.asks for found in judged.values() for line in found),
    }
