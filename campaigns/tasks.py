"""The edges of campaigns' background work."""

import logging
import time
from datetime import datetime
from typing import Any

from celery import shared_task
from django.db import transaction
from django.dispatch import receiver

from campaigns import approving, guarding, launching, listing, repeating, sweeping
from campaigns.signals import run_started
from healthmsg import clock
from whatsapp import watching

logger = logging.getLogger(__name__)

# Ticks come every five.
POUR_SECONDS = 4.0
FIRST_PORTION = 100


@shared_task(name="campaigns.pour")
def pour() -> int:
    now = clock.now()
    watching.make_round(
        {
            "runs_over": lambda: sweeping.end_what_is_over(now=now),
            "runs_guarded": lambda: guarding.guard(now=now),
        }
    )
    repeating.start_due(now=now)
    return _pour_for_a_while(now)


def _pour_for_a_while(now: datetime) -> int:
    """
    Pour until the outbox is full, or the next tick is near.

    The first portion is small: the first messages leave while the rest is still being written.
    """
    until = time.monotonic() + POUR_SECONDS
    poured = total = launching.pour(now=now, portion=FIRST_PORTION)
    while poured and time.monotonic() < until:
        poured = launching.pour(now=now)
        total += poured
    return total


@shared_task(name="campaigns.make_lists")
def make_lists() -> int:
    return listing.go_on(now=clock.now())


@shared_task(name="campaigns.look_at_approvals")
def look_at_approvals() -> int:
    return approving.take_back_fallen()


@receiver(run_started)
def _ring_when_committed(**_kwargs: Any) -> None:
    transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Tell the worker of a new run; nobody fails or waits for it, as beat ticks anyway."""
    try:
        pour.apply_async(expires=15, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, a run stands
        logger.warning("nobody could be rung", extra={"because": type(error).__name__})
