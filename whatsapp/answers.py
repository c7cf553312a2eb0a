"""Sends our own short answers: free text inside the window a patient's message has opened."""

from datetime import datetime, timedelta

from healthmsg.clinic.models import Contact, Phone, Purpose
from whatsapp import outbox, phrases
from whatsapp.draft import Button, Draft, FreeText
from whatsapp.models import Message, Reply
from whatsapp.status import Lane

# Source: WhatsApp Cloud API, customer service window, read 2026-11.
WINDOW = timedelta(hours=24)


def send(
    reply: Reply,
    phone: Phone,
    key: str,
    *,
    now: datetime,
    buttons: tuple[Button, ...] = (),
    once: str = "",
    **values: str,
) -> Message:
    """
    Queue an answer to a reply, in the patient's language.

    :param key: which phrase
    :param once: names the reason where several replies are to get one answer together
    """
    language = language_of(reply, phone)
    body = phrases.say(language, key, clinic=reply.clinic, **values)
    draft = Draft(
        dedupe_key=once or f"reply:{reply.pk}:{key}",
        clinic=reply.clinic,
        phone=phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        expires_at=reply.written_at + WINDOW,
        language=language,
        sender=reply.sender,
    )
    return outbox.queue(draft, FreeText(body, buttons), now=now)


def language_of(reply: Reply, phone: Phone) -> str:
    """Return the language of the message answered, else of whoever is reached on this number."""
    if reply.answers and reply.answers.language:
        return reply.answers.language
    contact = Contact.objects.filter(phone=phone).order_by("rank", "pk").first()
    return contact.language if contact else reply.clinic.languages[0]
