"""The day's plan for WhatsApp's daily limit: reminders first, campaigns get what is left."""

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from healthmsg.clinic.sending_hours import SendingHours
from reminders import expected, keeping, queueing
from reminders.expected import Circle, Crowd
from reminders.locking import locked_with_visits
from reminders.models import LimitDay, Reminder, ReminderRule, ReminderStatus
from reminders.seating import AHEAD, DAY, Hall, Rank, Seating, Want, seat_all
from whatsapp import seats
from whatsapp.models import Portfolio, Sender
from whatsapp.status import Reason

CHUNK = 500
DAYS_AHEAD = 7
_DAYS_KEPT = timedelta(days=14)
# Of the limit, at least so much for what nobody can plan, even where nothing is known yet.
_FOR_CHANGES, _FOR_NEWS = 0.02, 0.05
# However much is moved and cancelled: most of the limit is for reminders.
_CHANGES_AT_MOST = 0.1

_OURS = (
    "reminder.id = ANY(%(ids)s) AND reminder.status = %(status)s AND reminder.reason = %(reason)s"
)


def make(*, now: datetime, uses_sandbox: bool) -> int:
    """
    Plan the next day of every portfolio that has a limit; twice is once.

    :returns: how many reminders were left out, or taken back in
    """
    limited = Portfolio.objects.filter(daily_limit__isnull=False).order_by("pk")
    return sum(_plan(portfolio, now, uses_sandbox) for portfolio in limited)


def _plan(portfolio: Portfolio, now: datetime, uses_sandbox: bool) -> int:  # noqa: FBT001
    circle = _circle(portfolio, uses_sandbox)
    if portfolio.daily_limit is None or not circle.senders:
        return 0
    limit, news = portfolio.daily_limit, expected.news(circle, now=now)
    for_changes = _at_least(_FOR_CHANGES, limit, min(news.changes, int(_CHANGES_AT_MOST * limit)))
    wants = expected.wants(circle, now=now, until=now + AHEAD)
    for_news = _at_least(_FOR_NEWS, limit, news.all)
    taken = seats.taken(portfolio.pk, now=now)
    hall = _hall(taken, circle, limit, now)
    seating = seat_all(hall, wants, for_changes=for_changes, for_news=for_news)
    days = _look_ahead(portfolio, circle, max(0, limit - for_changes), now)
    plan = seats.Plan(
        seating.for_campaigns,
        seating.for_confirmations,
        made_for=now,
        seated=len(taken),
        kept_by_day={day.day: day.people + for_news for day in days},
    )
    seats.write_plan(portfolio.pk, plan)
    return _obey(seating, wants, now)


def _circle(portfolio: Portfolio, uses_sandbox: bool) -> Circle:  # noqa: FBT001
    """Return who shares a limit: a clinic's first number is the one it writes from."""
    first: dict[int, tuple[int, int]] = {}
    mine = []
    rows = Sender.objects.order_by("-pk").values_list("pk", "clinic_id", "account__portfolio_id")
    for pk, clinic, owner in rows:
        first[clinic] = (pk, owner)
        mine += [pk] if owner == portfolio.pk else []
    clinics = sorted(c for c, (_pk, owner) in first.items() if owner == portfolio.pk)
    return Circle(tuple(clinics), tuple(sorted(mine)), uses_sandbox)


def _hall(taken: dict[int, datetime], circle: Circle, limit: int, now: datetime) -> Hall:
    hall = Hall(limit, now)
    for phone, until in taken.items():
        hall.seat_until(phone, until)
    for phone in sorted(expected.waiting(circle)):
        hall.seat(phone, now)
    return hall


def _at_least(share: float, limit: int, known: int) -> int:
    return max(known, math.ceil(share * limit))


