"""The pages between a password and the desk, and the one that changes the person before it."""

from datetime import timedelta
from typing import Any

import qrcode
from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from qrcode.image.svg import SvgPathImage

from healthmsg.clinic import second_factor
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import again as once_more
from healthmsg.cockpit import visitors
from healthmsg.desk import audit_words
from healthmsg.desk.signing_in import guesses, onward, sessions
from healthmsg.desk.signing_in import unsent as forms_unsent
from healthmsg.desk.signing_in.forms import TOO_OFTEN, AgainForm, CodeForm
from healthmsg.entrance import LOCKED_FOR

_GET_AND_POST = require_http_methods(["GET", "HEAD", "POST"])
_MOST_TRIES = 20
_TEN_MINUTES = 600


@never_cache
@_GET_AND_POST
@sensitive_post_parameters("code")
@login_required
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the six digits of somebody's telephone, or for a recovery code."""
    user, form = _person(request), CodeForm(request.POST or None)
    if not user.has_second_factor:
        return HttpResponseRedirect(onward.wanted(request))
    if request.method == "POST" and form.is_valid():
        if visitors.tries("wrong-code", str(user.pk)) >= _MOST_TRIES:
            form.add_error("code", TOO_OFTEN)
        elif second_factor.check(user, form.cleaned_data["code"], now=timezone.now()):
            sessions.prove(request)
            _count_words(request, user)
            return HttpResponseRedirect(onward.wanted(request))
        else:
            visitors.count("wrong-code", str(user.pk), seconds=_TEN_MINUTES)
            form.add_error("code", _("That is not the code of now. Wait for the next one."))
    return _page(request, "code", {"form": form, "title": _("Second step")})


@never_cache
@_GET_AND_POST
@sensitive_post_parameters("code")
@login_required
def set_up(request: HttpRequest) -> HttpResponse:
    """Teach a telephone the key, see that it knows it, and show the recovery codes once."""
    user, form = _person(request), CodeForm(request.POST or None)
    if user.has_second_factor and sessions.lacks_second_factor(request, user):
        # Whoever knows the password alone must not put their own telephone in its place.
        return onward.to("sign_in_code", request.get_full_path())
    if once_more.is_needed(request):
        return once_more.ask(request)
    device = second_factor.begin(user)
    if request.method == "POST" and form.is_valid():
        words = second_factor.confirm(user, form.cleaned_data["code"])
        if words:
            sessions.prove(request)
            return _words(request, words)
        form.add_error("code", _("That is not the code the app shows now. Scan it again?"))
    key = "".join(device.config_url.split("secret=")[1].split("&")[0])
    shown = {"form": form, "title": _("Set up the second factor"), "key": key}
    return _page(request, "set_up", shown | {"drawing": _drawing(device.config_url)})


@never_cache
@_GET_AND_POST
@login_required
def recovery(request: HttpRequest) -> HttpResponse:
    """Say how many recovery codes are left, and make new ones."""
    user = _person(request)
    if not user.has_second_factor or sessions.lacks_second_factor(request, user):
        return onward.to("sign_in_set_up", request.get_full_path())
    if once_more.is_needed(request):
        return once_more.ask(request)
    if request.method == "POST":
        return _words(request, second_factor.new_words(user))
    left = second_factor.words_left(user)
    return _page(request, "recovery", {"left": left, "title": _("Second factor")})


@never_cache
@_GET_AND_POST
@sensitive_post_parameters("password")
@login_required
def again(request: HttpRequest) -> HttpResponse:
    """Ask for the password once more; wrong ones count as they do at the door, and together."""
    user, form = _person(request), AgainForm(request.POST or None)
    if request.method == "POST" and guesses.are_too_many(user):
        form.add_error("password", TOO_OFTEN)
    elif request.method == "POST" and form.is_valid():
        typed = form.cleaned_data["password"]
        found = authenticate(request, username=user.get_username(), password=typed)
        if found is not None and found.pk == user.pk:
            once_more.note(request)
            return HttpResponseRedirect(onward.wanted(request))
        guesses.count(user)
        form.add_error("password", _("That is not your password."))
    return _page(request, "again", {"form": form, "title": _("Your password once more")})


@never_cache
@_GET_AND_POST
@login_required
def unsent(request: HttpRequest) -> HttpResponse:
    """Show that something was not sent when the session ended, and send it again or not."""
    found = forms_unsent.read(request)
    if request.method == "POST" or found is None:
        forms_unsent.forget(request)
        return HttpResponseRedirect(onward.wanted(request))
    where = audit_words.page(found.page)
    shown = {"unsent": found, "where": where, "title": _("It was not sent")}
    return _page(request, "unsent", shown)


@require_POST
def change_user(request: HttpRequest) -> HttpResponse:
    """Sign out, so that somebody else at this desk signs in and goes on where this page was."""
    back = onward.wanted(request)
    logout(request)
    return redirect_to_login(back)


def locked(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Say that a name is locked for a while, whether or not anybody has it."""
    minutes = LOCKED_FOR // timedelta(minutes=1)
    shown = {"minutes": minutes, "title": _("Too many wrong passwords")}
    return render(request, "signing_in/locked.html", shown, status=429)


def _count_words(request: HttpRequest, user: StaffUser) -> None:
    left = second_factor.words_left(user)
    if left < second_factor.WORDS // 2:
        messages.warning(request, _("%(left)d recovery codes are left.") % {"left": left})


def _words(request: HttpRequest, words: list[str]) -> HttpResponse:
    return _page(request, "words", {"words": words, "title": _("Your recovery codes")})


def _page(request: HttpRequest, name: str, shown: dict[str, Any]) -> HttpResponse:
    return render(request, f"signing_in/{name}.html", {"next": onward.wanted(request), **shown})


def _person(request: HttpRequest) -> StaffUser:
    assert isinstance(request.user, StaffUser)  # noqa: S101 - there is no other kind of user
    return request.user


def _drawing(address: str) -> str:
    """Return the square that telephones read, drawn by ourselves."""
    image = qrcode.make(address, image_factory=SvgPathImage, box_size=8, border=2)
    drawn: bytes = image.to_string()
    return mark_safe(drawn.decode())  # noqa: S308 - lines of black and white, no word of anybody's
