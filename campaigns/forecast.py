"""When a campaign will be done, beside reminders and the other campaigns that are going."""

from collections.abc import Callable
from datetime import date, datetime

from campaigns import finishing
from campaigns.finishing import Pace
from campaigns.languages import sender_of
from campaigns.models import Campaign, Recipient, Run, RunStatus
from healthmsg.clinic.sending_hours import SendingHours
from whatsapp import seats
from whatsapp.models import Message, Portfolio
from whatsapp.pacing import SHARE_OF_LIMIT

_GOING = (RunStatus.EXPANDING, RunStatus.POURING)


def of_campaign(campaign: Campaign, people: int, *, now: datetime) -> datetime | None:
    """Return when it would be done if it were started now; None: the limit leaves no place."""
    return _done_at(campaign, people + _left(campaign, without=None), now)


def of_run(run: Run, *, now: datetime) -> datetime | None:
    """Return when a run that is going will be done; None: the limit leaves no place."""
    return _done_at(run.campaign, _left_of(run) + _left(run.campaign, without=run), now)


def _done_at(campaign: Campaign, left: int, now: datetime) -> datetime | None:
    sender = sender_of(campaign)
    if sender is None:
        # It says itself that there is no number; a date is not what is missing.
        return now
    hours = SendingHours.of(campaign.clinic)
    rate = sender.rate_per_second * SHARE_OF_LIMIT
    portfolio = sender.account.portfolio
    if portfolio.daily_limit is None:
        return finishing.done_at(left, Pace(hours, rate), now=now)
    planned = seats.for_campaigns(portfolio.pk, now=now)
    pace = Pace(hours, rate, planned, _seats_on(portfolio, portfolio.daily_limit))
    return finishing.done_at(left, pace, now=now)


def _seats_on(portfolio: Portfolio, limit: int) -> Callable[[date], int]:
    """Days ahead leave what reminders do not need; those nobody knows yet are like the known."""
    known: dict[str, int] = portfolio.kept_by_day
    usual = round(sum(known.values()) / len(known)) if known else 0
    return lambda day: max(0, limit - known.get(day.isoformat(), usual))


def _left(campaign: Campaign, *, without: Run | None) -> int:
    """Count what other runs have yet to send: all of them take turns."""
    others = Run.objects.filter(campaign__clinic=campaign.clinic_id, status__in=_GOING)
    if without is not None:
        others = others.exclude(pk=without.pk)
    return sum(_left_of(run) for run in others)


def _left_of(run: Run) -> int:
    """Count people, as households are not known before they are written to."""
    to_pour = Recipient.objects.filter(run=run, message=None, reason="").count()
    waiting = Message.objects.filter(stream=run.stream_id, send_after__isnull=False)
    return to_pour + waiting.count()
