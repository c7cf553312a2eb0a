"""Takes a person out of what was written to them and what they wrote; that it was stays."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from healthmsg.clinic.models import Patient, Phone
from whatsapp import kept_files, outbox, sealed_notices
from whatsapp.models import (
    AlsoAbout,
    Attempt,
    Conversation,
    FileState,
    InboundFile,
    LineKind,
    Message,
    NumberIncident,
    Reply,
    Thread,
    ThreadLine,
)
from whatsapp.status import Reason

REMOVED = "–"
# WhatsApp's own words name the number; those that are not read yet go by their own time. What still
# stands in clear may name nobody by its hash.
_NOTICES = """
DELETE FROM whatsapp_delivery
 WHERE digest_after IS NULL
   AND (named && %s::bigint[]
        OR (body > '' AND EXISTS (SELECT 1 FROM unnest(%s::bytea[]) AS name
                                   WHERE position(name in body) > 0)))
"""


@dataclass(frozen=True)
class Forgotten:
    """How much of what."""

    messages: int
    withdrawn: int
    replies: int
    files: int
    notices: int


@transaction.atomic
def forget(
    records: Collection[Patient], phones: Collection[Phone], *, directory: Path, now: datetime
) -> Forgotten:
    """
    Take back what waits, and blank every word to, of and from a person.

    :param records: of one person: who was registered twice has several
    :param phones: numbers that are the person's alone
    :param directory: of the files that patients sent
    """
    withdrawn = outbox.withdraw(_messages(records, phones), reason=Reason.ERASED, now=now)
    messages = _messages(records, phones).order_by("pk")
    ids = list(messages.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    # WhatsApp's name for a message holds the number it went to.
    Message.objects.filter(pk__in=ids).update(
        **Message.NO_WORDS, wamid="", error_title="", words_removed_at=now
    )
    # Its refusals quote the number too.
    Attempt.objects.filter(message__in=ids).update(error_title="", fbtrace_id="")
    hidden = _hidden_names(phones)
    theirs = Q(phone=None) & (Q(from_user_id__in=hidden) | Q(from_number__in=hidden))
    replies = Reply.objects.filter(Q(phone__in=phones) | Q(answers__in=ids) | theirs)
    reply_ids = list(replies.order_by("pk").values_list("pk", flat=True))
    files = _forget_files(reply_ids, directory)
    _forget_replies(reply_ids, now)
    _forget_conversations(phones, hidden, now)
    notices = sum(_forget_notices(phone) for phone in phones)
    return Forgotten(len(ids), len(withdrawn), len(reply_ids), files, notices)


def part_from_visits(ids: Collection[int]) -> None:
    """Let no message say any longer that it was about one of these visits."""
    about = Message.objects.filter(appointment__in=ids).order_by("pk")
    mine = list(about.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    Message.objects.filter(pk__in=mine).update(appointment=None)
    also = AlsoAbout.objects.filter(appointment__in=ids)
    # That a message spoke of somebody too stays once, of however many of their visits it spoke.
    twins = AlsoAbout.objects.filter(message=OuterRef("message"), patient=OuterRef("patient"))
    twins = twins.filter(Q(appointment=None) | Q(appointment__in=ids, pk__lt=OuterRef("pk")))
    also.filter(Exists(twins)).delete()
    also.update(appointment=None)


def _messages(records: Collection[Patient], phones: Collection[Phone]) -> QuerySet[Message]:
    shared = AlsoAbout.objects.filter(patient__in=records).values("message_id")
    theirs = Q(patient__in=records) | Q(phone__in=phones) | Q(pk__in=shared)
    return Message.objects.filter(theirs)


def _forget_replies(ids: Collection[int], now: datetime) -> None:
    Reply.objects.filter(pk__in=ids).update(
        wamid=Concat(Value("removed:"), Cast("pk", CharField())),
        from_number="",
        from_user_id="",
        from_parent_user_id="",
        context_wamid="",
        **Reply.NO_WORDS,
        needs_person_at=None,
        words_removed_at=now,
    )


def _forget_files(replies: Collection[int], directory: Path) -> int:
    files = InboundFile.objects.filter(reply__in=replies)
    # Locked first: whoever fetches or seals one meanwhile puts nothing in its place after this.
    for file in files.order_by("pk").select_for_update(no_key=True):
        kept_files.remove(file, directory)
    return files.update(
        state=FileState.DELETED,
        is_shown=False,
        fetch_after=None,
        media_id="",
        said_name="",
        said_type="",
    )


def _hidden_names(phones: Collection[Phone]) -> set[str]:
    """Return by what WhatsApp calls whoever wrote from these numbers and hid them."""
    names = {
        name
        for phone in phones
        for name in (phone.number.lstrip("+"), phone.wa_id, phone.user_id, phone.parent_user_id)
    }
    return names - {""}


def _forget_conversations(phones: Collection[Phone], hidden: set[str], now: datetime) -> None:
    is_hidden = Q(phone=None, hidden_as__in=hidden)
    ids = Thread.objects.filter(Q(phone__in=phones) | is_hidden).values_list("pk", flat=True)
    threads = Thread.objects.filter(pk__in=list(ids))
    notes = ThreadLine.objects.filter(thread__in=threads, kind=LineKind.NOTE)
    notes.filter(words_removed_at=None).update(text=REMOVED, words_removed_at=now)
    threads.update(
        opened_at=None, waits_since=None, urgent_since=None, taken_by=None, taken_at=None
    )
    # Once for each of our numbers: two without a name would be one.
    nameless = Concat(Value("removed:"), Cast("pk", CharField()))
    threads.exclude(hidden_as="").update(hidden_as=nameless)
    Conversation.objects.filter(phone__in=phones).delete()
    NumberIncident.objects.filter(phone__in=phones).update(new_number="", told=[])


def _forget_notices(phone: Phone) -> int:
    told = [name.encode() for name in _hidden_names([phone])]
    with connection.cursor() as cursor:
        cursor.execute(_NOTICES, [sealed_notices.marks(told), told])
        return int(cursor.rowcount)
