"""What every process does for backups: it looks which machine it is on, and keeps stops at once."""

import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver

from healthmsg import clock, start
from healthmsg.clinic.signals import stop_written
from healthmsg.desk.backups import journal, machines

logger = logging.getLogger(__name__)


def look() -> None:
    """A copy of a database that woke up elsewhere writes to nobody; a sandbox reaches nobody."""
    if not settings.USES_SANDBOX:
        machines.look(Path(settings.MACHINE_FILE), now=clock.now())


start.also(look)


@receiver(stop_written)
def _keep_when_committed(**_kwargs: Any) -> None:
    transaction.on_commit(_keep_at_once, robust=True)


def _keep_at_once() -> None:
    directory = Path(settings.STOP_JOURNAL_DIRECTORY)
    try:
        journal.keep(directory, key=settings.NUMBERS_KEY, now=clock.now())
    except OSError as error:
        # The rows stay, and beat tries again: a stop counts whether it could be copied or not.
        logger.warning("the journal of stops waits", extra={"because": type(error).__name__})
