"""Who would get a campaign and who would not, as a file that a spreadsheet opens."""

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from campaigns.audience import Verdict
from whatsapp.status import Reason

# What a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """Hands back each line as it is written."""

    def write(self, line: str) -> str:
        return line


def as_csv(verdicts: Iterable[Verdict], *, name: str) -> StreamingHttpResponse:
    """Stream one line a patient; a million of them never stand in memory together."""
    response = StreamingHttpResponse(_lines(verdicts), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _lines(verdicts: Iterable[Verdict]) -> Iterator[str]:
    writer = csv.writer(_Line())
    # By this mark Excel knows the letters.
    yield "\ufeff" + writer.writerow(
        [_("patient"), _("identifier"), _("would get it"), _("why not")]
    )
    for verdict in verdicts:
        is_sent = not verdict.reason
        why = "" if is_sent else str(Reason(verdict.reason).label)
        yield writer.writerow(
            [verdict.patient_id, plain(verdict.external_id), _("yes") if is_sent else _("no"), why]
        )


def plain(word: str) -> str:
    """Return a word that no spreadsheet takes for a formula."""
    return f"'{word}" if word.startswith(_FORMULA) else word
