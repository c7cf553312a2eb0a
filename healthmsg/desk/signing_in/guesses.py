"""Guesses at the password of whoever is signed in, by somebody who found their session open."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import visitors
from healthmsg.desk.signing_in.forms import TOO_OFTEN

MOST = 10
_TEN_MINUTES = 600
_WHAT = "wrong-in-a-session"


def are_too_many(user: StaffUser) -> bool:
    return visitors.tries(_WHAT, user.get_username()) >= MOST


def count(user: StaffUser) -> None:
    visitors.count(_WHAT, user.get_username(), seconds=_TEN_MINUTES)


def answered(
    request: HttpRequest, user: StaffUser, get_response: Callable[[HttpRequest], HttpResponse]
) -> HttpResponse:
    """
    Answer a request; who changes their password types the present one, and has few tries at it.

    Django's form for it looks the password up past every door that counts.
    """
    if request.method != "POST" or request.path_info != reverse("admin:password_change"):
        return get_response(request)
    if are_too_many(user):
        messages.error(request, TOO_OFTEN)
        return HttpResponseRedirect(reverse("admin:index"))
    response = get_response(request)
    if response.status_code == 200:  # the form once more
        count(user)
    return response
