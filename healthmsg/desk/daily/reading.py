"""Sums over kept days: of a period as a whole, week by week, and by what it is cut into."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncWeek
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from healthmsg.clinic import languages
from healthmsg.clinic.models import Clinic, Site, VisitKind
from healthmsg.desk.daily.models import Cut, DayCount
from reminders.models import ReminderRule

WEEK = timedelta(days=7)
_SUMMED = ("sent", "arrived", "read", "answered", "visits", "missed")
_SUMS = {name: Sum(name) for name in _SUMMED}


@dataclass(frozen=True)
class Sums:
    """One line: of messages taken by WhatsApp, and of visits whose outcome is known."""

    name: str
    sent: int
    arrived: int
    read: int
    answered: int
    visits: int
    missed: int

    @property
    def is_empty(self) -> bool:
        return not self.sent and not self.visits


@dataclass(frozen=True)
class Period:
    """Whole weeks of a clinic, the present one included; at one site or all."""

    clinic: Clinic
    first: date
    last: date
    site: Site | None = None

    @classmethod
    def of_weeks(cls, clinic: Clinic, weeks: int, *, today: date, site: Site | None) -> "Period":
        monday = today - timedelta(days=today.weekday())
        return cls(clinic, monday - (weeks - 1) * WEEK, today, site)


def by_week(period: Period) -> list[Sums]:
    """Return every week of the period, the empty ones too."""
    rows = _rows(period).filter(cut=Cut.WHOLE).annotate(week=TruncWeek("day"))
    sums: Iterable[dict[str, Any]] = rows.values("week").annotate(**_SUMS)  # type: ignore[assignment]
    found = {row.pop("week"): row for row in sums}
    weeks = range((period.last - period.first).days // 7 + 1)
    starts = [period.first + n * WEEK for n in weeks]
    return [_sums(date_format(start, "j M Y"), found.get(start, {})) for start in starts]


def by_cut(period: Period) -> dict[str, list[Sums]]:
    """Return the lines of each cut that is no whole, in the order in which one reads them."""
    rows = _rows(period).exclude(cut=Cut.WHOLE).values("cut", "key").annotate(**_SUMS)
    pieces: dict[str, dict[str, dict[str, Any]]] = {cut: {} for cut in Cut.values}
    lines: Iterable[dict[str, Any]] = rows.order_by("cut", "key")  # type: ignore[assignment]
    for row in lines:
        pieces[row.pop("cut")][row.pop("key")] = row
    return {
        Cut.RULE: _named(pieces[Cut.RULE], _rules(period.clinic), none=_("no reminder")),
        Cut.HOUR: _hours(pieces[Cut.HOUR]),
        Cut.LANGUAGE: _named(
            pieces[Cut.LANGUAGE], _languages(pieces[Cut.LANGUAGE]), none=_("not known")
        ),
        Cut.KIND: _named(pieces[Cut.KIND], _kinds(period.clinic), none=_("about no visit")),
    }


def by_site(period: Period) -> list[Sums]:
    rows = _rows(period).filter(cut=Cut.WHOLE).values("site").annotate(**_SUMS)
    lines: Iterable[dict[str, Any]] = rows.order_by("site")  # type: ignore[assignment]
    pieces = {str(row.pop("site") or ""): row for row in lines}
    names = {
        str(pk): name
        for pk, name in Site.objects.filter(clinic=period.clinic).values_list("pk", "name")
    }
    return _named(pieces, names, none=_("about no visit"))


def _rows(period: Period) -> QuerySet[DayCount]:
    rows = DayCount.objects.filter(clinic=period.clinic, day__range=(period.first, period.last))
    return (rows.filter(site=period.site) if period.site else rows).order_by()


def _rules(clinic: Clinic) -> dict[str, str]:
    rules = ReminderRule.objects.filter(clinic=clinic).order_by("pk")
    return {str(pk): name for pk, name in rules.values_list("pk", "name")}


def _kinds(clinic: Clinic) -> dict[str, str]:
    kinds = VisitKind.objects.filter(clinic=clinic).order_by("pk")
    return {str(pk): name for pk, name in kinds.values_list("pk", "name")}


def _languages(codes: Iterable[str]) -> dict[str, str]:
    return {code: languages.in_words(code) for code in codes}


def _named(pieces: dict[str, dict[str, Any]], names: Any, *, none: str) -> list[Sums]:
    """Those with most messages and visits first; what belongs to none comes last."""
    lines = [_sums(str(names.get(key, key)) if key else none, row) for key, row in pieces.items()]
    last = none if "" in pieces else None
    return sorted(_full(lines), key=lambda one: (one.name == last, -one.sent - one.visits))


def _hours(pieces: dict[str, dict[str, Any]]) -> list[Sums]:
    hours = sorted(int(key) for key in pieces if key)
    return list(_full(_sums(f"{hour:02d}:00", pieces[str(hour)]) for hour in hours))


def _full(lines: Iterable[Sums]) -> list[Sums]:
    return [one for one in lines if not one.is_empty]


def _sums(name: str, row: dict[str, Any]) -> Sums:
    return Sums(name, **{measure: int(row.get(measure) or 0) for measure in _SUMMED})
