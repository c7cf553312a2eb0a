"""An audience in SQL: one condition for each thing that is filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import ManyToManyField, Model, QuerySet

from campaigns.models import Audience, Doses, NextVisit, Season
from campaigns.naming import named_by

_ON = """EXISTS (SELECT 1 FROM campaigns_listentry entry
    WHERE entry.patient_id = reach.patient_id AND entry.patient_list_id = ANY(%({lists})s))"""
_VISIT = """EXISTS (SELECT 1 FROM clinic_appointment visit
    WHERE visit.patient_id = reach.patient_id AND {which}
      AND (%(visit_kinds)s::bigint[] = '{{}}' OR visit.kind_id = ANY(%(visit_kinds)s))
      AND (%(clinicians)s::bigint[] = '{{}}' OR visit.clinician_id = ANY(%(clinicians)s)))"""
_SEEN_SINCE = """visit.status = 'SEEN' AND visit.starts_at <= %(now)s
      AND visit.starts_at >= %(now)s - make_interval(days => %({days})s)"""
_TO_COME = "visit.status = 'BOOKED' AND visit.starts_at > %(now)s"
_ANY_VISIT = "visit.status IN ('BOOKED', 'ARRIVED', 'SEEN')"
# A dose of an unknown day counts from when it was told.
_DOSE = """EXISTS (SELECT 1 FROM clinic_immunisation dose
    WHERE dose.patient_id = reach.patient_id AND dose.vaccine_id = %(vaccine)s
      AND dose.entered_in_error_at IS NULL
      AND (%(doses_since)s::date IS NULL
           OR coalesce(dose.given_on, (dose.recorded_at AT TIME ZONE %(zone)s)::date)
               >= %(doses_since)s))"""
# Told in the evening of the last day, by the clinic's clocks, it is a dose of the season.
_IN_SEASON = """EXISTS (SELECT 1 FROM clinic_immunisation dose
    JOIN campaigns_season season ON season.vaccine_id = dose.vaccine_id
    WHERE dose.patient_id = reach.patient_id AND season.id = %({season})s
      AND dose.entered_in_error_at IS NULL
      AND coalesce(dose.given_on, (dose.recorded_at AT TIME ZONE %(zone)s)::date)
          BETWEEN season.first_day AND season.last_day)"""
_INVITED = """EXISTS (SELECT 1 FROM campaigns_recipient told
    WHERE told.patient_id = reach.patient_id
      AND told.poured_at > %(now)s - make_interval(days => %(not_contacted_for_days)s))"""
# An age is reached on the day of the month, or the month's last where it has no such day.
_AGE = "(reach.birth_date + make_interval(months => %({age})s))::date"

_SIMPLE = {
    "sites": "reach.site_id = ANY(%(sites)s)",
    "age_from_months": f"{_AGE.format(age='age_from_months')} <= %(today)s",
    "age_below_months": f"{_AGE.format(age='age_below_months')} > %(today)s",
    "sexes": "reach.sex = ANY(%(sexes)s)",
    "languages": "reach.language = ANY(%(languages)s)",
    "tags": "reach.tags && %(tags)s::bigint[]",
    "tags_left_out": "NOT reach.tags && %(tags_left_out)s::bigint[]",
    "seen_within_days": _VISIT.format(which=_SEEN_SINCE.format(days="seen_within_days")),
    "not_seen_for_days": "NOT " + _VISIT.format(which=_SEEN_SINCE.format(days="not_seen_for_days")),
    "not_contacted_for_days": f"NOT {_INVITED}",
}
_NEXT_VISIT = {
    NextVisit.BOOKED: _VISIT.format(which=_TO_COME),
    NextVisit.NONE: "NOT " + _VISIT.format(which=_TO_COME),
}
_DOSES = {Doses.RECORDED: _DOSE, Doses.NOT_RECORDED: f"NOT {_DOSE}"}
_SEASON = {
    Doses.RECORDED: _IN_SEASON.format(season="season"),
    Doses.NOT_RECORDED: "NOT " + _IN_SEASON.format(season="season"),
}
_CHOICES: dict[str, Mapping[Any, str]] = {
    "next_visit": _NEXT_VISIT,
    "doses": _DOSES,
    "in_season": _SEASON,
}
_ABOUT_ITSELF = ("id", "clinic", "name", "created_at")
_SPEAKS_OF_VISITS = ("seen_within_days", "not_seen_for_days")


@dataclass(frozen=True)
class Criteria:
    """
    A condition over `reach`, and the values it names beside `now`, `today` and `zone`.

    `parts` are what it is made of, under the names of the audience's fields.
    """

    condition: str
    values: Mapping[str, Any]
    parts: Mapping[str, str] = field(default_factory=dict)

    def beside_others(self, prefix: str) -> "Criteria":
        """Return the same, its values named so that others' in the same statement are not met."""
        condition = self.condition
        for name in self.values:
            condition = condition.replace(f"%({name})s", f"%({prefix}{name})s")
        return Criteria(condition, {f"{prefix}{name}": v for name, v in self.values.items()})


