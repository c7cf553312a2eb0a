"""Before each page: is the session still good, and was the second factor shown?"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from healthmsg.clinic.models import StaffUser
from healthmsg.desk.signing_in import earlier, guesses, onward, sessions, unsent

Answer = Callable[[HttpRequest], HttpResponse]


def remember(get_response: Answer) -> Answer:
    """Note whose session it is: Django forgets it where their password or powers have changed."""

    def answer(request: HttpRequest) -> HttpResponse:
        was = request.session.get(SESSION_KEY, "") or earlier.left_by(request)
        pages = earlier.pages(request)
        request.was_signed_in = was  # type: ignore[attr-defined]
        response = get_response(request)
        earlier.note_end(request, was=was, pages=pages)
        return response

    return answer


def guard(get_response: Answer) -> Answer:
    """End sessions that are over; lead to the second step whoever still owes it."""

    def answer(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, StaffUser):
            response = get_response(request)
            return _unheard(request) if _is_unheard(request, response, "admin:login") else response
        if sessions.has_ended(request):
            words = _(
                "You were signed out: nobody had used this for %(minutes)d minutes, or for a day."
            )
            return _ended(request, words % {"minutes": settings.SESSION_IDLE_MINUTES})
        if not request.path_info.startswith(onward.OPEN) and sessions.lacks_second_factor(
            request, user
        ):
            unsent.keep(request, unsent.take(request))
            step = "sign_in_code" if user.has_second_factor else "sign_in_set_up"
            return onward.to(step, onward.page_of(request))
        sessions.note(request)
        if unsent.waits(request) and not request.path_info.startswith(onward.OPEN):
            if _is_opened(request):
                return onward.to("sign_in_unsent", request.get_full_path())
            if request.method == "POST":
                unsent.forget(request)
        return _asked_again(request, guesses.answered(request, user, get_response))

    return answer


def _asked_again(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Keep what was typed where the password is asked for once more."""
    if _is_unheard(request, response, "sign_in_again"):
        # A button alone is pressed again on its page, after another look.
        unsent.keep(request, unsent.take(request, only_typed=True))
    return response


def _is_unheard(request: HttpRequest, response: HttpResponse, page: str) -> bool:
    """True where a form was not taken, as somebody has to show first who they are."""
    onward_to = urlsplit(response.get("Location", "")).path
    is_open = request.path_info.startswith(onward.OPEN)
    return request.method == "POST" and not is_open and onward_to == reverse(page)


def _unheard(request: HttpRequest) -> HttpResponse:
    """Answer a form of somebody who was signed out in another tab, or by whoever looks after it."""
    return _ended(
        request,
        _(
            "You were signed out before this arrived: nothing was changed. If what you typed is not"
            " offered again, go back in your browser to copy it."
        ),
    )


def _ended(request: HttpRequest, words: str) -> HttpResponse:
    back = onward.page_of(request)
    sealed = unsent.take(request)
    logout(request)
    unsent.keep(request, sealed)
    messages.info(request, words)
    answer = redirect_to_login(back)
    # Of a part of a page, the page for signing in would become a part too.
    is_part = request.method == "POST" and "HX-Request" in request.headers
    return HttpResponseClientRedirect(answer["Location"]) if is_part else answer


def _is_opened(request: HttpRequest) -> bool:
    """True for a page somebody opens, not for one of its parts or pictures."""
    asked = request.headers
    is_part = "HX-Request" in asked or "only" in request.GET
    return request.method == "GET" and not is_part and "text/html" in asked.get("Accept", "")
