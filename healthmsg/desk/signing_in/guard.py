"""Before each page: is the session still good, and was the second factor shown?"""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from healthmsg.clinic.models import StaffUser
from healthmsg.desk.signing_in import onward, sessions, unsent

Answer = Callable[[HttpRequest], HttpResponse]
# Where people go who are not fully signed in, and where nobody signs in at all.
_OPEN = ("/sign-in/", "/admin/login/", "/admin/logout/", "/alarm/", "/another-time/", "/static/")


def guard(get_response: Answer) -> Answer:
    """End sessions that are over; lead to the second step whoever still owes it."""

    def answer(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, StaffUser):
            return get_response(request)
        if sessions.has_ended(request):
            return _ended(request)
        if not request.path_info.startswith(_OPEN) and sessions.lacks_second_factor(request, user):
            step = "sign_in_code" if user.has_second_factor else "sign_in_set_up"
            return onward.to(step, request.get_full_path())
        sessions.note(request)
        if unsent.waits(request) and not request.path_info.startswith(_OPEN):
            if _is_opened(request):
                return onward.to("sign_in_unsent", request.get_full_path())
            if request.method == "POST":
                unsent.forget(request)
        return get_response(request)

    return answer


def _ended(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path() if request.method == "GET" else ""
    sealed = unsent.take(request)
    logout(request)
    unsent.keep(request, sealed)
    words = _("You were signed out: nobody had used this for %(minutes)d minutes, or for a day.")
    messages.info(request, words % {"minutes": settings.SESSION_IDLE_MINUTES})
    return redirect_to_login(onward.safe(request, back))


def _is_opened(request: HttpRequest) -> bool:
    """True for a page somebody opens, not for one of its parts or pictures."""
    asked = request.headers
    is_part = "HX-Request" in asked or "only" in request.GET
    return request.method == "GET" and not is_part and "text/html" in asked.get("Accept", "")
