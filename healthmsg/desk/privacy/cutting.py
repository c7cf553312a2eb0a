"""The oldest lines of the audit go by the longest rule of all clinics; each gets a certificate."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, QuerySet

from healthmsg.clinic import audit, audit_cutting
from healthmsg.clinic.models import AuditLine, Clinic
from healthmsg.desk.privacy import rules
from healthmsg.desk.privacy.models import Kept, RetentionRun, RunState

# A hundred million lines go in less.
LONGEST = timedelta(days=1)


def last_to_go(*, now: datetime, later: timedelta = timedelta(0)) -> int:
    """
    Return the number of the last line that may go, 0 where none may.

    :param later: for so long it must have been allowed to go already
    """
    return audit_cutting.last_to_go(before=before(now=now) - later)


def before(*, now: datetime) -> datetime:
    """One chain holds the lines of all clinics: none goes while any of them keeps it."""
    return now - timedelta(days=rules.longest(Kept.AUDIT))


@transaction.atomic
def begin(*, last: int, now: datetime) -> None:
    """Begin a certificate for each clinic; what was killed before is over."""
    stop(now=now)
    counts = _by_clinic(last)
    RetentionRun.objects.bulk_create(
        RetentionRun(
            clinic=clinic,
            kind=Kept.AUDIT,
            before=before(now=now),
            expected=counts.get(clinic.pk, 0),
            decided_at=now,
        )
        for clinic in Clinic.objects.order_by("pk")
    )


@transaction.atomic
def cut(*, last: int, now: datetime, limit: int = audit.PORTION) -> int:
    """
    Let the oldest lines go, so many at most; return how many went. Certificates end when none did.

    :raises NotWhole: the portion is not what was written; nothing has gone
    """
    counts = _by_clinic(min(last, audit.beginning() + limit))
    portion = audit_cutting.cut(last=last, now=now, limit=limit)
    if not portion:
        _going().update(state=RunState.DONE, finished_at=now)
    for clinic_id, count in counts.items():
        _going().filter(clinic=clinic_id).update(removed=F("removed") + count)
    return portion


def stop(*, now: datetime) -> None:
    """It goes no further: what is left stays."""
    _going().update(state=RunState.STOPPED, finished_at=now)


def leave_killed(*, now: datetime) -> int:
    """End the certificates of a command that was killed, and that nobody gave again for a day."""
    killed = _going().filter(decided_at__lt=now - LONGEST)
    return killed.update(state=RunState.STOPPED, finished_at=now)


def _going() -> QuerySet[RetentionRun]:
    return RetentionRun.objects.filter(kind=Kept.AUDIT, state=RunState.GOING)


def _by_clinic(last: int) -> Mapping[int, int]:
    """Return how many of the lines up to the last one are of which clinic; some are of none."""
    lines = AuditLine.objects.filter(pk__gt=audit.beginning(), pk__lte=last)
    counted = lines.exclude(clinic_id=None).values_list("clinic_id").annotate(Count("pk"))
    return dict(counted.order_by())
