"""Past visits whose identifiers and reasons have been kept long enough: counts stay."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from healthmsg.clinic import audit_triggers
from healthmsg.clinic.models import Appointment, Clinic, LegalHold


def old(clinic: Clinic, *, before: datetime) -> QuerySet[Appointment]:
    """Return visits that began before and still say something in words."""
    held = LegalHold.objects.filter(patient=OuterRef("patient"), ended_at=None)
    rows = Appointment.objects.filter(clinic=clinic, starts_at__lt=before)
    wordless = {"cancel_reason": "", "external_id": ""}
    return rows.exclude(**wordless).exclude(Exists(held))


def blank(ids: Collection[int]) -> int:
    """Blank the words of visits, in a transaction of the rule that says so."""
    with audit_triggers.by_rule():
        return Appointment.objects.filter(pk__in=ids).update(cancel_reason="", external_id="")
