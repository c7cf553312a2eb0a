"""Who has to be called before a visit."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value

from healthmsg.clinic import consent
from healthmsg.clinic.models import Answer, Appointment, Clinic, Purpose, Site, VisitStatus
from reminders import glances, standing
from reminders.last_look import CANCELLED
from reminders.models import CallOutcome, Outcome
from reminders.standing import NOT_COMING, Row, Standing

# A missed visit that nobody has spoken of by then is not spoken of any more.
MISSED_WITHIN = timedelta(days=14)
# Not to be called yet while there is time.
_MAY_STILL_ARRIVE = (Standing.NOT_ARRIVED, Standing.WAITING)
_NOT_TO_CALL = (Standing.TOLD, Standing.ASKED_NOT, Standing.NOT_COMING)
_TOLD_BY_TELEPHONE = (
    *(Standing.CANNOT_BE_REACHED, Standing.FAILED, Standing.NOT_SENT),
    *(Standing.NOT_ARRIVED, Standing.WAITING),
)
_PARTS = ("patient", "contact__phone", "kind", "clinician", "site")
_BOOKED = [VisitStatus.BOOKED]
_BECAME = (VisitStatus.ARRIVED, VisitStatus.SEEN, VisitStatus.LEFT, VisitStatus.MISSED)
Calls = Mapping[int, tuple[CallOutcome, ...]]
_HAS_ANOTHER = (VisitStatus.BOOKED, VisitStatus.ARRIVED, VisitStatus.SEEN)


def to_call(
    clinic: Clinic, *, now: datetime, within: timedelta, sites: Collection[int] = ()
) -> list[Row]:
    """Return the visits ahead that somebody has to call about, soonest first."""
    return [
        row
        for row in standings(clinic, after=now, before=now + within, now=now, sites=sites)
        if is_to_call(row, clinic, now=now)
    ]


def is_to_call(row: Row, clinic: Clinic, *, now: datetime) -> bool:
    """True where no message has told, or will in time tell, the patient what there is to know."""
    return row.standing not in _NOT_TO_CALL and not _may_wait(row, clinic, now)


def missed(clinic: Clinic, *, now: datetime, sites: Collection[int] = ()) -> list[Row]:
    """Return missed visits of who has no visit ahead and was not spoken to, newest first."""
    visits = list(_missed(clinic, now=now, sites=sites).select_related(*_PARTS))
    return _rows_of_missed(visits, calls_about(visits))


def _missed(clinic: Clinic, *, now: datetime, sites: Collection[int]) -> QuerySet[Appointment]:
    ahead = Appointment.objects.filter(
        patient=OuterRef("patient"), starts_at__gt=OuterRef("starts_at"), status__in=_HAS_ANOTHER
    )
    settled = CallOutcome.objects.filter(
        appointment=OuterRef("pk"), version=OuterRef("version"), undone_at=None, again_at=None
    ).exclude(outcome=Outcome.WRONG_NUMBER)
    return (
        _visits(clinic, [VisitStatus.MISSED], now - MISSED_WITHIN, now, sites)
        .exclude(patient__state__in=NOT_COMING)
        .filter(~Exists(ahead), ~Exists(settled))
        .order_by("-starts_at", "-pk")
    )


def _rows_of_missed(visits: Sequence[Appointment], calls: Calls) -> list[Row]:
    return [Row(visit, Standing.MISSED, calls=calls[visit.pk]) for visit in visits]


def ahead_and_missed(
    clinic: Clinic,
    *,
    now: datetime,
    within: timedelta,
    sites: Collection[int] = (),
    besides: Exists | None = None,
    missed_at_most: int | None = None,
) -> list[Row]:
    """
    Return visits that may have to be called about, at a glance; `whole` reads those shown.

    Without those of who said that they come: nobody is called about them. Those booked, missed,
    and cancelled by the clinic are one question.

    :param besides: of cancelled visits, those that whoever asks looks after by themselves
    :param missed_at_most: of missed visits nobody has called about yet, so many of the oldest; how
        many there are says `count_missed`
    """
    ahead = _visits(clinic, _BOOKED, now, now + within, sites)
    booked = ahead.exclude(~Q(patient__state__in=NOT_COMING), answer=Answer.CONFIRMED)
    over = _missed(clinic, now=now, sites=sites)
    off = _visits(clinic, [VisitStatus.CANCELLED_BY_CLINIC], now, now + within, sites)
    off = off.exclude(patient__state__in=NOT_COMING)
    off = off.exclude(besides) if besides is not None else off
    all_of_them = glances.of_booked(booked).union(
        glances.of_missed(over.filter(glances.WAS_CALLED).order_by()),
        glances.of_missed(_oldest_first(over))[:missed_at_most],
        glances.of_cancelled(off),
        all=True,
    )
    rows = _with_calls(glances.rows(all_of_them, now=now))
    return [row for row in rows if not _knows_that_it_is_off(row)]


def count_missed(clinic: Clinic, *, now: datetime, sites: Collection[int] = ()) -> int:
    """Return how many missed visits there are that nobody has called about yet."""
    return _oldest_first(_missed(clinic, now=now, sites=sites)).count()


def _oldest_first(missed: QuerySet[Appointment]) -> QuerySet[Appointment]:
    return missed.filter(~glances.WAS_CALLED).order_by("starts_at", "pk")


def _knows_that_it_is_off(row: Row) -> bool:
    """True of a visit that the clinic cancelled, where nobody has to be called about that."""
    if row.appointment.status != VisitStatus.CANCELLED_BY_CLINIC:
        return False
    return row.standing == Standing.TOLD or any(map(has_settled_that_it_is_off, row.calls))


def has_settled_that_it_is_off(call: CallOutcome) -> bool:
    """True of a call after the visit was cancelled, from which nobody has to be called again."""
    is_since = call.called_at >= call.appointment.status_changed_at
    return is_since and call.again_at is None and call.outcome != Outcome.WRONG_NUMBER


def whole(rows: Sequence[Row], *further: str) -> list[Row]:
    """
    Return rows at a glance with all that is told of a visit; none that went meanwhile.

    :param further: what whoever asks reads together with a visit, as `select_related` names it
    """
    visits = Appointment.objects.select_related(*_PARTS, *further)
    found = visits.in_bulk([row.appointment.pk for row in rows])
    return [
        replace(row, appointment=found[row.appointment.pk])
        for row in rows
        if row.appointment.pk in found
    ]


def asked_not(
    clinic: Clinic, *, now: datetime, within: timedelta, sites: Collection[int] = ()
) -> list[Row]:
    """Return the visits ahead of patients who asked us not to write, soonest first."""
    rows = standings(clinic, after=now, before=now + within, now=now, sites=sites)
    return [row for row in rows if row.standing == Standing.ASKED_NOT]


def not_coming(
    clinic: Clinic, *, now: datetime, within: timedelta, sites: Collection[int] = ()
) -> list[Row]:
    """Return the visits of who has died or is no longer ours: slots to free, nobody to call."""
    rows = standings(clinic, after=now, before=now + within, now=now, sites=sites)
    return [row for row in rows if row.standing == Standing.NOT_COMING]


def standings(
    clinic: Clinic,
    *,
    after: datetime,
    before: datetime,
    now: datetime,
    sites: Collection[int] = (),
) -> list[Row]:
    """
    Return how every booked visit that starts in [after, before) stands, soonest first.

    With sites, given by their keys, only those that are there.
    """
    return rows_of(_visits(clinic, _BOOKED, after, before, sites), now=now)


def of_day(site: Site, *, after: datetime, before: datetime, now: datetime) -> list[Row]:
    """Return how every visit at the site stands that was not cancelled; see `rows_of`."""
    visits = Appointment.objects.filter(site=site, starts_at__gte=after, starts_at__lt=before)
    return rows_of(visits.exclude(status__in=CANCELLED), now=now)


def counted(
    clinic: Clinic,
    *,
    after: datetime,
    before: datetime,
    now: datetime,
    sites: Collection[int] = (),
) -> list[Row]:
    """
    Return the same as `standings` for who only counts them, at a glance.

    Of patients, numbers, reminders and messages it holds no more than how they stand.
    """
    visits = _visits(clinic, _BOOKED, after, before, sites)
    return _with_calls(glances.rows(glances.of_booked(visits), now=now))


def counted_with_over(
    clinic: Clinic,
    *,
    after: datetime,
    before: datetime,
    now: datetime,
    sites: Collection[int] = (),
) -> tuple[list[Row], list[glances.Seen]]:
    """Return the same as `counted`, and the visits of which it is known what became."""
    booked = _visits(clinic, _BOOKED, after, before, sites)
    over = _visits(clinic, _BECAME, after, before, sites)
    rows, seen = glances.with_over(booked, over, now=now)
    return _with_calls(rows), seen


def rows_of(visits: QuerySet[Appointment], *, now: datetime) -> list[Row]:
    """Return how these visits stand, soonest first; of one that is not booked its status counts."""
    found = visits.select_related(*_PARTS).annotate(
        permission=consent.standing_expression(
            patient=F("patient_id"),
            phone=F("contact__phone_id"),
            purpose=Value(Purpose.APPOINTMENTS),
            at=now,
        )
    )
    return _standing(list(found.order_by("starts_at", "pk")), now=now)


def unjudged(visits: QuerySet[Appointment]) -> list[Row]:
    """Return visits for who only counts them: how each stands is not asked."""
    found = visits.select_related("clinician").order_by("starts_at", "pk")
    return [Row(visit, Standing.WAITING) for visit in found]


def _standing(found: Sequence[Any], *, now: datetime) -> list[Row]:
    calls, reminders = calls_about(found), standing.reminders_of(found)
    return [
        replace(
            _as_called_about(
                standing.row_of(visit, visit.permission, reminders[visit.pk], now), calls[visit.pk]
            ),
            permission=visit.permission or "",
            reminders=tuple(reminders[visit.pk]),
        )
        for visit in found
    ]


def _with_calls(rows: Sequence[Row]) -> list[Row]:
    """Add what came of calls to rows at a glance; nothing is asked where nobody was called."""
    called = [row.appointment for row in rows if getattr(row.appointment, "was_called", False)]
    if not called:
        return list(rows)
    calls = calls_about(called)
    return [_as_called_about(row, calls[row.appointment.pk]) for row in rows]


def _visits(
    clinic: Clinic,
    statuses: Collection[VisitStatus],
    after: datetime,
    before: datetime,
    sites: Collection[int],
) -> QuerySet[Appointment]:
    visits = Appointment.objects.filter(
        clinic=clinic, status__in=statuses, starts_at__gte=after, starts_at__lt=before
    )
    return visits.filter(site__in=sites) if sites else visits


def calls_about(visits: Sequence[Appointment]) -> Calls:
    """The calls that count about each visit as it stands."""
    found: dict[int, tuple[CallOutcome, ...]] = defaultdict(tuple)
    rows = CallOutcome.objects.filter(
        appointment__in=[visit.pk for visit in visits],
        version=F("appointment__version"),
        undone_at=None,
    )
    for call in rows.select_related("called_by", "appointment").order_by("number"):
        found[call.appointment_id] += (call,)
    return found


def _as_called_about(row: Row, calls: tuple[CallOutcome, ...]) -> Row:
    """Whoever was left a message by telephone is told; a voicemail tells nobody for certain."""
    if not calls:
        return row
    was_told = any(call.outcome == Outcome.LEFT_MESSAGE for call in calls)
    is_told = was_told and row.standing in _TOLD_BY_TELEPHONE
    return replace(row, calls=calls, standing=Standing.TOLD if is_told else row.standing)


def _may_wait(row: Row, clinic: Clinic, now: datetime) -> bool:
    """What is still on its way is called about only late: before, WhatsApp may yet deliver it."""
    is_early = row.appointment.starts_at - now > clinic.call_from
    return is_early and row.standing in _MAY_STILL_ARRIVE
