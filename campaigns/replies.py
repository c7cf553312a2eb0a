"""What a tap on an invitation means: wants an appointment, already done, not this."""

from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver

from campaigns import topics
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
    """Act on and answer a tap on an invitation; None where the tap is not one of ours."""
    if tap is None or tap.verb not in _MEANINGS or reply.phone is None:
        return None
    outcome, phrase = _MEANINGS[tap.verb]
    household = list(
        Recipient.objects.filter(message__callback=tap.callback, phone=reply.phone)
        .select_related("contact", "run__campaign__clinic", "run__campaign__audience")
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
    if not household or household[0].contact is None:
        return None
    if _act(outcome, household, now=now):
        # Reception calls: the list of messages that wait for a person.
        Reply.objects.filter(pk=reply.pk).update(needs_person_at=now)
        reply.needs_person_at = now
    ids = [recipient.pk for recipient in household]
    Recipient.objects.filter(pk__in=ids).update(answer=outcome, answered_at=now)
    _say(phrase, reply, household[0], household[0].contact.language, now=now)
    return outcome


def _act(outcome: ReplyOutcome, household: list[Recipient], *, now: datetime) -> bool:
    """
    Do what was asked; True where a person has to see to it.

    One tap on a message about several patients does not say who of them has had it: nothing is
    recorded then. Who wants no more of it gets no more of it, and a person asks about whom.
    """
    is_for_several = len(household) > 1
    if outcome == ReplyOutcome.INTERESTED:
        return True
    if outcome == ReplyOutcome.NOT_THIS:
        topics.decline(household, now=now)
    elif not is_for_several:
        topics.record_done(household[0], now=now)
    return is_for_several


def _say(phrase: str, reply: Reply, recipient: Recipient, language: str, *, now: datetime) -> None:
    if reply.phone is None:
        return
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
