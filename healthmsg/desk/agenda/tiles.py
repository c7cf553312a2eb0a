"""A day's columns as the page draws them: everything in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from healthmsg import dates
from healthmsg.clinic.models import LIVE_VISIT, Need, VisitStatus
from healthmsg.clinic.sending_hours import SendingHours
from healthmsg.cockpit import naming
from healthmsg.desk.agenda import grid, marks
from healthmsg.desk.agenda.choosing import Chosen
from healthmsg.desk.agenda.grid import Axis
from healthmsg.desk.agenda.roster import Column, Free
from reminders.standing import Row

# Where somebody was expected it says what became of them, also to whom a slip has to be undone.
_ON_THE_BOARD = (*LIVE_VISIT, VisitStatus.MISSED, VisitStatus.LEFT)


@dataclass
class Head:
    """The top of a column."""

    column: Column
    number: int  # of the first track it takes; the first of all holds the hours
    width: int = 1
    visits: int = 0
    free: int = 0
    name: str = ""  # of the clinician, or of the day where one clinician's days stand side by side


@dataclass(frozen=True)
class Tile:
    """A visit or a free time, where it stands."""

    starts_at: datetime
    column: int
    row: int
    span: int
    who: str  # the name of its column, for the list on a phone
    link: str
    key: str
    width: int = 1
    visit: dict[str, Any] = field(default_factory=dict)  # empty: a free time
    site: str = ""

    @property
    def clock(self) -> str:
        return f"{self.starts_at:%H:%M}"


@dataclass(frozen=True)
class Board:
    """A whole page's time."""

    axis: Axis
    heads: tuple[Head, ...]
    tracks: int
    tiles: tuple[Tile, ...]
    spells: tuple[tuple[int, int, int, int], ...]  # column, row, rows, columns
    now_row: int = 0  # 0: not today
    left_out: int = 0  # columns more than fit


def board(
    columns: Sequence[Column], chosen: Chosen, *, details: bool, is_week: bool, now: datetime
) -> Board:
    """Lay columns out side by side, wider where visits overlap."""
    left_out = max(0, len(columns) - grid.MOST_COLUMNS)
    columns = columns[: grid.MOST_COLUMNS]
    axis = grid.axis(_spans(columns), chosen.zone)
    heads: list[Head] = []
    tiles: list[Tile] = []
    spells: list[tuple[int, int, int, int]] = []
    number = 2
    for column in columns:
        rows = [row for row in column.rows if row.appointment.status in _ON_THE_BOARD]
        lanes = grid.lanes([(r.appointment.starts_at, _until(r, column)) for r in rows])
        width = max(lanes, default=0) + 1
        name = dates.written(column.day, "D, j M") if is_week else str(column.clinician or "")
        expected = sum(row.appointment.status in LIVE_VISIT for row in rows)
        head = Head(column, number, width, expected, len(column.free), name)
        heads.append(head)
        for row, lane in zip(rows, lanes, strict=True):
            tiles.append(_visit(row, axis, head, lane, chosen, details=details))
        tiles += [_free(one, axis, head, chosen) for one in column.free]
        spells += [
            (number, axis.row(s.begins_at), axis.span(s.begins_at, s.ends_at), width)
            for s in column.spells
        ]
        number += width
    tiles.sort(key=lambda tile: (tile.starts_at, tile.column, tile.key))
    is_today = any(column.day == now.astimezone(chosen.zone).date() for column in columns)
    now_row = axis.row(now) if is_today else 0
    return Board(axis, tuple(heads), number - 1, tuple(tiles), tuple(spells), now_row, left_out)


def name_of(row: Row, *, details: bool) -> str:
    return naming.of(row.appointment.patient, details=details)


def _spans(columns: Sequence[Column]) -> list[tuple[datetime, datetime]]:
    found = []
    for column in columns:
        found += [(s.begins_at, s.ends_at) for s in column.spells]
        found += [(r.appointment.starts_at, r.appointment.ends_at) for r in column.rows]
    return found


def _visit(row: Row, axis: Axis, head: Head, lane: int, chosen: Chosen, *, details: bool) -> Tile:
    visit = row.appointment
    return Tile(
        starts_at=visit.starts_at.astimezone(chosen.zone),
        column=head.number + lane,
        row=axis.row(visit.starts_at),
        span=axis.span(visit.starts_at, _until(row, head.column)),
        width=head.width if _is_alone(visit, head) else 1,
        who=head.name,
        link=reverse("agenda_visit", args=[visit.pk]),
        key=f"visit-{visit.pk}",
        site="" if chosen.site else visit.site.name,
        visit={
            "name": name_of(row, details=details),
            "kind": visit.kind.name,
            "mark": marks.of_row(row, zone=chosen.zone, hours=SendingHours.of(chosen.clinic)),
            "status": visit.status.lower(),
            "is_overbooked": visit.is_overbooked,
            "needs": [Need(need).label for need in visit.patient.needs],
        },
    )


def _until(row: Row, column: Column) -> datetime:
    """Return where a visit's tile ends: whose time is free again leaves it to the free one."""
    visit = row.appointment
    if visit.status in LIVE_VISIT:
        return visit.ends_at
    free = (one.slot.starts_at for one in column.free)
    end: datetime = min((visit.ends_at, *(one for one in free if one > visit.starts_at)))
    return end


def _is_alone(visit: Any, head: Head) -> bool:
    """True where nobody else stands at the same time."""
    others = (r.appointment for r in head.column.rows if r.appointment.status in _ON_THE_BOARD)
    return not any(
        other.pk != visit.pk and other.starts_at < visit.ends_at and visit.starts_at < other.ends_at
        for other in others
    )


def _free(free: Free, axis: Axis, head: Head, chosen: Chosen) -> Tile:
    slot = free.slot
    place = {"at": f"{slot.starts_at:%Y%m%dT%H%MZ}", "site": free.site.pk}
    if slot.clinician_id:
        place["clinician"] = slot.clinician_id
    if chosen.moving:
        path = reverse("agenda_move", args=[chosen.moving.pk])
        place |= chosen.way_back
    else:
        path = reverse("agenda_book")
        place |= {"kind": chosen.kind.pk} if chosen.kind else {}
    return Tile(
        starts_at=slot.starts_at.astimezone(chosen.zone),
        column=head.number,
        row=axis.row(slot.starts_at),
        span=axis.span(slot.starts_at, slot.ends_at),
        width=head.width,
        who=head.name,
        link=f"{path}?{urlencode(place)}",
        key=f"free-{head.number}-{place['at']}",
        site="" if chosen.site else free.site.name,
    )
