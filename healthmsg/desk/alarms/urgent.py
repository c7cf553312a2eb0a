"""Looks at messages of patients that need haste and that nobody has taken."""

from collections.abc import Iterator

from healthmsg.desk.alarms.kinds import Found, Kind, Severity
from healthmsg.desk.alarms.moment import Moment
from whatsapp import threads

# More at once is told by the list itself.
_MOST = 100


def messages(moment: Moment) -> Iterator[Found]:
    """Each is an alarm at once; past the clinic's deadline everybody is told again."""
    for thread in threads.alarming()[:_MOST]:
        until = thread.urgent_until or moment.business
        facts: dict[str, str | int] = {"until": until.isoformat()}
        yield Found(
            Kind.URGENT_MESSAGE,
            Severity.SEVERE,
            f"thread:{thread.pk}",
            facts,
            thread.clinic_id,
            stage=int(thread.is_overdue(moment.business)),
        )
