"""One clinic's today and tomorrow in numbers: visits that add up, messages step by step."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Clinic
from healthmsg.desk.daily import counting
from healthmsg.desk.daily.counting import MEASURES
from healthmsg.desk.daily.models import CountedDay, Cut, DayCount
from reminders import adding_up, call_list

DAY = timedelta(days=1)
# The count is made each minute; where nobody counts, the page does.
_FRESH_FOR = timedelta(minutes=3)


@dataclass(frozen=True)
class Step:
    """One step of a day's messages, and what share of them came so far, of a hundred."""

    words: str
    count: int
    percent: int
    more: str = ""


def days(clinic: Clinic, *, now: datetime, sites: Collection[int]) -> list[dict[str, Any]]:
    """Return today's and tomorrow's visits, of all sites or these, as a sum that adds up."""
    today = now.astimezone(clinic.zone).date()
    begins, _ends = counting.bounds(clinic, today)
    tomorrow_begins, ends = counting.bounds(clinic, today + DAY)
    rows, over = call_list.counted_with_over(
        clinic, after=begins, before=ends, now=now, sites=sites
    )
    of_today = [row for row in rows if row.appointment.starts_at < tomorrow_begins]
    of_tomorrow = rows[len(of_today) :]
    already = [visit for visit in over if visit.starts_at < tomorrow_begins]
    early = [visit for visit in over if visit.starts_at >= tomorrow_begins]
    sums = (
        adding_up.tally(of_today, clinic, now=now, over=already),
        adding_up.tally(of_tomorrow, clinic, now=now, over=early),
    )
    return [
        _day(clinic, _("Today"), today, sums[0]),
        _day(clinic, _("Tomorrow"), today + DAY, sums[1]),
    ]


def _day(clinic: Clinic, words: str, day: date, tally: adding_up.Tally) -> dict[str, Any]:
    return {
        "clinic": clinic,
        "words": words,
        "day": day,
        "tally": tally,
        "sentence": tally.sentence if tally.visits else _("No visits."),
        "link": reverse("admin:clinic_appointment_changelist")
        + f"?day={day.isoformat()}&clinic={clinic.pk}",
        "call_link": reverse("to_call") + f"?clinic={clinic.pk}",
    }


def messages(clinic: Clinic, *, now: datetime) -> dict[str, Any]:
    """Return how far today's messages have come, and as of when that was counted."""
    today = now.astimezone(clinic.zone).date()
    kept = _kept(clinic, today, since=now - _FRESH_FOR)
    counts = _sum(kept.sites) if kept else counting.whole(clinic, today)
    at = kept.counted_at if kept else now
    return {"steps": _steps(counts), "at": at, "is_empty": not _planned(counts)}


def _kept(clinic: Clinic, day: date, *, since: datetime) -> Any:
    """Return when the day was counted, and with it what was counted at each site."""
    sites = DayCount.objects.filter(clinic=clinic, day=day, cut=Cut.WHOLE)
    numbers = sites.values(json=JSONObject(**{name: name for name in MEASURES}))
    counted = CountedDay.objects.filter(clinic=clinic, day=day, counted_at__gt=since)
    return counted.annotate(sites=ArraySubquery(numbers)).first()


def _sum(sites: Iterable[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(site[name] for site in sites) for name in MEASURES}


def _planned(counts: dict[str, int]) -> int:
    return counts["to_come"] + counts["written"]


def _steps(counts: dict[str, int]) -> list[Step]:
    planned = _planned(counts)
    still_to_go = counts["to_come"] + counts["waiting"]
    told: tuple[tuple[str, int, str], ...] = (
        (_("planned"), planned, _("%d still to go") % still_to_go if still_to_go else ""),
        (_("taken by WhatsApp"), counts["sent"], _kept_back(counts["not_sent"])),
        (_("arrived on the phone"), counts["arrived"], _lost(counts)),
        (_("read"), counts["read"], ""),
        (_("answered"), counts["answered"], ""),
    )
    return [
        Step(words, count, round(100 * count / planned) if planned else 0, more)
        for words, count, more in told
    ]


def _kept_back(count: int) -> str:
    return _("%d not sent, for a reason") % count if count else ""


def _lost(counts: dict[str, int]) -> str:
    parts = []
    if counts["under_way"]:
        parts.append(_("%d not known yet") % counts["under_way"])
    if counts["failed"]:
        parts.append(_("%d could not be delivered") % counts["failed"])
    return ", ".join(parts)
