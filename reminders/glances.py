"""Visits at a glance: how thousands of them stand, read as plain values in two questions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    JSONField,
    OuterRef,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, JSONObject

from healthmsg.clinic import consent
from healthmsg.clinic.models import Answer, Appointment, Purpose, VisitStatus
from reminders import standing
from reminders.models import CallOutcome, Reminder
from reminders.standing import Facts, Row, Standing, Told
from reminders.timing import Anchor
from reminders.told import TELLING, unknown_to_patients

# As text: to read a moment takes the driver ten times as long.
_VISIT = (
    *("pk", "version", Cast("starts_at", TextField()), Cast("booked_at", TextField())),
    *("status", "site_id", "patient_id", "answer", "was_called"),
)
_TOLD = {
    "due_at": "due_at",
    "status": "status",
    "reason": "reason",
    "anchor": "rule__anchor",
    "message_status": "message__status",
    "message_reason": "message__reason",
}
# About the visit as it stands.
WAS_CALLED = Exists(
    CallOutcome.objects.filter(
        appointment=OuterRef("pk"), version=OuterRef("version"), undone_at=None
    )
)
_NO_NUMBER = Value(None, CharField())
_NOTHING = Value(None, ArrayField(JSONField()))


@dataclass(frozen=True, slots=True)
class Seen:
    """As much of an appointment as is asked of one that is not shown."""

    pk: int
    version: int
    starts_at: datetime
    booked_at: datetime
    status: str
    site_id: int
    patient_id: int
    answer: str
    was_called: bool  # about the visit as it stands


_Read = tuple[Seen, str, str | None, Iterable[Mapping[str, Any]] | None]


def of_booked(visits: QuerySet[Appointment]) -> QuerySet[Any, Any]:
    """Ask how booked visits stand; whoever said that they come needs no reminder looked at."""
    told = Reminder.objects.filter(
        appointment=OuterRef("pk"), version=OuterRef("version"), rule__anchor__in=TELLING
    )
    told = told.order_by("-due_at", "-pk")
    reminders = ArraySubquery(told.values(json=JSONObject(**_TOLD)))
    return visits.annotate(
        was_called=WAS_CALLED,
        told=Case(When(answer=Answer.NONE, then=reminders), default=_NOTHING),
    ).values_list(*_VISIT, "patient__state", "contact__phone__state", "told")


def of_missed(visits: QuerySet[Appointment]) -> QuerySet[Any, Any]:
    """Ask for missed visits, whose patients' numbers and reminders do not matter."""
    columns = visits.annotate(was_called=WAS_CALLED, phone_state=_NO_NUMBER, told=_NOTHING)
    return columns.values_list(*_VISIT, "patient__state", "phone_state", "told")


def of_cancelled(visits: QuerySet[Appointment]) -> QuerySet[Any, Any]:
    """
    Ask for visits that the clinic cancelled, and what was to tell of that.

    NULL where nothing was, and nobody knew of the visit.
    """
    told = Reminder.objects.filter(
        appointment=OuterRef("pk"), version=OuterRef("version"), rule__anchor=Anchor.CANCELLED
    )
    reminders = ArraySubquery(told.order_by("-due_at", "-pk").values(json=JSONObject(**_TOLD)))
    columns = visits.annotate(
        was_called=WAS_CALLED,
        told=Case(When(~Exists(told) & unknown_to_patients(), then=_NOTHING), default=reminders),
    )
    return columns.values_list(*_VISIT, "patient__state", "contact__phone__state", "told")


def with_over(
    booked: QuerySet[Appointment], over: QuerySet[Appointment], *, now: datetime
) -> tuple[list[Row], list[Seen]]:
    """Return how booked visits stand, and those that are over, in one question."""
    both = list(of_booked(booked).union(of_missed(over), all=True))
    status = _VISIT.index("status")
    still = [one for one in both if one[status] == VisitStatus.BOOKED]
    return rows(still, now=now), [_seen(one) for one in both if one[status] != VisitStatus.BOOKED]


def rows(asked: Iterable[Any], *, now: datetime) -> list[Row]:
    """
    Return how visits stand, soonest first; what came of calls about them is not known here.

    A row's appointment is `Seen`, which says whether there were any: instances of models, several
    for each visit, would take five times as long as the question.
    """
    found = [(_seen(one), *one[len(_VISIT) :]) for one in asked]
    found.sort(key=lambda one: (one[0].starts_at, one[0].pk))
    judged = {one[0].pk: _judged(one, now) for one in found}
    permissions = _permissions([key for key, row in judged.items() if row is None], now=now)
    return [judged[one[0].pk] or _asked(one, permissions, now) for one in found]


def _seen(one: Sequence[Any]) -> Seen:
    pk, version, starts_at, booked_at, *others = one[: len(_VISIT)]
    moments = (datetime.fromisoformat(starts_at), datetime.fromisoformat(booked_at))
    return Seen(pk, version, *moments, *others)


def _judged(one: _Read, now: datetime) -> Row | None:
    """Return how a visit stands where what its patient allows does not matter."""
    visit, patient_state, phone_state, told = one
    if visit.status == VisitStatus.MISSED:
        return Row(cast("Appointment", visit), Standing.MISSED)
    facts = Facts(patient_state, visit.answer, phone_state)
    if visit.status == VisitStatus.CANCELLED_BY_CLINIC:
        off = standing.of_cancelled(
            facts, visit.starts_at, None if told is None else _told(told), now
        )
        told_or_not = off or (Standing.TOLD, None)
        return Row(cast("Appointment", visit), *told_or_not, old_starts_at=visit.starts_at)
    if judgment := standing.known(facts, _told(told), now):
        return Row(cast("Appointment", visit), *judgment, is_strangers=facts.is_strangers)
    return None


def _asked(one: _Read, permissions: Mapping[int, str], now: datetime) -> Row:
    visit, patient_state, phone_state, told = one
    facts = Facts(patient_state, visit.answer, phone_state)
    permission = permissions.get(visit.pk, "")
    judgment = standing.asked(facts, _told(told), permission, now)
    return Row(
        cast("Appointment", visit),
        *judgment,
        permission=permission,
        is_strangers=facts.is_strangers,
    )


def _told(told: Iterable[Mapping[str, Any]] | None) -> list[Told]:
    return [Told(**{**one, "due_at": datetime.fromisoformat(one["due_at"])}) for one in told or ()]


def _permissions(visits: Sequence[int], *, now: datetime) -> dict[int, str]:
    """Return what patients say to messages about these visits, by the visits' keys."""
    if not visits:
        return {}
    says = consent.standing_expression(
        patient=F("patient_id"),
        phone=F("contact__phone_id"),
        purpose=Value(Purpose.APPOINTMENTS),
        at=now,
    )
    asked = Appointment.objects.filter(pk__in=visits).annotate(permission=says)
    return {pk: permission or "" for pk, permission in asked.values_list("pk", "permission")}
