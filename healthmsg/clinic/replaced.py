"""A yes that a later word has replaced, once that is long ago: it goes, and nothing else stands."""

from collections.abc import Collection
from datetime import datetime

import pgtrigger
from django.db.models import Exists, OuterRef, Q, QuerySet

from healthmsg.clinic import audit_triggers, number_lines
from healthmsg.clinic.models import (
    Change,
    Clinic,
    ConsentEvidence,
    ConsentRecord,
    LegalHold,
)

_LINES_STAY = "clinic.ConsentRecord:consent_is_kept"


def find(clinic: Clinic, *, before: datetime) -> QuerySet[ConsentRecord]:
    """
    Return each yes that another word about the same purpose replaced before a moment.

    A no and a stop stay for good, and so does what was marked as a mistake, with its mark: no
    import brings either back. Without a yes that was replaced, nobody is asked more than with it.
    """
    held = LegalHold.objects.filter(ended_at=None)
    reached = held.filter(patient__contacts__phone=OuterRef("phone"))
    yes = number_lines.counting().filter(clinic=clinic, change=Change.GRANTED, given_at__lt=before)
    replaced = Exists(_later(before).filter(patient=OuterRef("patient")))
    of_number = Q(patient=None) & Exists(_later(before).filter(patient=None))
    yes = yes.filter(replaced | of_number)
    return yes.exclude(Exists(held.filter(patient=OuterRef("patient")))).exclude(
        Exists(reached), patient=None
    )


def remove(ids: Collection[int]) -> int:
    """Remove them with the words behind them, in a transaction of the rule that says so."""
    with audit_triggers.by_rule(), pgtrigger.ignore(_LINES_STAY):
        ConsentEvidence.objects.filter(record__in=ids).delete()
        _rows, removed = ConsentRecord.objects.filter(pk__in=ids).delete()
    return removed.get(ConsentRecord._meta.label, 0)


def _later(before: datetime) -> QuerySet[ConsentRecord]:
    """Return what was said later of the same number and purpose, and still counts."""
    return number_lines.counting().filter(
        Q(given_at__gt=OuterRef("given_at"))
        | Q(given_at=OuterRef("given_at"), pk__gt=OuterRef("pk")),
        phone=OuterRef("phone"),
        purpose=OuterRef("purpose"),
        given_at__lt=before,
    )
