"""What a tap on an invitation means: wants an appointment, already done, not this."""

from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver

from campaigns import topics
from campaigns.models import Recipient
from healthmsg.clinic.models import Purpose
from whatsapp import answers, outbox, phrases
from whatsapp.buttons import EVERYBODY, Tap, Verb
from whatsapp.draft import Button, Draft, FreeText
from whatsapp.models import Reply, ReplyOutcome
from whatsapp.reading import MOST_ROWS
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
    invited = list(
        Recipient.objects.filter(message__callback=tap.callback, phone=reply.phone)
        .select_related("contact", "patient", "run__campaign__clinic", "run__campaign__audience")
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
    household = [one for one in invited if tap.about in {None, EVERYBODY, one.patient_id}]
    if not household or household[0].contact is None:
        return None
    if tap.about is None and len(household) > 1:
        _ask_which(reply, tap, household, now=now)
        answers.let_a_person_wait(reply, now=now)
        return ReplyOutcome.ASKED_WHICH
    answers.asked_back_is_settled(reply)
    if _act(outcome, household, now=now):
        # Reception calls: the list of messages that wait for a person.
        answers.let_a_person_wait(reply, now=now)
    ids = [recipient.pk for recipient in household]
    Recipient.objects.filter(pk__in=ids).update(answer=outcome, answered_at=now)
    _say(phrase, reply, household[0], household[0].contact.language, now=now)
    return outcome


def _act(outcome: ReplyOutcome, household: list[Recipient], *, now: datetime) -> bool:
    """
    Do what was asked; True where a person has to see to it.

    A message about several patients has asked who of them is meant: these are.
    """
    if outcome == ReplyOutcome.INTERESTED:
        return True
    if outcome == ReplyOutcome.NOT_THIS:
        topics.decline(household, now=now)
        return False
    for recipient in household:
        topics.record_done(recipient, now=now)
    return False


def _ask_which(reply: Reply, tap: Tap, household: list[Recipient], *, now: datetime) -> None:
    """Ask who of them is meant; their buttons stand for the tapped one of the invitation."""
    if reply.phone is None or household[0].contact is None:
        return
    language = household[0].contact.language
    everybody = phrases.say(language, "row_everybody", clinic=reply.clinic)
    choices = [
        Button(tap.verb, one.patient.given_name, about=one.patient_id, callback=tap.callback)
        for one in household[: MOST_ROWS - 1]
    ]
    rows = (Button(tap.verb, everybody, about=EVERYBODY, callback=tap.callback), *choices)
    answers.send(reply, reply.phone, "which_patient", now=now, buttons=rows)


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