def _obey(seating: Seating, wants: Iterable[Want], now: datetime) -> int:
    """Leave out what finds no place within a day, in good time, and take back what now does."""
    soon = [want for want in wants if want.at <= now + DAY]
    leave = [w.id for w in soon if w.id in seating.left_out and not w.was_left_out]
    take = [w.id for w in soon if w.id not in seating.left_out and w.was_left_out]
    return _each_chunk(leave, ReminderStatus.PLANNED, "", now) + _each_chunk(
        take, ReminderStatus.SKIPPED, Reason.DAILY_LIMIT, now
    )


def _each_chunk(ids: list[int], status: ReminderStatus, reason: str, now: datetime) -> int:
    chunks = (sorted(ids)[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
    return sum(_turn(chunk, status, reason, now) for chunk in chunks)


@transaction.atomic
def _turn(ids: list[int], status: ReminderStatus, reason: str, now: datetime) -> int:
    values = {"ids": ids, "status": status, "reason": reason}
    # Visit first, as everywhere; what is being booked or queued right now waits for the next plan.
    reminders = locked_with_visits(_OURS, values, order="reminder.id")
    for reminder in reminders:
        _turn_one(reminder, now)
    keeping.keep(reminders)
    return len(reminders)


def _turn_one(reminder: Reminder, now: datetime) -> None:
    if reminder.status == ReminderStatus.PLANNED:
        queueing.skip(reminder, Reason.DAILY_LIMIT, now)
        return
    refusal = queueing.why_not(reminder, now)
    if refusal is not None:
        queueing.skip(reminder, refusal, now)
        return
    reminder.status, reminder.reason, reminder.changed_at = ReminderStatus.PLANNED, "", now


def _look_ahead(portfolio: Portfolio, circle: Circle, places: int, now: datetime) -> list[LimitDay]:
    """Write down how each of the next days looks, and how much of the limit today used."""
    zone = _hours(circle).zone
    today = now.astimezone(zone).date()
    crowds = expected.by_day(circle, now=now, until=now + timedelta(days=DAYS_AHEAD))
    crowds = defaultdict(Crowd, crowds)
    optional = _optional(circle)
    rows = [
        _limit_day(portfolio, crowds[today + timedelta(days=n)], optional, places)
        for n in range(DAYS_AHEAD)
    ]
    for n, row in enumerate(rows):
        row.day = today + timedelta(days=n)
    LimitDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["portfolio", "day"],
        update_fields=["people", "places", "rule", "spared"],
    )
    used = seats.in_use(portfolio.pk, now=now)
    mine = LimitDay.objects.filter(portfolio=portfolio)
    mine.filter(day=today).exclude(used__gte=used).update(used=used)
    mine.filter(day__lt=today - _DAYS_KEPT).delete()
    return rows


def _limit_day(
    portfolio: Portfolio, crowd: Crowd, optional: dict[int, Rank], places: int
) -> LimitDay:
    alone = {rule: n for rule, n in (crowd.by_one_rule or {}).items() if rule in optional}
    # The least urgent rule that spares enough people, else the one that spares most.
    too_many = crowd.people - places
    fitting = [rule for rule, n in alone.items() if n >= too_many > 0]
    best = max(fitting, key=lambda r: optional[r], default=None)
    if best is None and too_many > 0:
        best = max(alone, key=lambda r: alone[r], default=None)
    return LimitDay(
        portfolio=portfolio,
        people=crowd.people,
        places=places,
        rule_id=best,
        spared=alone[best] if best is not None else 0,
    )


def _optional(circle: Circle) -> dict[int, Rank]:
    """Return the rules a clinic could do without for a while."""
    ranks = expected.ranks_of(circle.clinics)
    return {rule: urgency for rule, urgency in ranks.items() if urgency >= Rank.EARLIER}


def _hours(circle: Circle) -> SendingHours:
    rule = ReminderRule.objects.filter(clinic__in=circle.clinics).select_related("clinic").first()
    if rule is not None:
        return SendingHours.of(rule.clinic)
    sender = Sender.objects.select_related("clinic").get(pk=circle.senders[0])
    return SendingHours.of(sender.clinic)
