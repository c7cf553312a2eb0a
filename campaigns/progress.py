"""How far a run has come: sent, not sent by reason, waiting; together the whole audience."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple

from django.db import connection

from campaigns.models import Run, RunStatus
from whatsapp.status import Reason, Status

ARRIVED = (Status.DELIVERED, Status.READ)
LATELY = timedelta(minutes=1)
_WAITING = (Status.QUEUED, Status.SENDING)

# One look at all its rows, so that whatever is shown together adds up. How many were written down
# is read in the same look; it was counted when they were.
_COUNT = """
SELECT count(*) AS people,
       count(*) FILTER (WHERE message.accepted_at > %(lately)s) AS lately,
       CASE WHEN GROUPING(recipient.reason) = 0 THEN 'fate'
            WHEN GROUPING(message.template_version_id) = 0 THEN 'words'
            WHEN GROUPING(date_trunc('hour', message.accepted_at)) = 0 THEN 'taken'
            ELSE 'arrived' END AS kind,
       recipient.reason, message.status, message.reason, message.template_version_id,
       coalesce(date_trunc('hour', message.accepted_at),
                date_trunc('hour', message.delivered_at)) AS hour
  FROM campaigns_recipient recipient
  LEFT JOIN whatsapp_message message ON message.id = recipient.message_id
 WHERE recipient.run_id = %(run)s
 GROUP BY GROUPING SETS (
   (recipient.reason, message.status, message.reason),
   (message.template_version_id, message.status),
   (date_trunc('hour', message.accepted_at)),
   (date_trunc('hour', message.delivered_at)))
 UNION ALL
SELECT audience_size, 0, 'written', '', '', '', NULL, NULL FROM campaigns_run WHERE id = %(run)s
"""


@dataclass(frozen=True)
class Progress:
    """
    Counts of patients, not of messages: a household shares one.

    `audience` was counted while they were written down, everything else is counted now.
    """

    at: datetime
    audience: int
    by_status: Counter[str]
    failed: Counter[str]  # by reason; together they are those of the status
    not_sent: Counter[str]
    waiting: int
    lately: int  # taken by WhatsApp within the last minute
    by_words: Mapping[int, Counter[str]]  # of a template's version, by status
    taken_by_hour: Mapping[datetime, int]
    arrived_by_hour: Mapping[datetime, int]

    @property
    def arrived(self) -> int:
        return sum(self.by_status[status] for status in ARRIVED)

    @property
    def counted(self) -> int:
        return self.waiting + self.by_status.total() + self.not_sent.total()

    @property
    def adds_up(self) -> bool:
        """True where nobody who was written down is missing, or stands there twice."""
        return self.audience == self.counted


def of(run: Run, *, now: datetime) -> Progress:
    """Count a run's patients by what became of them."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"run": run.pk, "lately": now - LATELY})
        rows = [_Row(*row) for row in cursor]
    by_kind: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    places: dict[_Place, Counter[str]] = {place: Counter() for place in _Place}
    by_words: dict[int, Counter[str]] = defaultdict(Counter)
    for row in by_kind["fate"]:
        place, what = _place(row, is_cancelled=run.status == RunStatus.CANCELLED)
        places[place][what] += row.people
    for row in by_kind["words"]:
        if row.version is not None:
            by_words[row.version][row.status or ""] += row.people
    failed = [row for row in by_kind["fate"] if not row.left_out and row.status == Status.FAILED]
    return Progress(
        at=now,
        audience=sum(row.people for row in by_kind["written"]),
        by_status=places[_Place.LEFT],
        failed=Counter({row.reason or "": row.people for row in failed}),
        not_sent=places[_Place.NOT_SENT],
        waiting=places[_Place.WAITS].total(),
        lately=sum(row.lately for row in by_kind["fate"]),
        by_words=dict(by_words),
        taken_by_hour=_by_hour(by_kind["taken"]),
        arrived_by_hour=_by_hour(by_kind["arrived"]),
    )


class _Place(Enum):
    """Where each of them is, and in one place alone."""

    WAITS = auto()
    LEFT = auto()
    NOT_SENT = auto()


class _Row(NamedTuple):
    """One line of the count."""

    people: int
    lately: int
    kind: str
    left_out: str | None
    status: str | None
    reason: str | None
    version: int | None
    hour: datetime | None


def _place(row: _Row, *, is_cancelled: bool) -> tuple[_Place, str]:
    if row.left_out or row.status == Status.WITHHELD:
        return _Place.NOT_SENT, row.left_out or row.reason or ""
    if row.status is None and is_cancelled:
        # That it says so of each of them is still being written.
        return _Place.NOT_SENT, Reason.CANCELLED_BY_STAFF
    if row.status is None or row.status in _WAITING:
        return _Place.WAITS, ""
    return _Place.LEFT, row.status


def _by_hour(rows: list[_Row]) -> dict[datetime, int]:
    return {row.hour: row.people for row in rows if row.hour is not None}
