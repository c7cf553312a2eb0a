"""The list in words: for the page, and as a file for letters or an SMS tool."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count
from django.utils import formats
from django.utils.translation import gettext as _

from campaigns.admin.downloads import plain
from healthmsg import dates
from healthmsg.clinic.languages import in_words
from healthmsg.clinic.models import Clinic, Need, Site
from healthmsg.clinic.phone import spoken
from healthmsg.desk.unreached import keys, vocabulary
from healthmsg.desk.unreached.listing import WITHOUT_NUMBER, Asked, Reason
from healthmsg.desk.unreached.models import How, UnreachedOutcome
from healthmsg.desk.unreached.vocabulary import KEY, LISTED, OUTCOME

Sites = dict[int, Site]
_LATELY, _BATCHES_AT_MOST = timedelta(days=7), 10


@dataclass(frozen=True)
class Line:
    """One patient on the list."""

    patient_id: int
    who: str
    number: str
    reason: str
    language: str
    needs: str
    visit_id: int | None
    visit: str
    outcome: str


@dataclass(frozen=True)
class File:
    """What all lines of a file have in common."""

    asked: Asked
    sites: Sites
    now: datetime


class _Line:
    """Hands back each line as it is written."""

    def write(self, line: str) -> str:
        return line


def lines(found: Sequence[Any], sites: Sites) -> list[Line]:
    """Return the rows of `listing.first` in words."""
    return [
        Line(
            patient_id=row.patient_id,
            who=row.patient.full_name,
            number=spoken(row.number) if row.number else "",
            reason=str(Reason(row.reason).label),
            language=in_words(row.language),
            needs=_needs(row),
            visit_id=row.next_visit_id,
            visit=_moment(row, sites),
            outcome=told(row.outcome, row.outcome_on) if row.outcome else "",
        )
        for row in found
    ]


def batches(clinic: Clinic, *, now: datetime) -> list[dict[str, Any]]:
    """Return what was written down lately, newest first, one entry for each click."""
    rows = UnreachedOutcome.objects.filter(clinic=clinic, written_at__gt=now - _LATELY)
    rows = rows.filter(undone_at=None).order_by("-written_at", "batch", "how")
    columns = ("batch", "how", "happened_on", "written_at", "written_by__username")
    # A file may tell of every outcome there is.
    found = rows.values(*columns).annotate(patients=Count("pk"))[: _BATCHES_AT_MOST * len(How)]
    together = [list(parts) for _batch, parts in groupby(found, key=itemgetter("batch"))]
    return [_together(parts) for parts in together[:_BATCHES_AT_MOST]]


def _together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one entry for all that one press has written down."""
    labels = {str(How(one["how"]).label): one["patients"] for one in parts}
    each = ", ".join(f"{label} ({n})" for label, n in labels.items())
    words = each if len(labels) > 1 else next(iter(labels))
    return parts[0] | {"words": words, "patients": sum(labels.values())}


def as_csv(chunks: Iterable[Sequence[Any]], file: File) -> Iterator[str]:
    """Yield one line a patient, a chunk at a time; no cell of it becomes a formula."""
    writer = csv.writer(_Line())
    heads = (
        _("name"),
        _("number, without +"),
        _("language"),
        _("reason"),
        _("next visit"),
        _("identifier"),
        # Whoever sees little is sent no letter.
        _("communication needs"),
        _("site"),
        _("kind"),
        # What comes back with the file, and what is filled in.
        *(str(vocabulary.HEADS[one]) for one in (LISTED, KEY, OUTCOME)),
    )
    # By this mark Excel knows the letters.
    yield "\ufeff" + writer.writerow(heads)
    for chunk in chunks:
        yield "".join(writer.writerow([plain(cell) for cell in _cells(row, file)]) for row in chunk)


def told(how: str, on: date) -> str:
    """Return an outcome with its day."""
    day = formats.date_format(on, "DATE_FORMAT")
    return _("%(outcome)s on %(day)s") % {"outcome": How(how).label, "day": day}


def _cells(row: Any, file: File) -> Iterator[str]:
    yield row.patient.full_name
    yield "" if row.reason in WITHOUT_NUMBER or not row.number else row.number.removeprefix("+")
    yield row.language
    yield str(Reason(row.reason).label)
    yield f"{_local(row, file.sites):%Y-%m-%d %H:%M}" if row.next_visit_at else ""
    yield row.patient.external_id
    yield _needs(row)
    site = file.sites.get(row.next_site_id or row.last_site_id)
    yield site.name if site else ""
    yield _("visit") if file.asked.days else _("campaign")
    # Without signs between: no spreadsheet makes another day of it.
    yield f"{file.now.astimezone(file.asked.clinic.zone):%Y%m%d}"
    yield keys.key_of(file.asked.clinic.pk, row.patient_id)
    yield ""


def _needs(row: Any) -> str:
    return ", ".join(str(Need(one).label) for one in row.patient.needs)


def _local(row: Any, sites: Sites) -> datetime:
    local: datetime = row.next_visit_at.astimezone(sites[row.next_site_id].zone)
    return local.replace(tzinfo=None)


def _moment(row: Any, sites: Sites) -> str:
    return dates.written(_local(row, sites), "D, j N Y, H:i") if row.next_visit_at else ""
