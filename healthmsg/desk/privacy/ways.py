"""How each kind that is kept for a time is found, and what becomes of it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from healthmsg.clinic import proof, replaced
from healthmsg.clinic.models import Clinic, ConsentEvidence, LegalHold
from healthmsg.desk.daily import settling
from healthmsg.desk.privacy import rules
from healthmsg.desk.privacy.models import Kept, RetentionRun
from reminders import retention as visits
from whatsapp import old_files, old_notices
from whatsapp.forgetting import REMOVED
from whatsapp.models import Delivery, LineKind, Message, Reply, ThreadLine

# Rows that one piece looks at at most, by the primary key alone: it locks no more than these.
CHUNK = 2000


@dataclass(frozen=True)
class Way:
    """How one kind is found, and what becomes of it."""

    find: Callable[[Clinic, datetime], QuerySet[Any]]
    blank: Callable[[Collection[int], datetime], int]
    # Whether all that is counted of it is counted by now; called again until it is.
    is_counted: Callable[[RetentionRun, datetime, float], bool] = lambda *_args: True
    chunk: int = CHUNK
    # Whether it goes each day without anybody's looking at the count first.
    is_by_itself: bool = False
    # The first key that is too young; None: only each row itself says how old it is.
    until: Callable[[datetime], int] | None = None


def _messages(clinic: Clinic, before: datetime) -> QuerySet[Message]:
    """What still waits, or is on its way, needs its words."""
    held = LegalHold.objects.filter(patient=OuterRef("patient"), ended_at=None)
    also = LegalHold.objects.filter(patient__alsoabout__message=OuterRef("pk"), ended_at=None)
    rows = Message.objects.filter(
        clinic=clinic,
        created_at__lt=before,
        words_removed_at=None,
        send_after=None,
        leased_until=None,
    )
    return rows.exclude(Exists(held)).exclude(Q(is_shared=True) & Exists(also))


def _blank_messages(ids: Collection[int], now: datetime) -> int:
    rows = Message.objects.filter(pk__in=ids)
    return rows.update(**Message.NO_WORDS, words_removed_at=now)


def _replies(clinic: Clinic, before: datetime) -> QuerySet[Reply]:
    """What nobody has handled or read yet is not old, whenever it was written."""
    held = LegalHold.objects.filter(patient__contacts__phone=OuterRef("phone"), ended_at=None)
    rows = Reply.objects.filter(
        clinic=clinic,
        written_at__lt=before,
        words_removed_at=None,
        handled_at__isnull=False,
        needs_person_at=None,
    )
    return rows.exclude(Exists(held))


def _blank_replies(ids: Collection[int], now: datetime) -> int:
    rows = Reply.objects.filter(pk__in=ids)
    return rows.update(**Reply.NO_WORDS, words_removed_at=now)


def _notes(clinic: Clinic, before: datetime) -> QuerySet[ThreadLine]:
    """Whoever takes up a conversation that is still open needs its notes."""
    reached = LegalHold.objects.filter(patient__contacts__phone=OuterRef("thread__phone"))
    rows = ThreadLine.objects.filter(
        thread__clinic=clinic, thread__opened_at=None, kind=LineKind.NOTE, written_at__lt=before
    )
    return rows.exclude(text=REMOVED).exclude(Exists(reached.filter(ended_at=None)))


def _blank_notes(ids: Collection[int], now: datetime) -> int:
    return ThreadLine.objects.filter(pk__in=ids).update(text=REMOVED, words_removed_at=now)


def _days_are_settled(run: RetentionRun, now: datetime, ends: float) -> bool:
    """Trends are counted from visits and messages about them, all of these days at the latest."""
    until = run.before.astimezone(run.clinic.zone).date()
    return settling.settle(run.clinic, until=until, now=now, ends=ends)


def _evidence(clinic: Clinic, before: datetime) -> QuerySet[ConsentEvidence]:
    held = LegalHold.objects.filter(patient=OuterRef("record__patient"), ended_at=None)
    rows = ConsentEvidence.objects.filter(record__clinic=clinic, record__given_at__lt=before)
    return proof.there_are(rows).exclude(Exists(held))


def _blank_evidence(ids: Collection[int], now: datetime) -> int:
    return proof.blank(ConsentEvidence.objects.filter(pk__in=ids), now=now)


def _notices(clinic: Clinic, before: datetime) -> QuerySet[Delivery]:
    """One that came for several clinics goes, and is counted, by the longest of their rules."""
    days = rules.of_all(Kept.NOTICES)
    mine = (days[clinic.pk], clinic.pk)
    longer = [pk for pk, theirs in days.items() if (theirs, pk) > mine]
    unread_before = before - (old_notices.UNREAD_KEPT - 1) * timedelta(days=days[clinic.pk])
    return old_notices.of_clinic(clinic, before=before, unread_before=unread_before, but_of=longer)


def _delete_files(ids: Collection[int], _now: datetime) -> int:
    return old_files.delete(ids, directory=Path(settings.INBOUND_FILES_DIRECTORY))


WAYS = {
    Kept.MESSAGES: Way(_messages, _blank_messages),
    Kept.REPLIES: Way(_replies, _blank_replies),
    Kept.FILES: Way(
        lambda clinic, before: old_files.of_clinic(clinic, before=before),
        _delete_files,
        is_by_itself=True,
    ),
    Kept.NOTICES: Way(
        _notices,
        lambda ids, _now: old_notices.delete(ids),
        is_by_itself=True,
        until=old_notices.first_younger,
    ),
    Kept.NOTES: Way(_notes, _blank_notes),
    Kept.VISITS: Way(
        lambda clinic, before: visits.old(clinic, before=before),
        lambda ids, _now: visits.blank(ids),
    ),
    Kept.PAST_VISITS: Way(
        lambda clinic, before: visits.past(clinic, before=before),
        lambda ids, _now: visits.remove(ids),
        _days_are_settled,
        # With ten tables that point to each, they take four times as long as words.
        chunk=1000,
    ),
    Kept.PERMISSIONS: Way(_evidence, _blank_evidence),
    Kept.REPLACED: Way(
        lambda clinic, before: replaced.find(clinic, before=before),
        lambda ids, _now: replaced.remove(ids),
    ),
}
