"""Test sends: a message to a test phone, about nobody."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from healthmsg.clinic.models import Phone, Purpose, Site
from whatsapp import outbox
from whatsapp.draft import Draft, FromTemplate
from whatsapp.models import Message, Sender, Template
from whatsapp.rendering import Rendered
from whatsapp.status import Lane


def send(
    template: Template,
    phone: Phone,
    samples: Mapping[str, str],
    *,
    now: datetime,
    expires_at: datetime,
) -> Message | Rendered:
    """
    Write a template with samples to a test phone.

    :returns: the message, or why none could be written
    """
    if not phone.is_test:
        raise AssertionError("only test phones get what nobody allowed")
    sender = Sender.objects.filter(account=template.account_id, clinic=phone.clinic_id).first()
    callback = uuid.uuid4()
    draft = Draft(
        dedupe_key=f"test:{callback}",
        clinic=phone.clinic,
        phone=phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        expires_at=expires_at,
        language=template.language,
        spare_language="",
        sender=sender,
        callback=callback,
    )
    sites = Site.objects.filter(clinic=phone.clinic_id).order_by("latitude", "pk")
    # Those that have a place come first.
    words = FromTemplate((template.name,), samples, site=sites.first())
    looked_at = outbox.preview(draft, words, now=now)
    if looked_at.reason is not None:
        return looked_at
    return outbox.queue(draft, words, now=now)
