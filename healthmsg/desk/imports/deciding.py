"""What people decide about a file: which order its days have, that it goes on, that it stops."""

from datetime import datetime

from django.db import transaction

from healthmsg.clinic.models import StaffUser
from healthmsg.desk.imports import applying, checking, receiving
from healthmsg.desk.imports.cells import Order
from healthmsg.desk.imports.models import (
    Finding,
    Import,
    ImportRow,
    ImportState,
    Outcome,
    Question,
)


def say_order(source: Import, order: Order) -> bool:
    """Say which of day and month comes first, and check again; False where nobody asks now."""
    with transaction.atomic():
        waits = Import.objects.filter(pk=source.pk, state=ImportState.WAITS)
        if not waits.update(
            state=ImportState.CHECKING,
            question="",
            date_order=order.value,
            checked_to=0,
            first_day=None,
            last_day=None,
        ):
            return False
        Finding.objects.filter(source=source).delete()
        rows = ImportRow.objects.filter(source=source)
        rows.filter(visit_id__isnull=False).delete()
        rows.update(outcome=Outcome.UNCHECKED, key="", changes=[])
    return True


def let_go_on(source: Import, *, by: StaffUser, now: datetime) -> bool:
    """Take over what was looked at; False where it does not wait for that."""
    waits = Import.objects.filter(pk=source.pk, state=ImportState.WAITS)
    return bool(
        waits.exclude(question=Question.DATE_ORDER).update(
            state=ImportState.APPLYING,
            approved_by=by,
            approved_at=now,
            is_first=checking.is_first(source),
        )
    )


def stop(source: Import, *, now: datetime) -> bool:
    """End it here: what was taken over stays, the rest is deleted; False where it was over."""
    with transaction.atomic():
        # A portion that is under way ends first.
        stands = Import.objects.select_for_update().get(pk=source.pk)
        if stands.is_over:
            return False
        Import.objects.filter(pk=source.pk).update(applied_counts=applying.applied(stands))
        return receiving.close(source, ImportState.STOPPED, now=now)
