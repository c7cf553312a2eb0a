"""What a tap on an invitation means: wants an appointment, already done, not this."""

from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver

from campaigns.models import Recipient
from healthmsg.clinic.models import Purpose
from whatsapp import outbox, phrases
from whatsapp.buttons import Tap, Verb
from whatsapp.draft import Draft, FreeText
from whatsapp.models import Reply, ReplyOutcome
from whatsapp.signals import reply_received
from whatsapp.status import Lane

_MEANINGS = {
    Verb.WANT_APPOINTMENT: (ReplyOutcome.INTERESTED, "interested_noted"),
    Verb.ALREADY_DONE: (ReplyOutcome.ALREADY_DONE, "already_done_noted"),
    Verb.NOT_THIS: (ReplyOutcome.NOT_THIS, "not_this_noted"),
}


@receiver(reply_received)
def answer(*, reply: Reply, tap: Tap | None, now: datetime, **_kwargs: Any) -> ReplyOutcome | None:
    """Note and answer a tap on an invitation; None where the tap is not one of ours."""
    if tap is None or tap.verb not in _MEANINGS or reply.phone is None:
        return None
    outcome, phrase = _MEANINGS[tap.verb]
    recipient = (
        Recipient.objects.filter(message__callback=tap.callback, phone=reply.phone)
        .select_related("contact", "run__campaign__clinic")
        .first()
    )
    if recipient is None or recipient.contact is None:
        return None
    if outcome == ReplyOutcome.INTERESTED:
        # Reception calls: the list of messages that wait for a person.
        Reply.objects.filter(pk=reply.pk).update(needs_person_at=now)
    language = recipient.contact.language
    clinic = recipient.run.campaign.clinic
    draft = Draft(
        dedupe_key=f"reply:{reply.pk}:answer",
        clinic=clinic,
        phone=reply.phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        expires_at=reply.written_at + timedelta(hours=24),
        language=language,
        sender=reply.sender,
    )
    outbox.queue(draft, FreeText(phrases.say(language, phrase, clinic=clinic)), now=now)
    return outcome
