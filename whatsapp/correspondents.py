"""Whose phone it is that wrote, by whatever WhatsApp calls it."""

import re

from django.db.models import F
from django.db.models.functions import Greatest

from healthmsg.clinic.models import Phone
from healthmsg.clinic.phone import dialed, same_line
from whatsapp.models import Conversation, Reply

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# WhatsApp's own words about a person, gestures, and second thoughts about what was written, are
# nobody writing to us: they open no window.
NOT_WRITTEN = frozenset({"system", "reaction", "edit", "revoke"})


def find(clinic_id: int, *, number: str, user_id: str, parent_user_id: str = "") -> Phone | None:
    """
    Return the clinic's phone with this WhatsApp id, number, user id, or parent's; in this order.

    :param number: WhatsApp's digits, which may differ from the number people dial
    """
    phones = Phone.objects.filter(clinic_id=clinic_id)
    if number:
        learnt = phones.filter(wa_id=number).order_by("pk").first()
        if learnt is not None:
            return learnt
        forms = same_line(number)
        dialled = {phone.number: phone for phone in phones.filter(number__in=forms)}
        for form in forms:
            if form in dialled:
                return dialled[form]
    for name, known in (("user_id", user_id), ("parent_user_id", parent_user_id)):
        phone = phones.filter(**{name: known}).order_by("pk").first() if known else None
        if phone is not None:
            return phone
    return None


def find_or_add(reply: Reply) -> Phone | None:
    """Return the phone that wrote, a new row for a stranger; None where the number is hidden."""
    phone = find(
        reply.clinic_id,
        number=reply.from_number,
        user_id=reply.from_user_id,
        parent_user_id=reply.from_parent_user_id,
    )
    if phone is not None or not _E164.fullmatch(f"+{reply.from_number}"):
        return phone
    # As reception will type it: WhatsApp's id is learnt beside it.
    number = dialed(reply.from_number)
    return Phone.objects.get_or_create(clinic_id=reply.clinic_id, number=number)[0]


def rename(clinic_id: int, *, before: str, user_id: str) -> None:
    """Call a phone by its new user id; whoever writes under it is known as before."""
    Phone.objects.filter(clinic_id=clinic_id, user_id=before).update(user_id=user_id)


def note_conversation(reply: Reply, phone: Phone) -> None:
    """Open the window for 24 hours from when the patient wrote, or keep it open for longer."""
    if reply.kind in NOT_WRITTEN:
        return
    conversation, is_new = Conversation.objects.get_or_create(
        sender_id=reply.sender_id, phone=phone, defaults={"last_inbound_at": reply.written_at}
    )
    if not is_new:
        Conversation.objects.filter(pk=conversation.pk).update(
            last_inbound_at=Greatest(F("last_inbound_at"), reply.written_at)
        )


def note_phone(reply: Reply, phone: Phone) -> None:
    """
    Learn what WhatsApp calls the phone, and when it last wrote.

    Last of all in its transaction: receipts lock messages before phones, and so do we.
    """
    learnt = learns(reply, phone)
    if reply.kind not in NOT_WRITTEN:
        learnt["last_inbound_at"] = Greatest(F("last_inbound_at"), reply.written_at)
    if learnt:
        Phone.objects.filter(pk=phone.pk).update(**learnt)


def learns(reply: Reply, phone: Phone) -> dict[str, object]:
    """Return what WhatsApp calls the phone and we did not know."""
    learnt: dict[str, object] = {}
    if reply.from_number and reply.from_number != (phone.wa_id or phone.number.lstrip("+")):
        learnt["wa_id"] = reply.from_number
    if reply.from_user_id and reply.from_user_id != phone.user_id:
        learnt["user_id"] = reply.from_user_id
    if reply.from_parent_user_id and reply.from_parent_user_id != phone.parent_user_id:
        learnt["parent_user_id"] = reply.from_parent_user_id
    return learnt
