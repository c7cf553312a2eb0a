"""What stands out about a patient at the top of their page; of all kinds together asked once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, CharField, Exists, F, Max, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from campaigns.models import DeclinedTopic
from healthmsg.clinic.models import Change, ConsentRecord, Contact, LegalHold, Patient
from healthmsg.cockpit import owned
from healthmsg.cockpit.belonging import Person
from healthmsg.desk.models import AskLater
from whatsapp.models import NumberIncident, StopDoubt, Thread
from whatsapp.models.incidents import IncidentCause

# Of each kind, the newest.
MOST = 8
_CAUSES = dict(IncidentCause.choices)
_NOTHING = Value("")
_NAME = Coalesce(NullIf("put_off_by__first_name", _NOTHING), "put_off_by__username", _NOTHING)
Rows = QuerySet[Any, Any]


@dataclass(frozen=True)
class Sign:
    """One row of some kind: its key, its words, and since when."""

    key: int
    said: str
    at: datetime


@dataclass(frozen=True)
class Signs:
    """Everything of every kind, newest first."""

    threads: list[Sign]
    incidents: list[Sign]  # numbers to check
    doubts: list[Sign]  # what may be a stop
    declined: list[Sign]  # topics they want no more invitations about
    stops: dict[int, datetime]  # by the key of the number, whether or not it is stopped still
    hold: Sign | None
    receipt: int | None  # the last line of the ledger in which they said yes
    put_off: Sign | None  # that nobody has asked them yet, and who meant to


def of_patient(patient: Patient, person: Person) -> Signs:
    """Return what there is and the person may see; asks the database once."""
    first, *others = _kinds(patient, person)
    found: dict[str, list[Sign]] = {}
    for kind, key, said, at in first.union(*others, all=True):
        found.setdefault(kind, []).append(Sign(key, said, at))
    for signs in found.values():
        signs.sort(key=lambda sign: (sign.at, sign.key), reverse=True)
    incidents = found.get("incident", [])
    return Signs(
        threads=found.get("thread", []),
        incidents=[Sign(one.key, str(_CAUSES[one.said]), one.at) for one in incidents],
        doubts=found.get("doubt", []),
        declined=found.get("declined", []),
        # The newest last, which stands.
        stops={one.key: one.at for one in reversed(found.get("stop", []))},
        hold=next(iter(found.get("hold", [])), None),
        receipt=next((one.key for one in found.get("receipt", [])), None),
        put_off=next(iter(found.get("put_off", [])), None),
    )


def _kinds(patient: Patient, person: Person) -> "list[Rows]":
    phones = Contact.objects.filter(patient=patient, phone__isnull=False).values("phone")
    threads = owned(Thread.objects.filter(phone__in=phones), person)
    incidents = owned(NumberIncident.objects.filter(phone__in=phones, settled_at=None), person)
    doubts = owned(StopDoubt.objects.filter(phone__in=phones, decided_at=None), person)
    declined = DeclinedTopic.objects.filter(patient=patient, lifted_at=None)
    about = Coalesce("vaccine__name", "visit_kind__name", "campaign__name")
    holds = LegalHold.objects.filter(patient=patient, ended_at=None)
    is_corrected = Exists(ConsentRecord.objects.filter(corrects=OuterRef("pk")))
    granted = ConsentRecord.objects.filter(~is_corrected, patient=patient, change=Change.GRANTED)
    put_off = AskLater.objects.filter(patient=patient)
    return [
        _newest("thread", threads, at="last_written_at"),
        _newest("incident", incidents, at="at", said=F("cause")),
        _newest("doubt", doubts, at="since"),
        _newest("declined", declined, at="declined_at", said=about),
        _newest("hold", holds, at="placed_at", said=F("reason")),
        _newest("receipt", granted, at="given_at", most=1),
        _newest("put_off", put_off, at="put_off_at", said=_NAME),
        *(_stops(lines) for lines in _withdrawn(patient, phones)),
    ]


def _newest(kind: str, rows: Rows, *, at: str, said: Any = _NOTHING, most: int = MOST) -> Rows:
    columns = _columns(kind, key=F("pk"), said=said, at=F(at))
    return rows.order_by(f"-{at}", "-pk").values_list(*columns)[:most]


def _withdrawn(patient: Patient, phones: Rows) -> "tuple[Rows, Rows]":
    """Return the withdrawals for the patient, and those for everybody on their numbers."""
    lines = ConsentRecord.objects.filter(phone__in=phones, change=Change.WITHDRAWN)
    return lines.filter(patient=patient), lines.filter(patient=None)


def _stops(lines: Rows) -> Rows:
    newest: Rows = lines.order_by().values("phone").annotate(last=Max("given_at"))
    return newest.values_list(*_columns("stop", key=F("phone"), said=_NOTHING, at=F("last")))


def _columns(kind: str, *, key: Any, said: Any, at: Any) -> tuple[Any, ...]:
    # One kind of each column for all: a union takes nothing else.
    text = CharField()
    return (
        Value(kind, output_field=text),
        Cast(key, BigIntegerField()),
        Cast(said, text),
        at,
    )
