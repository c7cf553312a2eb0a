"""Runs that went on elsewhere while a copy slept: whom they may have reached is not asked again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import launching, repeating
from campaigns.models import Campaign, Recipient, Run, RunStatus
from whatsapp.status import Reason

CHUNK = 5000
_OPEN = (*launching.GOING, RunStatus.PAUSED)


def leave(*, known: datetime, now: datetime) -> int:
    """
    Pause what was running, and write down of everybody left that it is not known; twice is once.

    A run whose people were still being written down ends: who they were is not known either.

    :param known: runs started later were started here
    :returns: how many people that was
    """
    open_runs = Run.objects.filter(status__in=_OPEN, finished_at=None, started_at__lte=known)
    return sum(_leave_one(run, now) for run in open_runs.order_by("pk"))


def pass_over(*, until: datetime) -> int:
    """Do not start what was due until then: it has been started elsewhere, or nobody knows."""
    due = Campaign.objects.filter(next_run_at__lte=until).select_related("clinic", "crontab")
    count = 0
    for campaign in due:
        repeating.plan_next(campaign, after=until)
        Campaign.objects.filter(pk=campaign.pk).update(
            not_started_because=_("the system was restored, and may have sent it before")
        )
        count += 1
    return count


def _leave_one(run: Run, now: datetime) -> int:
    why = _("the system was restored, and may have sent it before")
    launching.pause(run, reason=why, now=now)
    total, done = 0, CHUNK
    while done == CHUNK:
        done = _some(run)
        total += done
    if run.expanded_at is None:
        launching.cancel(run, reason=why, now=now)
    return total


@transaction.atomic
def _some(run: Run) -> int:
    left = Recipient.objects.filter(run=run, message=None, reason="").order_by("place", "pk")
    ids = list(left.values_list("pk", flat=True)[:CHUNK])
    return Recipient.objects.filter(pk__in=ids).update(reason=Reason.RESTORED)
