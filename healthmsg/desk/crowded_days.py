"""The overview's block about WhatsApp's daily limit: which days are too full, and what to do."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg.cockpit import clinics_of, owned
from healthmsg.cockpit.belonging import Person, known_clinics
from healthmsg.cockpit.there import Kinds
from healthmsg.desk.alarms.late import COUNT_UNTIL
from reminders.models import LimitDay, Reminder, ReminderStatus
from whatsapp.limits import NEXT_STEP
from whatsapp.models import Portfolio, Sender
from whatsapp.status import Reason

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

_WEEK = timedelta(days=7)
_DAYS, _LEFT_OUT = "crowded-days", "crowded-left-out"
# Source: WhatsApp Cloud API, messaging limits, read 2026-11: a verified business gets this much.
_VERIFIED = 2_000


_VERIFY = gettext_lazy(
    "Have the business verified in Meta's business settings: the limit becomes 2,000. Without that"
    " it does once 2,000 different people got messages within 30 days, while patients like them."
)


@dataclass(frozen=True)
class ToDo:
    """One thing that helps, and where it is done here, if it is."""

    words: "_StrOrPromise"
    link: str = ""


def kinds(person: Person, *, now: datetime) -> Kinds:
    """Return what shows that a limit is too small, as far as the person may see it."""
    if not person.has_perm("clinic.view_appointment"):
        return {}
    days = _days_of(_limited(person), now).filter(people__gt=F("places"))
    return {_DAYS: days, _LEFT_OUT: _left_out(person, now)}


def crowded_days(
    request: HttpRequest, counts: Counter[str], *, now: datetime
) -> list[dict[str, Any]]:
    """
    Return each portfolio whose limit is too small for days ahead.

    :param counts: of `kinds`, so many at most that "more than" can be said
    """
    if not (counts[_DAYS] or counts[_LEFT_OUT]):
        return []
    mine, left_out = list(_limited(request.user)), counts[_LEFT_OUT]
    days = _days(mine, now)
    calls = _calls(request.user, now) if left_out else []
    return [
        _block(request, portfolio, days[portfolio.pk], left_out) | {"calls": calls}
        for portfolio in mine
        if left_out or any(_is_crowded(day) for day in days[portfolio.pk])
    ]


def _limited(person: Person) -> QuerySet[Portfolio]:
    return owned(Portfolio.objects.filter(daily_limit__isnull=False), person).order_by("pk")


def _days(portfolios: Iterable[Portfolio], now: datetime) -> dict[int, list[LimitDay]]:
    """Return the past week and the days ahead, oldest first."""
    found: dict[int, list[LimitDay]] = defaultdict(list)
    for row in _days_of(portfolios, now).select_related("rule").order_by("day"):
        found[row.portfolio_id].append(row)
    return found


def _days_of(portfolios: Iterable[Portfolio], now: datetime) -> QuerySet[LimitDay]:
    return LimitDay.objects.filter(portfolio__in=portfolios, day__gte=(now - _WEEK).date())


def _left_out(person: Person, now: datetime) -> QuerySet[Reminder]:
    """Return reminders of the clinics that find no place within the next day."""
    rows = Reminder.objects.filter(
        status=ReminderStatus.SKIPPED, reason=Reason.DAILY_LIMIT, due_at__gt=now
    )
    return owned(rows, person)


def _calls(person: Person, now: datetime) -> list[dict[str, Any]]:
    """Return the call list of each clinic whose reminders find no place, named if need be."""
    clinics = known_clinics(person)
    if len(clinics) > 1:
        short = set(_left_out(person, now).order_by().values_list("appointment__clinic", flat=True))
        clinics = [one for one in clinics if one.pk in short]
    is_named = len(known_clinics(person)) > 1
    return [
        {
            "link": reverse("to_call") + f"?clinic={one.pk}",
            "name": one.name if is_named else "",
        }
        for one in clinics
    ]


def _is_crowded(day: LimitDay) -> bool:
    return day.people > day.places


def _block(
    request: HttpRequest, portfolio: Portfolio, days: list[LimitDay], left_out: int
) -> dict[str, Any]:
    crowded = [day for day in days if _is_crowded(day)]
    return {
        "name": portfolio.name,
        "limit": portfolio.daily_limit,
        "left_out": _("more than %d") % COUNT_UNTIL if left_out > COUNT_UNTIL else left_out,
        "days": [
            {
                "day": day.day,
                "people": day.people,
                "places": day.places,
                "over": day.people - day.places,
            }
            for day in crowded
        ],
        "to_do": [*_rules(request, crowded), *_steps(portfolio, days)],
    }


def _rules(request: HttpRequest, crowded: list[LimitDay]) -> list[ToDo]:
    """Say which rule could rest, with the day on which that helps most."""
    best: dict[int, LimitDay] = {}
    for day in crowded:
        if day.rule_id is not None and day.spared > getattr(best.get(day.rule_id), "spared", 0):
            best[day.rule_id] = day
    return [_rule(request, day) for day in best.values()]


def _rule(request: HttpRequest, day: LimitDay) -> ToDo:
    rule = day.rule
    if rule is None:
        raise AssertionError("a day without a rule spares nobody")
    fewer = ngettext("%d person fewer needs", "%d people fewer need", day.spared) % day.spared
    may = request.user.has_perm("reminders.change_reminderrule")
    is_mine = clinics_of(request.user).filter(pk=rule.clinic_id).exists()
    return ToDo(
        _("Do without the rule “%(rule)s” for a while: on %(day)s %(fewer)s a place.")
        % {"rule": rule.name, "day": formats.date_format(day.day, "l j F"), "fewer": fewer},
        reverse("admin:reminders_reminderrule_change", args=[rule.pk]) if may and is_mine else "",
    )


def _steps(portfolio: Portfolio, days: list[LimitDay]) -> list[ToDo]:
    """
    Say how the limit grows.

    Source: WhatsApp Cloud API, messaging limits, read 2026-11.
    """
    limit = portfolio.daily_limit
    if limit is None:
        return []
    if limit < _VERIFIED:
        return [ToDo(_VERIFY)]
    following = next((step for step in NEXT_STEP if step > limit), None)
    next_step = (
        formats.number_format(following, force_grouping=True) if following else _("no limit at all")
    )
    most = max((day.used or 0 for day in days), default=0)
    likes = _is_liked(portfolio)
    if 2 * most >= limit and likes:
        outlook = _("Both are so: the next step is likely within hours.")
    elif 2 * most >= limit:
        outlook = _("It is used enough; quality has to become good first.")
    else:
        outlook = _("At most %(most)s a day were used lately: not likely yet.") % {
            "most": formats.number_format(most, force_grouping=True)
        }
    rises = _(
        "WhatsApp raises the limit by itself (to %(step)s), where half of it was used within seven"
        " days and its quality is good."
    ) % {"step": next_step}
    return [ToDo(f"{rises} {outlook}")]


def _is_liked(portfolio: Portfolio) -> bool:
    qualities = set(
        Sender.objects.filter(account__portfolio=portfolio).values_list("quality", flat=True)
    )
    return bool(qualities) and qualities <= {"GREEN"}
