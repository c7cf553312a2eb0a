"""Lets the oldest lines of the audit go after their time; what is left stays a whole chain."""

from datetime import datetime

import pgtrigger
from django.db import transaction

from healthmsg.clinic import audit
from healthmsg.clinic.models import AuditHead, AuditLine, LegalHold

_LINES_STAY = "clinic.AuditLine:audit_is_kept"


class NotWhole(Exception):
    """What is to go is not what was written: it has to be looked at first."""


def last_to_go(*, before: datetime) -> int:
    """
    Return the number of the last line that may go; 0 where none may.

    The first line that is younger ends it, and the first of a patient under a legal hold; the
    newest line of all stays.
    """
    head = AuditHead.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    held = LegalHold.objects.filter(ended_at=None).values_list("patient_id", flat=True)
    too_young = AuditLine.objects.filter(sealed_at__gte=before).order_by("pk")
    firsts = [too_young.values_list("pk", flat=True).first(), *map(_first_about, held)]
    last = min([head, *(first for first in firsts if first is not None)]) - 1
    return last if last > audit.beginning() else 0


def _first_about(patient: int) -> int | None:
    # Not the database's minimum: it would walk the book from its beginning to find one of few.
    lines = AuditLine.objects.filter(AuditLine.about([patient])).values_list("pk", flat=True)
    return min(lines, default=None)


def count(*, last: int) -> int:
    """Return how many lines would go."""
    return max(0, last - audit.beginning())


@transaction.atomic
def cut(*, last: int, now: datetime, limit: int = audit.PORTION) -> int:
    """
    Let the oldest lines go, up to the given one, and so many at most; return how many went.

    :raises NotWhole: the portion is not what was written; nothing has gone
    """
    begins = audit.beginning()
    until = min(last, begins + limit)
    if until <= begins:
        return 0
    if audit.first_break(after=begins, limit=until - begins) is not None:
        raise NotWhole
    audit.begin_after(AuditLine.objects.get(pk=until), now=now)
    with pgtrigger.ignore(_LINES_STAY):
        return AuditLine.objects.filter(pk__gt=begins, pk__lte=until).delete()[0]
