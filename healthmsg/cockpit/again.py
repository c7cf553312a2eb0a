"""The password once more, before what cannot be taken back: an export, a large start."""

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

# In the session: when the password was typed the last time, in Unix seconds.
KEY = "confirmed_at"


def is_needed(request: HttpRequest) -> bool:
    """True where the password was typed too long ago."""
    since = timezone.now().timestamp() - request.session.get(KEY, 0)
    return bool(timedelta(seconds=since) > timedelta(minutes=settings.CONFIRM_AGAIN_MINUTES))


def ask(request: HttpRequest) -> HttpResponseRedirect:
    """Lead to the page that asks for it, and from there back to this one."""
    return HttpResponseRedirect(
        f"{reverse('sign_in_again')}?{urlencode({'next': request.get_full_path()})}"
    )


def note(request: HttpRequest) -> None:
    request.session[KEY] = int(timezone.now().timestamp())
