"""A trial group: some are written to first, and the rest only once enough of it has arrived."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from campaigns.models import Recipient, Run
from whatsapp.status import Status

# By chance, but from every language: a fault is mostly in the words of one of them.
_CHOOSE = """
WITH ordered AS (
  SELECT recipient.id, row_number() OVER (PARTITION BY reach.language ORDER BY random()) AS place
    FROM campaigns_recipient recipient
    JOIN clinic_reach reach ON reach.patient_id = recipient.patient_id
   WHERE recipient.run_id = %(run)s AND recipient.reason = '' AND recipient.message_id IS NULL)
UPDATE campaigns_recipient recipient SET is_trial = true
  FROM (SELECT id FROM ordered ORDER BY place, random() LIMIT %(size)s) chosen
 WHERE recipient.id = chosen.id
"""
_ARRIVED = (Status.DELIVERED, Status.READ)


@dataclass(frozen=True)
class Result:
    """How many were written to first, and how many of them are known to have it."""

    size: int
    arrived: int

    @property
    def share(self) -> float:
        return self.arrived / self.size if self.size else 1.0


def choose(run: Run) -> int:
    """Choose the trial group of a run that is written down as a whole; how many."""
    if not run.campaign.trial_size:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_CHOOSE, {"run": run.pk, "size": run.campaign.trial_size})
        return int(cursor.rowcount)


def is_on(run: Run) -> bool:
    """True while nobody but the trial group may be written to."""
    return bool(run.campaign.trial_size) and run.trial_passed_at is None


def begin_to_wait(run: Run, *, now: datetime) -> None:
    """All of the group are queued: from now on the deadline runs, whoever looks."""
    ends_at = now + timedelta(hours=run.campaign.trial_hours)
    Run.objects.filter(pk=run.pk, trial_ends_at=None).update(trial_ends_at=ends_at)


def result(run: Run) -> Result:
    group = Recipient.objects.filter(run=run, is_trial=True)
    return Result(group.count(), group.filter(message__status__in=_ARRIVED).count())


def passed(run: Run, *, now: datetime) -> None:
    Run.objects.filter(pk=run.pk, trial_passed_at=None).update(trial_passed_at=now)
