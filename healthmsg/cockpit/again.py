"""The password once more, before what cannot be taken back: an export, a large start."""

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

# In the session: when the password was typed the last time, in Unix seconds; and how many rows have
# left as files since, without it.
KEY, ROWS = "confirmed_at", "rows_as_files"
# More than somebody looks through by hand.
MOST_ROWS = 500


def is_needed(request: HttpRequest) -> bool:
    """True where the password was typed too long ago."""
    since = timezone.now().timestamp() - request.session.get(KEY, 0)
    return bool(timedelta(seconds=since) > timedelta(minutes=settings.CONFIRM_AGAIN_MINUTES))


def is_needed_for(request: HttpRequest, rows: int) -> bool:
    """
    Count what is to leave as a file; true where the password has to be typed first.

    Five files of a hundred rows are as much as one of five hundred.
    """
    if not is_needed(request):
        return False
    so_far = request.session.get(ROWS, 0) + rows
    if so_far > MOST_ROWS:
        return True
    request.session[ROWS] = so_far
    return False


def ask(request: HttpRequest) -> HttpResponseRedirect:
    """Lead to the page that asks for it, and from there back to this one."""
    return HttpResponseRedirect(
        f"{reverse('sign_in_again')}?{urlencode({'next': request.get_full_path()})}"
    )


def note(request: HttpRequest) -> None:
    request.session[KEY] = int(timezone.now().timestamp())
    request.session.pop(ROWS, None)
