"""Starts campaigns whose moment has come: once for each, late or not as they say."""

from datetime import datetime, timedelta

from cronsim import CronSimError
from django.db import transaction
from django.utils.translation import gettext as _
from django_celery_beat.models import CrontabSchedule

from campaigns import launching, occurrences, refusing
from campaigns.models import Campaign, WhenLate

# Ticks come every few seconds; what is later than this was missed.
IN_TIME = timedelta(minutes=15)


def plan_next(campaign: Campaign, *, after: datetime) -> datetime | None:
    """Work out, and write down, when the campaign is due next; None: it is not."""
    due = _next(campaign, after)
    Campaign.objects.filter(pk=campaign.pk).update(next_run_at=due)
    campaign.next_run_at = due
    return due


def start_due(*, now: datetime) -> int:
    """Start what is due; how many runs began. Two ticks at once start each of them once."""
    due = Campaign.objects.filter(next_run_at__lte=now).order_by("next_run_at", "pk")
    return sum(_start(campaign_id, now) for campaign_id in due.values_list("pk", flat=True))


@transaction.atomic
def _start(campaign_id: int, now: datetime) -> bool:
    campaign = (
        Campaign.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("clinic", "crontab", "owner")
        .filter(pk=campaign_id, next_run_at__lte=now)
        .first()
    )
    if campaign is None or campaign.next_run_at is None:
        return False
    try:
        occurrence = _meant(campaign, campaign.next_run_at, now)
        following = _next(campaign, now)
    except CronSimError:
        # The row may be edited elsewhere; one that says nothing must not hold up the others.
        _note(campaign, None, _("its plan cannot be read; plan it again"))
        return False
    why = _why_not(campaign, occurrence, now)
    if not why:
        try:
            launching.start(campaign, by=campaign.owner, now=now, occurrence_at=occurrence)
        except refusing.NotAllowed as refusal:
            why = _(str(refusal))
    _note(campaign, following, why)
    return not why


def _why_not(campaign: Campaign, occurrence: datetime, now: datetime) -> str:
    if campaign.owner is None or not campaign.owner.is_active:
        return _("whoever looked after it has left; name somebody else")
    if now - occurrence > IN_TIME and campaign.when_late == WhenLate.SKIP:
        return _("its time had passed while the system stood still")
    return ""


def _note(campaign: Campaign, following: datetime | None, why: str) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(
        next_run_at=following, not_started_because=why[:200]
    )


def _meant(campaign: Campaign, due: datetime, now: datetime) -> datetime:
    """Of several that were missed only the last one counts."""
    if campaign.crontab is None:
        return due
    return occurrences.last_missed(
        expression_of(campaign.crontab), campaign.clinic.zone, due=due, now=now
    )


def _next(campaign: Campaign, after: datetime) -> datetime | None:
    if campaign.crontab is None:
        starts_at = campaign.starts_at
        return starts_at if starts_at is not None and starts_at > after else None
    return occurrences.first(
        expression_of(campaign.crontab), campaign.clinic.zone, after=after, until=campaign.ends_on
    )


def expression_of(crontab: CrontabSchedule) -> str:
    """Return the five fields; the row's own time zone is not asked, the clinic's counts."""
    parts = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    return " ".join(str(getattr(crontab, part)) for part in parts)
