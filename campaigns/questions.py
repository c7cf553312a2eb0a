"""What invitations still ask a phone: those that were told and not answered, for two weeks."""

from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver

from campaigns.models import Recipient
from healthmsg.clinic.models import Phone
from whatsapp import phrases
from whatsapp.buttons import Tap, Verb
from whatsapp.fill_ins import short_day
from whatsapp.models import Message
from whatsapp.questions import Question, taps_on
from whatsapp.signals import questions_asked
from whatsapp.status import LEFT_US

ASKS_FOR = timedelta(days=14)
_LONGEST_TITLE = 24


@receiver(questions_asked)
def about_invitations(*, phone: Phone, now: datetime, **_kwargs: Any) -> list[Question]:
    """Return one question for each invitation; that a household shares one makes it no two."""
    open_ones = Recipient.objects.filter(
        phone=phone,
        answer="",
        message__status__in=LEFT_US,
        message__created_at__gt=now - ASKS_FOR,
    )
    messages = Message.objects.filter(pk__in=open_ones.values("message"))
    asked = [
        _question(message, taps_on(message))
        for message in messages.select_related("clinic").order_by("created_at", "pk")
    ]
    return [question for question in asked if question is not None]


def _question(message: Message, taps: tuple[Tap, ...]) -> Question | None:
    by_verb = {tap.verb: tap for tap in taps}
    if Verb.WANT_APPOINTMENT not in by_verb:
        return None
    clinic = message.clinic
    day = short_day(message.created_at, zone=clinic.zone, language=message.language)
    title = phrases.say(message.language, "row_invitation", clinic=clinic, day=day)
    return Question(
        message,
        taps,
        yes=by_verb[Verb.WANT_APPOINTMENT],
        no=by_verb.get(Verb.NOT_THIS),
        title=title[:_LONGEST_TITLE],
    )
