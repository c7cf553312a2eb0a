"""Who works where on a day, who comes to whom, and what is free between."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from healthmsg.clinic import availability, free_slots
from healthmsg.clinic.free_slots import Place, Shift, Slot, Taken
from healthmsg.clinic.models import LIVE_VISIT, Appointment, Clinician, Site, SlotHold
from healthmsg.desk.agenda.choosing import Chosen
from reminders.standing import Row


@dataclass(frozen=True)
class Spell:
    """From when until when somebody works at a site."""

    site: Site
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Free:
    """A time that can be booked at a site."""

    site: Site
    slot: Slot


@dataclass(frozen=True)
class Column:
    """One clinician's day; None: visits with nobody named."""

    day: date
    clinician: Clinician | None
    spells: tuple[Spell, ...]
    free: tuple[Free, ...]
    rows: tuple[Row, ...]  # visits, soonest first
    is_away: bool = False


class Taking(NamedTuple):
    """A visit that is not shown, by what it takes of whose time."""

    pk: int
    patient_id: int
    clinician_id: int | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class _Book:
    """What is known of everybody's time."""

    chosen: Chosen
    now: datetime
    taken: Mapping[int | None, Sequence[Taken]]
    places: Mapping[Site, Place]  # of the sites looked at


def people_at(chosen: Chosen) -> list[Clinician]:
    """Return who has hours at the sites looked at, or none filled in: everywhere."""
    shown = {site.pk for site in chosen.sites}
    hours = ((one, availability.hours_of(one).weeks) for one in chosen.clinicians)
    return [one for one, weeks in hours if weeks is None or shown & set(weeks)]


def columns(
    chosen: Chosen,
    rows: Sequence[Row],
    days: Sequence[date],
    *,
    now: datetime,
    elsewhere: Iterable[Taking] = (),
) -> list[Column]:
    """
    Return for each day and clinician what a column shows; whoever has nothing to show has none.

    :param rows: visits in those days at the sites looked at
    :param elsewhere: what others take, as `taking` reads it
    """
    book = _book(chosen, rows, elsewhere, now)
    by_place: dict[tuple[date, int | None], list[Row]] = defaultdict(list)
    for row in rows:
        visit = row.appointment
        day = visit.starts_at.astimezone(chosen.zone).date()
        by_place[day, visit.clinician_id].append(row)
    everybody: list[Clinician | None] = list(_people(chosen, rows))
    if chosen.clinician is None:
        everybody.append(None)
    found = []
    for day in days:
        for one in everybody:
            mine = tuple(by_place[day, one.pk if one else None])
            column = _column(book, day, one, mine)
            if column.spells or column.rows or column.is_away:
                found.append(column)
    return found


def taking(visits: QuerySet[Appointment]) -> list[Taking]:
    """Read as much of visits as says whose time they take."""
    live = visits.filter(status__in=LIVE_VISIT).values_list(
        *("pk", "patient_id", "clinician_id"),
        # As text: to read a moment takes the driver ten times as long.
        *(Cast(moment, TextField()) for moment in ("starts_at", "ends_at")),
    )
    return [
        Taking(pk, patient, one, datetime.fromisoformat(begins), datetime.fromisoformat(ends))
        for pk, patient, one, begins, ends in live
    ]


def _people(chosen: Chosen, rows: Iterable[Row]) -> Iterable[Clinician]:
    """Whoever sees patients, and whoever left but still has visits in the book."""
    if chosen.clinician:
        return (chosen.clinician,)
    booked = {r.appointment.clinician for r in rows if r.appointment.clinician}
    others = booked - set(chosen.clinicians)
    return (*chosen.clinicians, *sorted(others, key=lambda one: (one.name, one.pk)))


def _book(chosen: Chosen, rows: Sequence[Row], elsewhere: Iterable[Taking], now: datetime) -> _Book:
    who = [one.pk for one in _people(chosen, rows)]
    live = (row.appointment for row in rows if row.appointment.status in LIVE_VISIT)
    visits: list[Appointment | Taking] = [*live, *elsewhere]
    places = {site: availability.place_of(site) for site in chosen.sites}
    return _Book(chosen, now, _taken(chosen, visits, who, now), places)


def _taken(
    chosen: Chosen, visits: Iterable[Appointment | Taking], who: Sequence[int], now: datetime
) -> dict[int | None, list[Taken]]:
    found: dict[int | None, list[Taken]] = defaultdict(list)
    moving = chosen.moving
    for visit in visits:
        if moving and visit.pk == moving.pk:
            continue
        # Whom we move somewhere else cannot be in two places, whoever sees them.
        is_theirs = moving is not None and visit.patient_id == moving.patient_id
        for one in (*who, None) if is_theirs else (visit.clinician_id,):
            found[one].append((visit.starts_at, visit.ends_at))
    after, before = chosen.bounds(days=7)
    holds = SlotHold.objects.filter(until__gt=now, starts_at__lt=before, ends_at__gt=after)
    if moving:
        holds = holds.exclude(appointment=moving)
    kept = holds.filter(site__clinic=chosen.clinic)
    for clinician, starts_at, ends_at in kept.values_list("clinician_id", "starts_at", "ends_at"):
        found[clinician].append((starts_at, ends_at))
    return found


def _column(book: _Book, day: date, one: Clinician | None, rows: tuple[Row, ...]) -> Column:
    chosen = book.chosen
    spells: list[Spell] = []
    free: list[Free] = []
    is_away = False
    for site, place in _places_of(one, book):
        shift = _shift(book, site, one)
        is_away = is_away or shift.is_away_on(day)
        worked = [Spell(site, *spell) for spell in free_slots.worked(place, shift, day)]
        spells += worked
        for spell in worked if chosen.length else ():
            free += _free(book, shift, spell, free)
    return Column(day, one, tuple(spells), tuple(sorted(free, key=_when)), rows, is_away)


def _places_of(one: Clinician | None, book: _Book) -> Iterable[tuple[Site, Place]]:
    """Return where somebody may work at all; with nobody named, what belongs to nobody does."""
    places = book.places.items()
    if one is None:
        return () if book.chosen.clinicians else places
    weeks = availability.hours_of(one).weeks
    return places if weeks is None else [each for each in places if each[0].pk in weeks]


def _shift(book: _Book, site: Site, one: Clinician | None) -> Shift:
    if one is None:
        return Shift(None, None, taken=tuple(book.taken.get(None, ())))
    hours = availability.hours_of(one)
    # Whoever sees nobody any more is in the book for old visits alone.
    week = availability.week_at(site, hours.weeks) if one.is_active else {}
    return Shift(one.pk, week, hours.away, tuple(book.taken.get(one.pk, ())))


def _free(book: _Book, shift: Shift, spell: Spell, others: Sequence[Free]) -> list[Free]:
    """Return the free times of a spell; nobody is offered twice at once, at two sites."""
    length = book.chosen.length
    if length is None:
        return []
    slots = free_slots.free(
        book.places[spell.site],
        [shift],
        length=length,
        after=max(spell.begins_at, book.now),
        before=spell.ends_at,
    )
    return [
        Free(spell.site, slot)
        for slot in slots
        if not any(
            o.slot.starts_at < slot.ends_at and slot.starts_at < o.slot.ends_at for o in others
        )
    ]


def _when(free: Free) -> datetime:
    return free.slot.starts_at
