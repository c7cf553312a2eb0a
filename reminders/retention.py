"""Past visits that have been kept long enough: first their words go, then they do; counts stay."""

from collections.abc import Collection
from datetime import datetime

import pgtrigger
from django.db.models import Exists, OuterRef, Q, QuerySet

from healthmsg.clinic import audit_triggers
from healthmsg.clinic.models import Appointment, Clinic, LegalHold
from reminders.models import Reminder, SlotOffer
from whatsapp import forgetting
from whatsapp.models import AlsoAbout, Message


def old(clinic: Clinic, *, before: datetime) -> QuerySet[Appointment]:
    """Return visits that began before and still say something in words."""
    wordless = {"cancel_reason": "", "external_id": ""}
    return _not_held(clinic, before).exclude(**wordless)


def blank(ids: Collection[int]) -> int:
    """Blank the words of visits, in a transaction of the rule that says so."""
    with audit_triggers.by_rule():
        return Appointment.objects.filter(pk__in=ids).update(cancel_reason="", external_id="")


def past(clinic: Clinic, *, before: datetime) -> QuerySet[Appointment]:
    """
    Return visits that began before, and about which nothing was written since.

    The days of a visit's messages are then as old as the visit, and all of them are counted.
    """
    waits = Q(send_after__isnull=False) | Q(leased_until__isnull=False)
    said = Message.objects.filter(waits | Q(created_at__gte=before), appointment=OuterRef("pk"))
    shared = AlsoAbout.objects.filter(appointment=OuterRef("pk"))
    # A message that no longer knew its visit would be sent although that is over.
    shared = shared.filter(
        Q(message__send_after__isnull=False) | Q(message__leased_until__isnull=False)
    )
    offered = SlotOffer.objects.filter(
        slot__left_by=OuterRef("pk"),
        wish__patient__in=LegalHold.objects.filter(ended_at=None).values("patient"),
    )
    rows = _not_held(clinic, before).exclude(Exists(said)).exclude(Exists(shared))
    return rows.exclude(Exists(offered))


def remove(ids: Collection[int]) -> int:
    """
    Remove visits and what hangs from them, in a transaction of the rule that says so.

    What was sent about them stays, and says no longer which visit that was. Locks go the way they
    always go: visit, reminder, message.

    :param ids: of rows that are locked, and whose days are counted
    """
    with audit_triggers.by_rule(), pgtrigger.ignore("reminders.CallOutcome:call_stays"):
        Reminder.objects.filter(appointment__in=ids).delete()
        forgetting.part_from_visits(ids)
        _rows, removed = Appointment.objects.filter(pk__in=ids).delete()
    return removed.get(Appointment._meta.label, 0)


def _not_held(clinic: Clinic, before: datetime) -> QuerySet[Appointment]:
    held = LegalHold.objects.filter(patient=OuterRef("patient"), ended_at=None)
    return Appointment.objects.filter(clinic=clinic, starts_at__lt=before).exclude(Exists(held))
