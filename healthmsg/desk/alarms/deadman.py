"""Tells an address outside that everything lives; when it no longer hears, it raises the alarm."""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from healthmsg.desk.alarms import post, signs

logger = logging.getLogger(__name__)

PING = "ping"
_EVERY = timedelta(minutes=2)


def ping(*, now: datetime) -> bool:
    """Ping if every part lately proved itself and the last ping is some minutes old."""
    if not settings.DEAD_MAN_URL or not signs.all_live(now=now):
        return False
    last = signs.last(PING)
    if last is not None and last > now - _EVERY:
        return False
    try:
        post.ping(settings.DEAD_MAN_URL)
    except post.NotPosted as error:
        # Nobody here is told: whoever listens outside will miss it.
        logger.warning("the outside did not hear our ping", extra={"because": str(error)})
        return False
    signs.give(PING)
    return True
