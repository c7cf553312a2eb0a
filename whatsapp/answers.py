"""Sends our own short answers: free text inside the window a patient's message has opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from healthmsg.clinic.models import Phone, Purpose
from whatsapp import outbox, phrases
from whatsapp.draft import Button, Draft, FreeText, Subject
from whatsapp.models import Reply, ReplyOutcome
from whatsapp.status import Lane

# Source: WhatsApp Cloud API, customer service window, read 2026-11.
WINDOW = timedelta(hours=24)
_gathered: ContextVar[list[tuple[Draft, FreeText]] | None] = ContextVar("gathered", default=None)


def send(  # noqa: PLR0913 - an answer has as many parts
    reply: Reply,
    phone: Phone,
    key: str,
    *,
    now: datetime,
    buttons: tuple[Button, ...] = (),
    once: str = "",
    subjects: tuple[Subject, ...] = (),
    **values: str,
) -> None:
    """
    Queue an answer to a reply, in the patient's language.

    :param key: which phrase
    :param once: names the reason where several replies are to get one answer together
    :param subjects: whom, and which visits, its buttons speak of
    """
    language = language_of(reply, phone)
    body = phrases.say(language, key, clinic=reply.clinic, **values)
    opener = phrases.say(language, "button_choose", clinic=reply.clinic) if buttons else ""
    draft = Draft(
        dedupe_key=_once(reply, phone) if reply.is_flood else once or f"reply:{reply.pk}:{key}",
        clinic=reply.clinic,
        phone=phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        expires_at=reply.written_at + WINDOW,
        language=language,
        sender=reply.sender,
        subjects=subjects,
    )
    pair = draft, FreeText(body, buttons, opener)
    if (pairs := _gathered.get()) is None:
        outbox.queue(*pair, now=now)
    else:
        pairs.append(pair)


@contextmanager
def gathered(*, now: datetime) -> Iterator[None]:
    """Queue what is sent within all together at its end; nothing of it where it breaks off."""
    pairs: list[tuple[Draft, FreeText]] = []
    token = _gathered.set(pairs)
    try:
        yield
    finally:
        _gathered.reset(token)
    if pairs:
        outbox.queue_keys(pairs, now=now)


def _once(reply: Reply, phone: Phone) -> str:
    """However many somebody writes at once, one machine's answer an hour is enough."""
    return f"flood:{reply.sender_id}:{phone.pk}:{reply.written_at:%Y%m%d%H}"


def let_a_person_wait(reply: Reply, *, now: datetime) -> None:
    """
    Leave to a person what was asked back about: whoever never answers that is not forgotten.

    The answer takes it from the list again; see `asked_back_is_settled`.
    """
    Reply.objects.filter(pk=reply.pk).update(needs_person_at=now)
    reply.needs_person_at = now


def asked_back_is_settled(reply: Reply) -> None:
    """What this phone was asked back about lately is answered by this reply."""
    asked = Reply.objects.filter(
        phone=reply.phone,
        outcome=ReplyOutcome.ASKED_WHICH,
        needs_person_at__isnull=False,
        written_at__gt=reply.written_at - WINDOW,
    )
    asked.exclude(pk=reply.pk).update(needs_person_at=None)


def language_of(reply: Reply, phone: Phone) -> str:
    """Return the language of the message answered, else of whoever is reached on this number."""
    if reply.answers and reply.answers.language:
        return reply.answers.language
    # Those that were looked up already, where many are answered together.
    contacts = sorted(phone.contacts.all(), key=lambda contact: (contact.rank, contact.pk))
    return contacts[0].language if contacts else reply.clinic.languages[0]
