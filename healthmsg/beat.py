"""The DatabaseScheduler, taught to follow our table and to leave the staff's edits alone."""

import logging
import time
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from healthmsg.beat_table import SCHEDULE

logger = logging.getLogger(__name__)

OURS = "installed by healthmsg"
# By the wall's clock: the monotonic one stands while a machine sleeps.
_SIGN_EVERY_SECONDS = 5.0


class Scheduler(DatabaseScheduler):  # type: ignore[misc]  # its library has no types
    """
    Adds rows that are new in the table, disables those that left it, changes no other.

    Before it rings, it says that it lives: nobody it rings for works before a long silence was
    noticed, and without a database there is nothing to ring for.
    """

    _signed_at = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if abs(time.time() - self._signed_at) < _SIGN_EVERY_SECONDS or self._sign():
            return float(super().tick(*args, **kwargs))
        return 1.0

    def _sign(self) -> bool:
        from healthmsg.desk.alarms import beating  # noqa: PLC0415 - apps must be ready first

        try:
            close_old_connections()
            beating.sign()
        except (OperationalError, InterfaceError) as error:
            logger.warning("no tick without a database", extra={"because": type(error).__name__})
            return False
        self._signed_at = time.time()
        return True

    def setup_schedule(self) -> None:
        self.install_default_entries(self.schedule)
        rows = PeriodicTask.objects
        rows.filter(description=OURS).exclude(name__in=SCHEDULE).update(enabled=False)
        known = set(rows.filter(description=OURS).values_list("name", flat=True))
        missing: dict[str, Any] = {n: entry for n, entry in SCHEDULE.items() if n not in known}
        self.update_from_dict(missing)
        rows.filter(name__in=missing).update(description=OURS)
