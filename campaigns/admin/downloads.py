"""Who would get a campaign, who got it, and who did not, as files that a spreadsheet opens."""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.http import FileResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from campaigns.audience import Verdict
from campaigns.models import Recipient, Run
from whatsapp.models import ReplyOutcome
from whatsapp.status import Reason, Status

# What a spreadsheet takes for a formula; the wide forms are the same keys in East Asian ones.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_BREAKS = ("\t", "\r", "\n")
# More than these take a minute to write, and longer to open.
WORKBOOK_LINES = 100_000
_FATE = (
    "patient_id",
    "patient__external_id",
    "contact__language",
    "reason",
    "message__status",
    "message__reason",
    "answer",
    "message__accepted_at",
    "message__delivered_at",
    "message__read_at",
    "message__failed_at",
    "answered_at",
)


class _Line:
    """Hands back each line as it is written."""

    def write(self, line: str) -> str:
        return line


def as_csv(verdicts: Iterable[Verdict], *, name: str) -> StreamingHttpResponse:
    """Stream one line a patient; a million of them never stand in memory together."""
    head = [_("patient"), _("identifier"), _("would get it"), _("why not")]
    return _streamed(head, map(_verdict, verdicts), name=name)


def run_as_csv(run: Run) -> StreamingHttpResponse:
    """Stream what became of each patient of a run."""
    return _streamed(_head(), _fates(run), name=f"run-{run.pk}")


def run_as_xlsx(run: Run) -> FileResponse:
    """
    Return what became of each patient of a run, as a workbook.

    :raises BadRequest: a workbook of so many lines takes a minute to write, and Excel much longer
                        to open
    """
    from openpyxl import Workbook  # noqa: PLC0415 - every process would begin with its 180 modules

    if run.audience_size > WORKBOOK_LINES:
        raise BadRequest(f"more than {WORKBOOK_LINES} patients: take the CSV file")
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("patients"))
    sheet.append(_head())
    for fate in _fates(run):
        sheet.append([_in_a_sheet(value) for value in fate])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"run-{run.pk}.xlsx")


def _streamed(
    head: Sequence[str], rows: Iterable[Sequence[Any]], *, name: str
) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_lines(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    # By this mark Excel knows the letters.
    yield "\ufeff" + writer.writerow(head)
    for row in rows:
        yield writer.writerow([_in_a_cell(value) for value in row])


def _verdict(verdict: Verdict) -> Sequence[Any]:
    is_sent = not verdict.reason
    why = "" if is_sent else str(Reason(verdict.reason).label)
    return verdict.patient_id, verdict.external_id, _("yes") if is_sent else _("no"), why


def _head() -> list[str]:
    return [
        _("patient"),
        _("identifier"),
        _("language"),
        _("how it stands"),
        _("because"),
        _("taken by WhatsApp"),
        _("arrived"),
        _("read"),
        _("could not be delivered"),
        _("answered"),
        _("answer"),
    ]


def _fates(run: Run) -> Iterator[Sequence[Any]]:
    zone = run.campaign.clinic.zone
    rows = Recipient.objects.filter(run=run).order_by("pk").values_list(*_FATE)
    for row in rows.iterator(chunk_size=5000):
        patient, identifier, language, left_out, status, reason, answer, *moments = row
        yield (
            patient,
            identifier,
            language,
            str(Status(status).label) if status else _("not sent") if left_out else _("waiting"),
            str(Reason(left_out or reason).label) if left_out or reason else "",
            *(_local(moment, zone) for moment in moments),
            str(ReplyOutcome(answer).label) if answer else "",
        )


def _local(moment: datetime | None, zone: Any) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _in_a_cell(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value


def _in_a_sheet(value: Any) -> Any:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415 - as above

    # What was typed may hold signs that no workbook may, and one of them would cost all lines.
    cell = _in_a_cell(value)
    return ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell


def plain(word: str) -> str:
    """Return a word that no spreadsheet takes for a formula."""
    # Some programs leave out blanks at the beginning, and then look.
    is_formula = word.startswith(_BREAKS) or word.lstrip().startswith(_FORMULA)
    return f"'{word}" if is_formula else word
