"""Hears the codes of the desk."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from healthmsg.clinic.models import PhoneState
from healthmsg.desk.proof import codes
from whatsapp import desk_codes, short_answers, stop_words
from whatsapp.buttons import Tap
from whatsapp.models import Reply, ReplyOutcome
from whatsapp.signals import reply_received


@receiver(reply_received)
def hear(*, reply: Reply, tap: Tap | None, now: datetime, **_kwargs: Any) -> ReplyOutcome | None:
    """
    Take a message with a code; None for all others, and from a number that is a stranger's.

    Who writes a no or a stop around it does not allow anything: a person reads that.
    """
    phone = reply.phone
    if tap is not None or reply.kind != "text" or phone is None:
        return None
    typed = desk_codes.read(reply.text)
    if not typed or phone.state == PhoneState.WRONG_PERSON or _says_no(reply):
        return None
    return codes.take(reply, phone, typed, now=now)


def _says_no(reply: Reply) -> bool:
    # The name of the clinic is part of what we gave them to send.
    own_words = reply.text.replace(reply.clinic.name, " ")
    languages = reply.clinic.languages
    is_no = short_answers.holds_no(own_words, languages)
    return is_no or stop_words.holds_stop(own_words, languages)
