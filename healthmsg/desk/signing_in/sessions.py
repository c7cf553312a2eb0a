"""How long somebody stays signed in: a day at most, less where nobody is there."""

from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from healthmsg.clinic import second_factor
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import again

_MINUTE = 60
# Writing the session at each request would cost more than the minute is worth.
_NOTED_EVERY = _MINUTE
# What one of a clinic's admins asks of a role reaches whoever is signed in after so long at most.
_ASKED_EVERY = 5 * _MINUTE
_PROVED = "second_factor_at"


@receiver(user_logged_in)
def begin(request: HttpRequest | None, user: StaffUser, **_signal: Any) -> None:
    """Note that somebody has typed their password, and whether that is enough."""
    if request is not None:
        request.session["signed_in_at"] = request.session["seen_at"] = _now()
        again.note(request)
        lacks_second_factor(request, user)


def has_ended(request: HttpRequest) -> bool:
    """True where nobody was there for a while, or where it has been a long day."""
    now = _now()
    begun = request.session.setdefault("signed_in_at", now)
    seen = request.session.setdefault("seen_at", now)
    is_idle = now - seen > settings.SESSION_IDLE_MINUTES * _MINUTE
    return bool(is_idle or now - begun > settings.SESSION_COOKIE_AGE)


def note(request: HttpRequest) -> None:
    """Note that somebody is there; a page that renews itself is nobody."""
    if "only" not in request.GET and _now() - request.session["seen_at"] >= _NOTED_EVERY:
        request.session["seen_at"] = _now()


def lacks_second_factor(request: HttpRequest, user: StaffUser) -> bool:
    """True where somebody has typed their password, and has to show the second factor too."""
    if _PROVED in request.session:
        return False
    if user.has_second_factor:
        return True
    if _now() - request.session.get("asked_at", 0) < _ASKED_EVERY:
        return False
    if second_factor.is_asked_of(user):
        return True
    request.session["asked_at"] = _now()
    return False


def prove(request: HttpRequest) -> None:
    """Note that the second factor was shown, under a session of a new name."""
    request.session.cycle_key()
    request.session[_PROVED] = _now()


def _now() -> int:
    return int(timezone.now().timestamp())
