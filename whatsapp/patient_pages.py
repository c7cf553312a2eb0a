"""Where the pages are that patients open without an account, as the world outside reaches them."""

from django.conf import settings
from django.urls import reverse

_HERE = "http://127.0.0.1:8000"


def other_times() -> str:
    """Return what stands before the token of a visit, "" where nobody outside reaches us."""
    home = settings.PUBLIC_URL or next(iter(settings.CSRF_TRUSTED_ORIGINS), "")
    if not home and not settings.USES_SANDBOX:
        return ""
    return (home or _HERE).rstrip("/") + reverse("another_time", args=["-"]).removesuffix("-/")