def of(audience: Audience, named: Mapping[str, list[int]] | None = None) -> Criteria:
    """
    Return the criteria of a saved audience.

    :param named: what it names, where somebody has read that
    """
    named = named_by(audience) if named is None else named
    return _made(
        audience.clinic_id,
        {
            field.name: named[field.name]
            if isinstance(field, ManyToManyField)
            # Its key is enough: the row behind it is asked nothing.
            else field.value_from_object(audience)
            for field in _fields()
        },
    )


def of_season(season: Season) -> Criteria:
    """Return whom a season is for, without those who have had their dose within it."""
    if season.audience is None:
        whom = Criteria("reach.clinic_id = %(clinic)s", {"clinic": season.clinic_id})
    else:
        whom = of(season.audience)
    not_yet = f"NOT {_IN_SEASON.format(season='own_season')}"
    return Criteria(f"({whom.condition}) AND {not_yet}", {**whom.values, "own_season": season.pk})


def typed(clinic_id: int, values: Mapping[str, Any]) -> Criteria:
    """Return the criteria of what a form has cleaned, saved or not."""
    return _made(
        clinic_id,
        {
            field.name: _ids(values.get(field.name) or ())
            if isinstance(field, ManyToManyField)
            else _plain(values.get(field.name))
            for field in _fields()
        },
    )


def _fields() -> list[Any]:
    opts = Audience._meta
    return [f for f in (*opts.fields, *opts.many_to_many) if f.name not in _ABOUT_ITSELF]


def _ids(rows: "QuerySet[Any] | tuple[Model, ...]") -> list[int]:
    return sorted(row.pk for row in rows)


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value


def _made(clinic_id: int, values: dict[str, Any]) -> Criteria:
    parts = {name: sql for name, sql in _SIMPLE.items() if _is_filled(values[name])}
    for name, choices in _CHOICES.items():
        if sql := choices.get(values[name]):
            parts[name] = sql
    names_visits = _is_filled(values["visit_kinds"]) or _is_filled(values["clinicians"])
    if names_visits and not _asks_for_visits(values):
        parts["visit_kinds"] = _VISIT.format(which=_ANY_VISIT)
    fits = " AND ".join(parts.values()) or "TRUE"
    on_lists = _ON.format(lists="lists")
    if values["lists_alone"]:
        fits = f"({fits}) AND {on_lists}"
    elif values["lists"]:
        # On lists alone if nothing else is filled in: everybody would fit.
        fits = f"(({fits}) OR {on_lists})" if parts else on_lists
    if values["lists"]:
        parts["lists"] = on_lists
    if values["left_out"]:
        parts["left_out"] = f"NOT {_ON.format(lists='left_out')}"
        fits += f" AND {parts['left_out']}"
    condition = f"reach.clinic_id = %(clinic)s AND {fits}"
    return Criteria(condition, values | {"clinic": clinic_id}, parts)


def _asks_for_visits(values: Mapping[str, Any]) -> bool:
    is_next = values["next_visit"] in _NEXT_VISIT
    return is_next or any(values[name] is not None for name in _SPEAKS_OF_VISITS)


def _is_filled(value: Any) -> bool:
    return value is not None and value != []
