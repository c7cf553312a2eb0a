"""What a phone writes, taps or reacts with, heard and answered."""

import itertools
from datetime import datetime
from typing import Any

from healthmsg.clinic.models import Phone, Purpose
from tests import factories
from whatsapp import buttons, inbox
from whatsapp.buttons import Verb
from whatsapp.models import Message, Reply, Sender

_number = itertools.count(1)


def hear(sender: Sender, phone: Phone, *, now: datetime, **fields: Any) -> Reply:
    """Take one reply in hand; return it as it was understood."""
    defaults: dict[str, Any] = {
        "kind": "text",
        "from_number": phone.number.lstrip("+"),
        "written_at": now,
    }
    reply = factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        wamid=f"wamid.heard.{next(_number)}",
        **(defaults | fields),
    )
    inbox.handle_replies(now=now)
    reply.refresh_from_db()
    return reply


def write(sender: Sender, phone: Phone, text: str, *, now: datetime, **fields: Any) -> Reply:
    return hear(sender, phone, now=now, text=text, **fields)


def tap(
    message: Message, verb: Verb, *, now: datetime, about: int | None = None, **fields: Any
) -> Reply:
    assert message.sender is not None
    signed = buttons.payload(verb, message.callback, about=about)
    return hear(message.sender, message.phone, now=now, kind="interactive", button=signed, **fields)


def answers_to(phone: Phone) -> list[Message]:
    """Return our answers, each as if it had arrived."""
    ours = Message.objects.filter(phone=phone, purpose=Purpose.REPLY, lane=0)
    ours.filter(status="QUEUED").update(status="DELIVERED", send_after=None)
    return list(ours.order_by("pk"))


def choices(message: Message) -> list[tuple[str, buttons.Tap]]:
    """Return the titles of a message's buttons or rows, and what each means."""
    action = message.payload["interactive"]["action"]
    rows = [row for part in action.get("sections", ()) for row in part["rows"]]
    offered = rows or [button["reply"] for button in action["buttons"]]
    found = [(one["title"], buttons.read(one["id"])) for one in offered]
    return [(title, tap) for title, tap in found if tap is not None]
