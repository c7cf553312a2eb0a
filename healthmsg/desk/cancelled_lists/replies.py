"""Hears the tap on "I have seen it"."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from healthmsg.desk.cancelled_lists.models import AffectedVisit
from whatsapp.buttons import Tap, Verb
from whatsapp.models import Reply, ReplyOutcome
from whatsapp.signals import reply_received


@receiver(reply_received)
def see(*, reply: Reply, tap: Tap | None, now: datetime, **_kwargs: Any) -> ReplyOutcome | None:
    """Write down that a message about a list was seen; tapped twice it is once."""
    if tap is None or tap.verb != Verb.SEEN or reply.phone is None:
        return None
    theirs = AffectedVisit.objects.filter(
        message__callback=tap.callback, message__phone=reply.phone
    )
    theirs.filter(seen_at=None).update(seen_at=now)
    return ReplyOutcome.SEEN if theirs.exists() else ReplyOutcome.OUT_OF_DATE
