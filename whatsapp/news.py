"""What WhatsApp tells about accounts, numbers, templates and preferences, kept and acted on."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from datetime import datetime

import orjson

from whatsapp import loose, sealed_notices, sealed_words, verdicts
from whatsapp.events import Event, MessageReceived, Origin, StatusReported, Unrecognised
from whatsapp.models import Notice


def publish(events: Iterable[Event], *, now: datetime) -> int:
    """
    Keep what is news and act on it once; Meta repeats itself.

    :returns: how many were new
    """
    told = {fingerprint(event.origin): event for event in events}
    known = set(Notice.objects.filter(fingerprint__in=told).values_list("fingerprint", flat=True))
    fresh = {mark: event for mark, event in told.items() if mark not in known}
    for event in fresh.values():
        verdicts.follow(event, now=now)
    Notice.objects.bulk_create(
        [_notice(mark, event, now) for mark, event in sorted(fresh.items())], ignore_conflicts=True
    )
    return len(fresh)


def fingerprint(origin: Origin) -> str:
    """Return the same for the same change told twice."""
    words = [
        origin.waba_id,
        origin.field,
        origin.phone_number_id,
        origin.at,
        loose.holdable(origin.content),
    ]
    packed = orjson.dumps(words, default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(packed).hexdigest()


def homeless(receipt: StatusReported) -> Unrecognised:
    """Return a receipt whose message never came, as something to keep."""
    return Unrecognised(
        Origin(
            waba_id=receipt.origin.waba_id,
            field="receipt without a message",
            content={
                "wamid": receipt.wamid,
                "status": receipt.status,
                "callback": str(receipt.callback) if receipt.callback else "",
                "code": receipt.code,
            },
            at=receipt.at,
            phone_number_id=receipt.origin.phone_number_id,
        )
    )


def unaddressed(message: MessageReceived) -> Unrecognised:
    """Return a message to a number that is not one of ours, as something to keep."""
    origin = message.origin
    content = {k: v for k, v in origin.content.items() if k != "contacts"}
    return Unrecognised(
        Origin(
            origin.waba_id,
            "message to another number",
            content | {"id": message.wamid},
            origin.at,
            origin.phone_number_id,
        )
    )


def _notice(mark: str, event: Event, now: datetime) -> Notice:
    origin = event.origin
    content = _content(origin)
    is_sealed = bool(content) and sealed_words.are_kept()
    return Notice(
        received_at=now,
        waba_id=origin.waba_id[:20],
        field=(origin.field or "unknown")[:60],
        sealed=sealed_notices.seal_news(json.dumps(content), fingerprint=mark)
        if is_sealed
        else None,
        clear_content={} if is_sealed else content,
        is_understood=not isinstance(event, Unrecognised),
        fingerprint=mark,
    )


def _content(origin: Origin) -> dict[str, object]:
    content = loose.holdable(origin.content)
    return content if isinstance(content, dict) else {"id": str(uuid.uuid4())}
