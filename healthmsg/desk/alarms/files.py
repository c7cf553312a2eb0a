"""Looks at files of the watched folder that were not taken over."""

from collections.abc import Iterator
from datetime import timedelta

from healthmsg.desk.alarms.kinds import Found, Kind, Severity
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.imports.models import Import, ImportState

# Whoever has not looked by then knows, or has brought the next night's file in.
_TOLD_FOR = timedelta(days=3)


def not_taken_over(moment: Moment) -> Iterator[Found]:
    """Files that wait for a person, and those that failed, unless a later one has gone through."""
    since = moment.business - _TOLD_FOR
    files = Import.objects.filter(is_automatic=True)
    for source in files.filter(state=ImportState.WAITS):
        yield _found(source, "question", source.question)
    for source in files.filter(state=ImportState.FAILED, finished_at__gt=since):
        later = files.filter(
            clinic=source.clinic_id, kind=source.kind, pk__gt=source.pk, state=ImportState.DONE
        )
        if not later.exists():
            yield _found(source, "failure", source.failure)


def _found(source: Import, why: str, code: str) -> Found:
    facts: dict[str, str | int] = {"file_kind": source.kind, why: code}
    subject = f"import:{source.pk}"
    return Found(Kind.IMPORT_WAITS, Severity.WARNING, subject, facts, source.clinic_id)
