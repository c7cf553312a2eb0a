"""Numbers that stand in both their forms, as two rows: a stop of one is held on the other."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction

from healthmsg.clinic import consent, number_lines
from healthmsg.clinic.models import Change, ConsentRecord, GivenHow, Phone, Purpose
from healthmsg.clinic.phone import same_number

PORTION = 500
# Kept beside each line that is written here, so that it says where it comes from.
WHY = "the same number had stopped in the other form in which it was written down"


def hold(*, now: datetime, portion: int = PORTION) -> int:
    """
    Hold what every number has stopped on the other row of its line; twice is once.

    What was stopped before the two forms were known as one; a stop that comes now is written on
    both at once.

    :returns: how many rows were stopped for something
    """
    held, last = 0, 0
    while keys := _stopped(after=last, limit=portion):
        held += hold_on(list(Phone.objects.filter(pk__in=keys)), now=now)
        last = keys[-1]
    return held


def hold_on(phones: Collection[Phone], *, now: datetime) -> int:
    """
    Hold what these numbers have stopped on the other row of their line, as far as it is there.

    A yes that the other row itself has heard since stands. The lines are of one word: whoever
    corrects a stop corrects it on both.
    """
    return sum(_hold(phone, other, now) for phone, other in _pairs(phones))


def _stopped(*, after: int, limit: int) -> list[int]:
    """Return primary keys of the next phones that have stopped something; see its own index."""
    stops = ConsentRecord.objects.filter(patient=None, change=Change.WITHDRAWN, phone__gt=after)
    return list(stops.order_by("phone").values_list("phone", flat=True).distinct()[:limit])


def _pairs(phones: Collection[Phone]) -> Iterator[tuple[Phone, Phone]]:
    wanted = {(p.clinic_id, form): p for p in phones for form in same_number(p.number)[1:]}
    others = Phone.objects.filter(number__in={number for _clinic, number in wanted})
    for other in others.order_by("pk"):
        if phone := wanted.get((other.clinic_id, other.number)):
            yield phone, other


@transaction.atomic
def _hold(phone: Phone, other: Phone, now: datetime) -> bool:
    heard = number_lines.newest(other)
    missing = {
        purpose: stop
        for purpose, stop in number_lines.newest(phone).items()
        if stop.change == Change.WITHDRAWN and _is_open(heard.get(purpose), stop)
    }
    for purpose, stop in missing.items():
        patients = [] if purpose == Purpose.TEAM else consent.patients_on(other)
        for patient in (None, *patients):
            consent.withdraw(patient, other, [purpose], evidence=_said(stop), at=stop.given_at)
    if missing:
        consent.let_state_follow(other, now)
    return bool(missing)


def _is_open(heard: ConsentRecord | None, stop: ConsentRecord) -> bool:
    if heard is None:
        return True
    return heard.change != Change.WITHDRAWN and heard.given_at <= stop.given_at


def _said(stop: ConsentRecord) -> consent.Evidence:
    return consent.Evidence(
        how=GivenHow(stop.given_how),
        given_by=stop.given_by,
        recorded_by=stop.recorded_by,
        wording=stop.wording,
        text=WHY,
    )
