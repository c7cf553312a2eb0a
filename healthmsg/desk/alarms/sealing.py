"""Looks at the audit: whether what happened is sealed in time, and still is what was sealed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from healthmsg.clinic import audit, protections
from healthmsg.clinic.models import AuditHead, AuditNote
from healthmsg.desk.alarms.kinds import Found, Kind, Severity
from healthmsg.desk.alarms.models import Alarm
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.backups import ends

# Lines read in one look: at the end of the book, and once more on the way through all of it.
PORTION = 1000
# So many times as long as anything else may wait: what a large import wrote takes a while.
_IN_CLEAR = 4
# Of the tables whose triggers are off, so many are named.
_NAMED = 5


def late(moment: Moment) -> Iterator[Found]:
    """What has happened stands in clear until it is sealed, and may still be removed."""
    oldest = AuditNote.objects.order_by("pk").values_list("at", flat=True).first()
    if oldest is not None and oldest < moment.real - _IN_CLEAR * moment.late:
        yield Found(Kind.AUDIT_LATE, Severity.WARNING, facts={"since": oldest.isoformat()})


def breaks(moment: Moment) -> Iterator[Found]:
    """
    The end of the book, one portion on the way through all of it, and where it was broken before.

    A break found on the way stays an alarm until that very line is as it was sealed. What was noted
    beside the database tells of a book that was emptied or cut, even where it was begun anew.
    """
    if (gone := ends.cut_off(Path(settings.STOP_JOURNAL_DIRECTORY))) is not None:
        yield Found(Kind.AUDIT_BROKEN, Severity.WARNING, facts={"line": gone})
        return
    for after in dict.fromkeys(_portions(moment)):
        found = audit.first_break(after=after, limit=PORTION)
        if found is not None:
            facts: dict[str, str | int] = {"line": found.line}
            yield Found(Kind.AUDIT_BROKEN, Severity.WARNING, facts=facts)
            return


def switched_off(_moment: Moment) -> Iterator[Found]:
    """Triggers that note or refuse changes, and do not stand as they were set up."""
    if tables := protections.missing():
        facts: dict[str, str | int] = {"tables": ", ".join(sorted(tables)[:_NAMED])}
        yield Found(Kind.AUDIT_OFF, Severity.WARNING, facts=facts)


def _portions(moment: Moment) -> Iterator[int]:
    """Return after which lines to read on."""
    known = Alarm.objects.filter(kind=Kind.AUDIT_BROKEN, closed_at=None).first()
    if known is not None:
        yield max(0, int(known.facts["line"]) - 2)
    newest = AuditHead.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    yield max(0, newest - PORTION)
    # Which minute it is says which portion: nothing has to be remembered, all are read in turn.
    minute = moment.real.timestamp() // timedelta(minutes=1).total_seconds()
    yield PORTION * (int(minute) % (newest // PORTION + 1))
