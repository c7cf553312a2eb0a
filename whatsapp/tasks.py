"""The edges of WhatsApp's background work: clock and settings are read here."""

import asyncio
import logging
import mmap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from redis import Redis
from redis.exceptions import RedisError

from healthmsg import clock
from whatsapp import (
    fetching,
    files,
    inbox,
    numbers,
    old_notices,
    pacing,
    sweeping,
    templates_sync,
    turns,
)
from whatsapp.errors import SendError
from whatsapp.graph import Graph
from whatsapp.models import Account, Sender
from whatsapp.signals import file_expected, message_queued

logger = logging.getLogger(__name__)

# Well within a tick's time: what is left waits for the next one.
_TRIM_SECONDS = 60.0
_FETCH_SECONDS = 60.0
# Shared with the children that the pool forks later, so that a turn ends in order when its worker
# is told to stop: a deploy must leave no calls of unknown outcome behind.
_stopping = mmap.mmap(-1, 1)


@worker_shutting_down.connect
def _stop(**_kwargs: Any) -> None:
    _stopping[0] = 1


@shared_task(name="whatsapp.send_turn")
def send_turn() -> None:
    senders = _due()
    if not senders:
        return
    has_work_left = asyncio.run(turns.take(senders, surroundings(), look=_due))
    if has_work_left:
        ring()


def _due() -> list[Sender]:
    return turns.due_senders(now=clock.now(), uses_sandbox=settings.USES_SANDBOX)


@shared_task(name="whatsapp.digest")
def digest() -> int:
    read = inbox.digest(now=clock.now())
    # In the same turn, so that the tick of one sweeps the other.
    return read + handle_replies()


@shared_task(name="whatsapp.handle_replies")
def handle_replies() -> int:
    _take_slots_for_what_came_in()
    return inbox.handle_replies(now=clock.now())


def _take_slots_for_what_came_in() -> None:
    """Meta's limit counts both directions; without Redis nothing is sent and nothing to count."""
    with suppress(RedisError), Redis.from_url(settings.REDIS_URL) as redis:
        for sender, messages in inbox.heard():
            pacing.spend(
                redis,
                key=sender.phone_number_id,
                rate_per_second=sender.rate_per_second,
                messages=messages,
            )


@shared_task(name="whatsapp.sweep")
def sweep() -> int:
    return sum(sweeping.sweep(now=clock.now()).values())


@shared_task(name="whatsapp.trim_notices")
def trim_notices() -> int:
    kept = timedelta(days=settings.NOTICES_KEPT_DAYS)
    return old_notices.trim(kept=kept, seconds=_TRIM_SECONDS)


@shared_task(name="whatsapp.fetch_files")
def fetch_files() -> int:
    directory = Path(settings.INBOUND_FILES_DIRECTORY)
    return fetching.fetch_due(
        graph=_graph(), directory=directory, now=clock.now(), seconds=_FETCH_SECONDS
    )


@shared_task(name="whatsapp.delete_files")
def delete_files() -> int:
    # Only the release before calls it: they go by each clinic's rule, in `desk.remove_old`.
    return 0


@shared_task(name="whatsapp.sync_templates")
def sync_templates() -> None:
    graph = _graph()
    for account in Account.objects.all():
        with _each_for_itself(account_id=account.pk):
            begun = clock.now()
            listed = list(graph.templates(account.waba_id))
            templates_sync.bring_home(account, listed, now=begun)
    for sender in Sender.objects.select_related("account"):
        with _each_for_itself(sender_id=sender.pk):
            files.upload_for(sender, graph, now=clock.now())


@shared_task(name="whatsapp.check_numbers")
def check_numbers() -> None:
    graph = _graph()
    for sender in Sender.objects.select_related("account"):
        with _each_for_itself(sender_id=sender.pk):
            answer = graph.number(sender.phone_number_id)
            numbers.write_down(sender, answer, now=clock.now())


@contextmanager
def _each_for_itself(**ids: int) -> Iterator[None]:
    """What Meta refuses for one account must not keep the others from their turn."""
    try:
        yield
    except SendError as error:
        logger.warning("WhatsApp told us nothing of this", extra={**ids, "code": error.code})


@receiver(message_queued)
def _ring_when_committed(**_kwargs: Any) -> None:
    transaction.on_commit(ring, robust=True)


@receiver(file_expected)
def _fetch_when_committed(**_kwargs: Any) -> None:
    transaction.on_commit(_ring_for_files, robust=True)


def _ring_for_files() -> None:
    try:
        fetch_files.apply_async(expires=15, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - as `ring`: beat ticks anyway
        logger.warning("nobody could be rung", extra={"because": type(error).__name__})


def ring() -> None:
    """Tell the sender that something waits; nobody fails or waits for it, as beat ticks anyway."""
    try:
        send_turn.apply_async(expires=15, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, a booking stands
        logger.warning("nobody could be rung", extra={"because": type(error).__name__})


def surroundings() -> turns.Surroundings:
    """Return what a turn needs to know of this installation."""
    return turns.Surroundings(
        redis_url=settings.REDIS_URL,
        base_url=settings.WHATSAPP_BASE_URL or settings.SANDBOX_URL,
        graph_version=settings.WHATSAPP_GRAPH_VERSION,
        token=settings.WHATSAPP_TOKEN,
        uses_sandbox=settings.USES_SANDBOX,
        seconds=settings.WHATSAPP_TURN_SECONDS,
        now=clock.now,
        stopped=lambda: _stopping[0] == 1,
        ring=ring,
    )


def _graph() -> Graph:
    return Graph(
        base_url=settings.WHATSAPP_BASE_URL or settings.SANDBOX_URL,
        version=settings.WHATSAPP_GRAPH_VERSION,
        token=settings.WHATSAPP_TOKEN,
    )
