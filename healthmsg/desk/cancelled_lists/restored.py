"""Who knows that a visit, taken back with its list, is as it was."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import F

from healthmsg.clinic.models import Answer, VisitStatus
from healthmsg.desk.cancelled_lists.models import AffectedVisit, Back
from healthmsg.desk.cancelled_lists.stands import ON_ITS_WAY, Stands, has_told, time_to_arrive
from reminders.models import CallOutcome, Reminder, ReminderStatus
from reminders.told import NEWS
from whatsapp.models import Message
from whatsapp.status import TOLD

News = Mapping[int, Sequence[Reminder]]


def news_of(rows: Iterable[AffectedVisit]) -> News:
    """Return what was to tell of each visit since it is as it was; nothing is asked of none."""
    back_at = {row.appointment_id: row.back_at for row in rows if is_back(row) and row.back_at}
    found: dict[int, list[Reminder]] = defaultdict(list)
    if not back_at:
        return found
    reminders = Reminder.objects.filter(
        appointment__in=back_at, version=F("appointment__version"), rule__anchor__in=NEWS
    ).select_related("message")
    for one in reminders.defer(*(f"message__{name}" for name in Message.WORDS)):
        if one.planned_at >= back_at[one.appointment_id]:
            found[one.appointment_id].append(one)
    return found


def is_back(row: AffectedVisit) -> bool:
    return row.back == Back.BACK


def still_stands(row: AffectedVisit) -> bool:
    """True until somebody cancels or moves it again."""
    visit = row.appointment
    return visit.status == VisitStatus.BOOKED and visit.starts_at == row.starts_at


def stands(
    row: AffectedVisit, news: Iterable[Reminder], calls: Iterable[CallOutcome], *, now: datetime
) -> Stands:
    """Return how a visit stands that is as it was."""
    news = list(news)
    if not still_stands(row):
        return Stands.CHANGED
    if not row.must_be_told:
        return Stands.BACK
    if _has_answered(row) or any(one.message and one.message.status in TOLD for one in news):
        return Stands.BACK_TOLD
    if any(has_told(call, row.back_at) for call in calls):
        return Stands.CALLED
    is_under_way = any(_is_under_way(one, row, now) for one in news)
    return Stands.BACK_ON_ITS_WAY if is_under_way else Stands.BACK_TO_CALL


def _has_answered(row: AffectedVisit) -> bool:
    visit = row.appointment
    is_since = visit.answered_at is not None and (
        row.back_at is None or visit.answered_at >= row.back_at
    )
    return visit.answer != Answer.NONE and is_since


def _is_under_way(one: Reminder, row: AffectedVisit, now: datetime) -> bool:
    """True where it may still arrive before somebody has to call."""
    if one.message is None and one.status != ReminderStatus.PLANNED:
        return False
    if one.message is not None and one.message.status not in ON_ITS_WAY:
        return False
    leaves_at = max(row.back_at or now, one.due_at)
    wait = time_to_arrive(row.starts_at - leaves_at)
    return now < leaves_at + max(wait, timedelta())
