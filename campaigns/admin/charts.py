"""A run in pictures: what Chart.js draws, and the same numbers as a table behind each of them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.answers import Answers
from campaigns.progress import ARRIVED, Progress
from healthmsg.clinic.languages import LANGUAGES
from whatsapp.models import ReplyOutcome, TemplateVersion
from whatsapp.status import Status

# Longer runs are shown by days.
HOURS_SHOWN = 72
# Each beside the other stays apart for whoever sees few colors: they differ in lightness.
_COLORS = ("#0f766e", "#f59e0b", "#1e3a8a", "#9ca3af", "#be185d")
_OPTIONS: dict[str, Any] = {
    "responsive": True,
    "maintainAspectRatio": False,
    "animation": False,
    "plugins": {"legend": {"position": "bottom", "labels": {"boxWidth": 12}}},
}
_X: dict[str, Any] = {"grid": {"display": False}}
_Y: dict[str, Any] = {"beginAtZero": True, "ticks": {"precision": 0}, "grid": {}}


@dataclass(frozen=True)
class Chart:
    """One picture: columns of numbers, each under its name, one for each label."""

    key: str
    title: str
    first: str  # what the labels are
    labels: Sequence[str]
    columns: Mapping[str, Sequence[int]]
    is_stacked: bool = False

    @property
    def rows(self) -> list[tuple[str, list[tuple[str, int]]]]:
        """Return per line its name, and each number under its column's name."""
        numbers = zip(*self.columns.values(), strict=True)
        return [
            (label, list(zip(self.columns, row, strict=True)))
            for label, row in zip(self.labels, numbers, strict=True)
        ]

    @property
    def data(self) -> str:
        sets = [
            {"label": name, "data": list(column), "backgroundColor": color, "borderColor": color}
            for (name, column), color in zip(self.columns.items(), _COLORS, strict=False)
        ]
        return json.dumps({"labels": list(self.labels), "datasets": sets})

    @property
    def options(self) -> str:
        stacked = {"stacked": self.is_stacked}
        return json.dumps(_OPTIONS | {"scales": {"x": _X | stacked, "y": _Y | stacked}})


def of_run(counted: Progress, answers: Answers, *, zone: ZoneInfo) -> list[Chart]:
    """Return the pictures that have something to show."""
    charts = [over_time(counted, zone=zone), by_hour(answers), by_words(counted)]
    return [chart for chart in charts if chart.labels]


def over_time(counted: Progress, *, zone: ZoneInfo) -> Chart:
    """Taken by WhatsApp and arrived, by hours, or by days where it took longer."""
    moments = [*counted.taken_by_hour, *counted.arrived_by_hour]
    is_long = bool(moments) and max(moments) - min(moments) > timedelta(hours=HOURS_SHOWN)
    taken = _binned(counted.taken_by_hour, zone, by_days=is_long)
    arrived = _binned(counted.arrived_by_hour, zone, by_days=is_long)
    bins = sorted({*taken, *arrived})
    return Chart(
        key="over-time",
        title=_("Arrived over time"),
        first=_("Day") if is_long else _("Hour"),
        labels=[date_format(one, "D j M" if is_long else "D H:i") for one in bins],
        columns={
            _("taken by WhatsApp"): [taken[one] for one in bins],
            _("arrived"): [arrived[one] for one in bins],
        },
    )


def by_hour(answers: Answers) -> Chart:
    """Answers by the hour of the clinic's day: when people have time for us."""
    hours = sorted(answers.by_hour)
    kinds = [kind for kind in ReplyOutcome.values if answers.by_kind[kind]]
    span = range(hours[0], hours[-1] + 1) if hours else ()
    empty: Counter[str] = Counter()
    return Chart(
        key="by-hour",
        title=_("Answered by hour of the day"),
        first=_("Hour"),
        labels=[f"{hour:02d}:00" for hour in span],
        columns={
            str(ReplyOutcome(kind).label): [answers.by_hour.get(h, empty)[kind] for h in span]
            for kind in kinds
        },
        is_stacked=True,
    )


def by_words(counted: Progress) -> Chart:
    """What became of them, by template and language."""
    versions = TemplateVersion.objects.filter(pk__in=counted.by_words).select_related("template")
    is_one = len({one.template.name for one in versions}) == 1
    names = {one.pk: _name(one, is_one=is_one) for one in versions}
    order = sorted(names, key=lambda pk: (names[pk], pk))
    found = [counted.by_words[pk] for pk in order]
    arrived = [sum(one[status] for status in ARRIVED) for one in found]
    failed = [one[Status.FAILED] for one in found]
    others = [
        one.total() - there - lost for one, there, lost in zip(found, arrived, failed, strict=True)
    ]
    return Chart(
        key="by-words",
        title=_("By template and language"),
        first=_("Template"),
        labels=[names[pk] for pk in order],
        columns={
            _("arrived"): arrived,
            _("not known yet, or not sent"): others,
            _("could not be delivered"): failed,
        },
        is_stacked=True,
    )


def _name(version: TemplateVersion, *, is_one: bool) -> str:
    """Return its template and language; where there is one template, the language is enough."""
    template = version.template
    code = template.language
    words = LANGUAGES.get(code) or LANGUAGES.get(code.partition("_")[0]) or code
    return str(words) if is_one else f"{template.name}, {words}"


def _binned(hours: Mapping[datetime, int], zone: ZoneInfo, *, by_days: bool) -> Counter[datetime]:
    found: Counter[datetime] = Counter()
    for moment, count in hours.items():
        local = moment.astimezone(zone)
        found[local.replace(hour=0, minute=0) if by_days else local] += count
    return found
