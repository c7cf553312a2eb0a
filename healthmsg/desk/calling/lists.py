"""The list itself: who is to be called, who later, what was done today; asked in few questions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from healthmsg.clinic.models import Clinic, Site
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.agenda import put_off
from healthmsg.desk.calling.reasons import Judged, Why, may_count, of_row
from healthmsg.desk.cancelled_lists import progress
from healthmsg.desk.privacy import retention
from reminders import attendance, call_list
from reminders.attendance import Record
from reminders.models import CallOutcome
from reminders.standing import Row, Standing

DONE_AT_MOST = 50
# Of each part as many as somebody calls in a day: others move up as these are done. What is left
# out is said, and shown when asked for.
LINES = 30


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see."""

    clinic: Clinic
    within: timedelta
    site: Site | None = None
    why: Why | None = None
    is_whole: bool = False  # however many lines there are
    limited_to: tuple[int, ...] = ()  # the sites of whoever looks, by their keys; none means all

    @property
    def sites(self) -> tuple[int, ...]:
        """Where the person looks and may look, by keys; none means everywhere."""
        if self.site is None:
            return self.limited_to
        return (self.site.pk,)

    def is_at(self, site_id: int) -> bool:
        """True for what happens where the person looks, and may look."""
        is_chosen = self.site is None or self.site.pk == site_id
        return is_chosen and (not self.limited_to or site_id in self.limited_to)


@dataclass(frozen=True)
class CallList:
    """Everything that stands on the page."""

    ahead: tuple[Judged, ...]
    missed: tuple[Judged, ...]
    later: tuple[Judged, ...]
    to_free: tuple[Row, ...]
    done: tuple[CallOutcome, ...]
    counts: Counter[Why]  # before the filter by reason
    ahead_count: int
    left_out: int  # lines that are too many to be shown

    @property
    def rows(self) -> tuple[Row, ...]:
        """Everything that is listed, but calls of today."""
        return (*(one.row for one in (*self.ahead, *self.missed, *self.later)), *self.to_free)

    @property
    def stamp(self) -> str:
        """Changes with what is listed: a page asks for lines only where there are others."""
        told = [
            (one.row.appointment.pk, one.row.appointment.version, one.why, one.row.standing)
            for one in (*self.ahead, *self.missed, *self.later)
        ]
        calls = [call.pk for call in self.done]
        free = [row.appointment.pk for row in self.to_free]
        counts = (sorted(self.counts.items()), self.ahead_count, self.left_out)
        return sha256(repr((told, calls, free, counts)).encode()).hexdigest()[:16]


def make(asked: Asked, *, now: datetime) -> CallList:
    """Return the list as it stands now, by the time of the visits."""
    most = None if asked.is_whole else LINES
    rows = _all(asked, most, now=now)
    unread = _unread(asked, rows, most, now=now)
    counted = [row.appointment for row in rows if _counts_record(row, asked.clinic, now)]
    records = attendance.records(counted, parted=retention.parted())
    judged = [one for row in rows if (one := _judged(row, records, asked.clinic, now))]
    judged.sort(key=lambda one: (one.row.urgent_at, one.row.appointment.pk))
    listed = [one for one in judged if asked.why in {None, one.why}]
    waiting = [one for one in listed if not one.rests(now)]
    ahead = [one for one in waiting if one.why != Why.MISSED]
    missed = [one for one in waiting if one.why == Why.MISSED]
    later = sorted((one for one in listed if one.rests(now)), key=_again)
    to_free = [r for r in rows if r.standing == Standing.NOT_COMING and asked.why is None]
    parts = [[one.row for one in part] for part in (ahead, missed, later)] + [to_free]
    whole = _whole([row for part in parts for row in part[:most]], asked.clinic)
    return CallList(
        ahead=_with(whole, ahead[:most]),
        missed=_with(whole, missed[:most]),
        later=_with(whole, later[:most]),
        to_free=tuple(whole[key] for row in to_free[:most] if (key := row.appointment.pk) in whole),
        done=tuple(_done_today(asked, now=now)),
        counts=Counter(one.why for one in judged if not one.rests(now)) + unread,
        ahead_count=len(ahead),
        left_out=sum(len(part) - len(part[:most]) for part in parts)
        + (unread.total() if asked.why in {None, Why.MISSED} else 0),
    )


def _all(asked: Asked, most: int | None, *, now: datetime) -> list[Row]:
    """
    Return every visit that may be listed, with no more than how it stands.

    Of missed visits nobody has called about yet, no more than are shown: weeks of them are many.
    """
    untold = progress.untold(asked.clinic, now=now)
    ours = {row.appointment.pk for row in untold}
    rows = call_list.ahead_and_missed(
        asked.clinic,
        now=now,
        within=asked.within,
        sites=asked.sites,
        besides=progress.of_a_list(),
        missed_at_most=most,
    )
    rows = [row for row in rows if row.appointment.pk not in ours] + untold
    return [row for row in rows if asked.is_at(row.appointment.site_id)]


def _unread(asked: Asked, rows: Sequence[Row], most: int | None, *, now: datetime) -> Counter[Why]:
    """Count the missed visits that were not read; nothing is asked where none was left out."""
    read = sum(row.standing == Standing.MISSED and not row.calls for row in rows)
    if most is None or read < most:
        return Counter()
    return Counter(
        {Why.MISSED: call_list.count_missed(asked.clinic, now=now, sites=asked.sites) - read}
    )


def _whole(rows: Sequence[Row], clinic: Clinic) -> dict[int, Row]:
    """Read what is told of these visits, by their keys; one deleted meanwhile is left out."""
    found = call_list.whole(rows, put_off.WITH_PATIENT)
    for row in found:
        row.appointment.site.clinic = clinic  # known, and asked for the site's zone
    return {row.appointment.pk: row for row in found}


def _with(whole: Mapping[int, Row], listed: Iterable[Judged]) -> tuple[Judged, ...]:
    keyed = ((one.row.appointment.pk, one) for one in listed)
    return tuple(replace(one, row=whole[key]) for key, one in keyed if key in whole)


def _done_today(asked: Asked, *, now: datetime) -> list[CallOutcome]:
    """Return the calls of the clinic's day that count, newest first."""
    clinic = asked.clinic
    begins = wall_clock(now.astimezone(clinic.zone), datetime.min.time())
    calls = CallOutcome.objects.filter(clinic=clinic, called_at__gte=begins, undone_at=None)
    calls = calls.select_related("appointment__patient", "appointment__site", "called_by")
    if asked.limited_to:
        calls = calls.filter(appointment__site__in=asked.limited_to)
    done = list(calls.order_by("-called_at", "-pk")[:DONE_AT_MOST])
    for call in done:
        call.appointment.site.clinic = clinic
    return done


def _counts_record(row: Row, clinic: Clinic, now: datetime) -> bool:
    """True where it is of use how somebody kept visits; not where they missed this one, say."""
    if row.standing == Standing.TOLD:
        return may_count(row, clinic, now=now)
    is_listed = of_row(row, Record(), clinic, now=now) is not None
    return is_listed and row.standing != Standing.MISSED and row.old_starts_at is None


def _judged(row: Row, records: dict[int, Record], clinic: Clinic, now: datetime) -> Judged | None:
    record = records.get(row.appointment.pk, Record())
    why = of_row(row, record, clinic, now=now)
    return Judged(row, why, record) if why else None


def _again(one: Judged) -> datetime:
    last = one.last
    return last.again_at if last and last.again_at else one.row.appointment.starts_at
