"""
The design of the tutorials: one Celery task per message, `requests.post`, `save()` twice.

Kept here to be measured beside. Its worker is Celery's own with the settings Celery comes with.
"""

import os
from datetime import UTC, datetime

import requests
from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthmsg.settings")

app = Celery("tutorial", broker=settings.CELERY_BROKER_URL)


@app.task(name="tutorial.send_message", ignore_result=True)
def send_message(message_id: int) -> None:
    from whatsapp.models import Message

    message = Message.objects.select_related("phone", "sender").get(pk=message_id)
    assert message.sender is not None
    message.status = "SENDING"
    message.send_after = None
    message.save()
    response = requests.post(
        f"{settings.SANDBOX_URL}/v25.0/{message.sender.phone_number_id}/messages",
        headers={"Authorization": f"Bearer {settings.WHATSAPP_TOKEN}"},
        json={
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.phone.number,
            "biz_opaque_callback_data": f"{message.callback}.1",
            **message.payload,
        },
        timeout=20,
    )
    response.raise_for_status()
    message.wamid = response.json()["messages"][0]["id"]
    message.status = "ACCEPTED"
    message.accepted_at = datetime.now(UTC)
    message.save()


def enqueue(message_ids: list[int]) -> None:
    """Empty the queue and fill it, over one connection."""
    app.control.purge()
    with app.producer_pool.acquire(block=True) as producer:
        for message_id in message_ids:
            send_message.apply_async((message_id,), producer=producer)


def worker(pool: str, concurrency: int) -> list[str]:
    """The words that start its worker."""
    words = ["celery", "-A", "tests.bench.tutorial", "-q", "worker", f"--pool={pool}"]
    return [*words, f"--concurrency={concurrency}", "--loglevel=ERROR", "--without-gossip"]
