"""What the page of one import tells: how far it has come, what it would do, what is wrong."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import Appointment
from healthmsg.cockpit import Tone, mark, sees_details
from healthmsg.desk.imports.columns import LABELS
from healthmsg.desk.imports.models import (
    WRITES,
    Failure,
    Finding,
    Import,
    ImportKind,
    ImportRow,
    ImportState,
    Outcome,
    Question,
)
from healthmsg.desk.imports.reasons import Reason

SAMPLES = 5
FINDINGS = 50
_TONES = {
    ImportState.READING: Tone.WAITING,
    ImportState.CHECKING: Tone.WAITING,
    ImportState.WAITS: Tone.ASKS,
    ImportState.APPLYING: Tone.WAITING,
    ImportState.DONE: Tone.GOOD,
    ImportState.STOPPED: Tone.QUIET,
    ImportState.FAILED: Tone.BAD,
}
_SHOWN = (*(outcome for outcome in Outcome if outcome), Outcome.UNCHECKED)
_WHO = {
    ImportKind.PATIENTS: ("given_name", "family_name"),
    ImportKind.STOPS: ("phone",),
    ImportKind.DOSES: ("patient", "vaccine", "given_on"),
    ImportKind.VISITS: ("patient", "starts", "day", "time"),
}
_ROWS_READ = gettext_lazy("%d rows read")


def state_mark(source: Import) -> str:
    return mark(ImportState(source.state).label, _TONES[ImportState(source.state)])


def told(source: Import, request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows of an import as it stands."""
    may_change = request.user.has_perm("desk.change_import")
    has_looked = source.state not in {ImportState.READING, ImportState.CHECKING}
    waits = source.state == ImportState.WAITS
    asks_order = source.question == Question.DATE_ORDER
    return {
        "source": source,
        "stands": state_mark(source),
        "sentence": _sentence(source),
        "percent": percent(source),
        "question": Question(source.question).label if source.question else "",
        "missing": [LABELS[name] for name in source.missing_columns],
        "counts": _counts(source),
        "findings": _findings(source),
        "reasons": _reasons(source) if has_looked else [],
        "samples": _samples(source, request) if waits and not asks_order else [],
        "sends_none": source.is_first and not source.is_over,
        "may_say_order": may_change and waits and asks_order,
        "may_go_on": may_change and waits and not asks_order,
        "may_bring": may_change,
        "may_stop": may_change and not source.is_over,
    }


def percent(source: Import) -> int:
    """Return how far the present step has come; while a file is read nobody knows its end."""
    if source.state == ImportState.CHECKING and source.last_row:
        return 100 * source.checked_to // source.last_row
    if source.state == ImportState.APPLYING:
        rows = ImportRow.objects.filter(source=source)
        to_do = sum(source.counts.get(outcome, 0) for outcome in WRITES)
        left = rows.filter(outcome__in=WRITES, is_applied=False).count()
        return 100 * (to_do - left) // to_do if to_do else 100
    return 100 if source.is_over else 0


def column_words(name: str) -> str:
    return str(LABELS[name]) if name in LABELS else name


def _sentence(source: Import) -> str:
    if source.failure:
        return str(Failure(source.failure).label)
    if source.state == ImportState.READING:
        return str(_ROWS_READ) % source.rows_read
    if source.state == ImportState.CHECKING:
        return _("%(count)d rows are being checked; nothing is written yet.") % {
            "count": source.rows_read
        }
    if source.state == ImportState.APPLYING:
        return _("It can be stopped at any moment; what is taken over stays.")
    if source.state == ImportState.WAITS:
        return _("Nothing has been written yet.")
    return _("What stood in the file is deleted; counts and reasons stay.")


def _counts(source: Import) -> list[tuple[str, int, int | None]]:
    """Return by outcome how many rows there are, and how many were taken over."""
    done = source.applied_counts if source.is_over else {}
    shown = [one for one in _SHOWN if source.counts.get(one) or done.get(one)]
    return [
        (
            str(outcome.label),
            source.counts.get(outcome, 0),
            done.get(outcome, 0) if outcome in WRITES and source.is_over else None,
        )
        for outcome in shown
    ]


def _reasons(source: Import) -> list[tuple[str, int, bool]]:
    rows = Finding.objects.filter(source=source).order_by()
    found = rows.values_list("reason", "is_error").annotate(n=Count("pk")).order_by("-n")
    return [(str(Reason(reason).label), count, is_error) for reason, is_error, count in found]


def _findings(source: Import) -> list[dict[str, Any]]:
    rows = Finding.objects.filter(source=source).order_by("row", "column", "reason")
    return [
        {
            "row": one.row,
            "column": column_words(one.column),
            "reason": Reason(one.reason).label,
            "is_error": one.is_error,
        }
        for one in rows[:FINDINGS]
    ]


def _samples(source: Import, request: HttpRequest) -> list[tuple[str, list[dict[str, Any]]]]:
    is_shown = sees_details(request.user)
    found = []
    for outcome in WRITES:
        rows = ImportRow.objects.filter(source=source, outcome=outcome).order_by(
            "is_applied", "number"
        )[:SAMPLES]
        shown = [_sample(source, row, is_shown=is_shown) for row in rows]
        if shown:
            found.append((str(outcome.label), shown))
    return found


def _sample(source: Import, row: ImportRow, *, is_shown: bool) -> dict[str, Any]:
    is_missing = row.visit_id is not None
    who = (
        _missing(row)
        if is_missing
        else " ".join(row.cells.get(name, "") for name in _WHO[ImportKind(source.kind)])
    )
    return {
        "row": _("not in the file") if is_missing else row.number,
        "who": who.strip() if is_shown else "",
        "changes": ", ".join(column_words(name) for name in row.changes),
    }


def _missing(row: ImportRow) -> str:
    visit = (
        Appointment.objects.select_related("patient", "site__clinic")
        .filter(pk=row.visit_id or 0)
        .first()
    )
    if visit is None:
        return ""
    return f"{visit.patient.full_name} {visit.starts_at.astimezone(visit.site.zone):%Y-%m-%d %H:%M}"
