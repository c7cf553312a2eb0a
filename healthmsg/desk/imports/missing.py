"""What a complete file of appointments lacks, which means that it was cancelled."""

from datetime import datetime, time, timedelta

from django.db import connection

from healthmsg.desk.imports.models import Finding, Import, Question
from healthmsg.desk.imports.reasons import Reason

_UNREADABLE = (
    *(Reason.MISSING, Reason.SCIENTIFIC, Reason.TOO_LONG, Reason.BROKEN_LETTERS),
    *(Reason.EXCEL_ERROR, Reason.LOST_ZEROS),
)
# What a complete file lacks of the days it speaks of: visits ahead that came from a file.
_MISSING = """
INSERT INTO desk_importrow (source_id, number, cells, key, outcome, is_applied, changes, visit_id,
                            visit_version)
SELECT %(source)s, %(last_row)s + row_number() OVER (ORDER BY visit.starts_at, visit.id), '{}',
       '', 'CANCELLED', false, '{}', visit.id, visit.version
  FROM clinic_appointment visit
 WHERE visit.clinic_id = %(clinic)s AND visit.status = 'BOOKED' AND visit.external_id <> ''
   AND visit.starts_at > %(now)s AND visit.starts_at >= %(begins)s AND visit.starts_at < %(ends)s
   AND NOT EXISTS (SELECT 1 FROM desk_importrow row
                    WHERE row.source_id = %(source)s AND row.key = visit.external_id)
"""


def look_for(source: Import, *, now: datetime) -> str:
    """Add a row for each visit the file lacks; or say why nobody can tell."""
    unreadable = Finding.objects.filter(source=source, column="identifier", reason__in=_UNREADABLE)
    if unreadable.exists():
        return Question.UNSURE_MISSING
    source.complete_from = source.complete_from or source.first_day
    source.complete_until = source.complete_until or source.last_day
    if source.complete_from is None or source.complete_until is None:
        return Question.UNSURE_MISSING
    zone = source.clinic.zone
    day_after = source.complete_until + timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            _MISSING,
            {
                "source": source.pk,
                "last_row": source.last_row,
                "clinic": source.clinic_id,
                "now": now,
                "begins": datetime.combine(source.complete_from, time(), zone),
                "ends": datetime.combine(day_after, time(), zone),
            },
        )
    return ""
