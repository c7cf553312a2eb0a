"""All sites of a clinic at once, where more people work than a board holds: a line for each."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.http import urlencode

from healthmsg.clinic.models import LIVE_VISIT, Appointment, Site
from healthmsg.desk.agenda import roster
from healthmsg.desk.agenda.choosing import Chosen

Lines = list[tuple[Site, str, list[dict[str, Any]]]]


def lines(
    look: Chosen,
    visits: QuerySet[Appointment],
    days: Sequence[date],
    *,
    is_week: bool,
    now: datetime,
) -> Lines:
    """Return each site, where its board is, and by day how many come and how much is free."""
    booked, free = _booked(look, visits), _free(look, visits, days, now)
    board = reverse("agenda_week" if is_week else "agenda")
    return [
        (
            site,
            _address(board, look, site, days[0]),
            [
                {
                    "day": day,
                    "link": _address(reverse("agenda"), look, site, day),
                    "visits": booked[site.pk, day],
                    "free": free[site.pk, day],
                }
                for day in days
            ],
        )
        for site in look.sites
    ]


def _booked(look: Chosen, visits: QuerySet[Appointment]) -> Counter[tuple[int, date]]:
    live = visits.filter(status__in=LIVE_VISIT, site__in=look.sites).order_by()
    days = live.annotate(day=TruncDate("starts_at", tzinfo=look.zone)).values_list("site", "day")
    return Counter({(site, day): count for site, day, count in days.annotate(count=Count("pk"))})


def _free(
    look: Chosen, visits: QuerySet[Appointment], days: Sequence[date], now: datetime
) -> Counter[tuple[int, date]]:
    columns = roster.columns(look, (), days, now=now, elsewhere=roster.taking(visits))
    return Counter((free.site.pk, column.day) for column in columns for free in column.free)


def _address(board: str, look: Chosen, site: Site, day: date) -> str:
    moves: dict[str, Any] = {"move": look.moving.pk, **look.way_back} if look.moving else {}
    return f"{board}?{urlencode({'day': day.isoformat(), 'site': site.pk, **moves})}"
