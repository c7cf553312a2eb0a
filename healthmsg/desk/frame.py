"""The frame of the desk's own pages: who may open one, and what stands around it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from healthmsg.cockpit.belonging import known_clinics

View = Callable[..., HttpResponseBase]

# (name of the address, words, permission): the desk's main pages, in the order of a day.
PAGES: tuple[tuple[str, Any, str], ...] = (
    ("overview", _("Overview"), ""),
    ("agenda", _("Agenda"), "clinic.view_appointment"),
    ("to_call", _("To call"), "clinic.view_appointment"),
    ("admin:whatsapp_thread_changelist", _("Conversations"), "whatsapp.view_thread"),
    ("admin:clinic_patient_changelist", _("Patients"), "clinic.view_patient"),
    ("admin:campaigns_run_changelist", _("Campaigns"), "campaigns.view_run"),
    ("trends", _("Trends"), "whatsapp.view_message"),
)


def desk_page(*permissions: str) -> Callable[[View], View]:
    """Let in people who are signed in, work here, and have all permissions named."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            user = request.user
            if not getattr(user, "is_staff", False) or not user.has_perms(permissions):
                raise PermissionDenied
            answer = view(request, *args, **named)
            if not answer.has_header("Cache-Control"):
                # A browser's store, and its way back after somebody has signed out, show nobody.
                add_never_cache_headers(answer)
            return answer

        return page

    return decorate


def of_a_clinic(title: Any, *, here: str = "") -> Callable[[View], View]:
    """Say to who works for no clinic what is to be done, in the place of a page about one."""

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            if not known_clinics(request.user):
                return show(request, "desk/no_clinic.html", title=title, here=here)
            return view(request, *args, **named)

        return page

    return decorate


def show(
    request: HttpRequest, template: str, *, title: Any, here: str = "", **context: Any
) -> TemplateResponse:
    """
    Render one of the desk's pages.

    :param here: the name in PAGES that is marked as the one somebody is on
    """
    frame = {"title": title, "pages": _pages(request, here)}
    return TemplateResponse(request, template, frame | context)


def _pages(request: HttpRequest, here: str) -> list[dict[str, Any]]:
    return [
        {"words": words, "link": reverse(name), "is_here": name == here}
        for name, words, permission in PAGES
        if not permission or request.user.has_perm(permission)
    ]
