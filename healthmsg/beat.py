"""The DatabaseScheduler, taught to follow our table and to leave the staff's edits alone."""

from typing import Any

from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from healthmsg.beat_table import SCHEDULE

OURS = "installed by healthmsg"


class Scheduler(DatabaseScheduler):  # type: ignore[misc]  # its library has no types
    """Adds rows that are new in the table, disables those that left it, changes no other."""

    def setup_schedule(self) -> None:
        self.install_default_entries(self.schedule)
        rows = PeriodicTask.objects
        rows.filter(description=OURS).exclude(name__in=SCHEDULE).update(enabled=False)
        known = set(rows.filter(description=OURS).values_list("name", flat=True))
        missing: dict[str, Any] = {n: entry for n, entry in SCHEDULE.items() if n not in known}
        self.update_from_dict(missing)
        rows.filter(name__in=missing).update(description=OURS)
