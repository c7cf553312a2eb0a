"""Addresses in mails: absolute, and one that acknowledges without signing in."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

_SALT = "healthmsg.alarms"
# Who reads a mail later than this signs in.
GOOD_FOR = timedelta(days=3)
_NOWHERE = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Token:
    """Whom a link was sent to, and about what; ids only."""

    alarm_id: int
    watcher_id: int


def absolute(path: str) -> str:
    """Return the address of a path as people outside reach it."""
    home = settings.PUBLIC_URL or next(iter(settings.CSRF_TRUSTED_ORIGINS), "") or _NOWHERE
    return home.rstrip("/") + path


def to_acknowledge(alarm_id: int, watcher_id: int) -> str:
    token = signing.dumps([alarm_id, watcher_id], salt=_SALT, compress=False)
    return absolute(reverse("acknowledge", args=[token]))


def read(token: str) -> Token | None:
    """Return what a link was about, None where it is not ours or too old."""
    try:
        alarm_id, watcher_id = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
    return Token(alarm_id, watcher_id)
