"""What patients sent, once its time is over: found for a clinic, and deleted."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from django.db.models import Exists, OuterRef, QuerySet

from healthmsg.clinic.models import Clinic, LegalHold
from whatsapp import kept_files
from whatsapp.models import FileState, InboundFile


def of_clinic(clinic: Clinic, *, before: datetime) -> QuerySet[InboundFile]:
    """Return what was fetched before, of nobody under a legal hold."""
    held = LegalHold.objects.filter(
        patient__contacts__phone=OuterRef("reply__phone"), ended_at=None
    )
    rows = InboundFile.objects.filter(
        reply__clinic=clinic, state=FileState.KEPT, fetched_at__lt=before
    )
    return rows.exclude(Exists(held))


def delete(ids: Collection[int], *, directory: Path) -> int:
    """
    Delete files, then let their rows say so; return how many.

    Their rows are locked: whoever seals one meanwhile puts nothing in its place after this. Killed
    in between, rows say that files are kept which are gone, and the next call ends it.
    """
    files = InboundFile.objects.filter(pk__in=ids, state=FileState.KEPT)
    for file in files:
        kept_files.remove(file, directory)
    return files.update(state=FileState.DELETED, is_shown=False)
