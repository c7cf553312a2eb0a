"""Looks at work that goes on by itself, and that breaks off again and again."""

from collections.abc import Iterator
from datetime import timedelta

from healthmsg.desk.alarms.kinds import Found, Kind, Severity
from healthmsg.desk.alarms.moment import Moment
from whatsapp.models import Sweep

# A database that was away for a moment is nobody's business.
BROKEN_FOR = timedelta(minutes=30)


def work(moment: Moment) -> Iterator[Found]:
    """Tasks and sweepers of which no look has ended well for long, such as the day lists."""
    broken = Sweep.objects.filter(broke_since__lte=moment.real - BROKEN_FOR)
    for one in broken.order_by("name"):
        facts: dict[str, str | int] = {
            "sweep": one.name,
            "error": one.broke_with,
            "since": one.broke_since.isoformat() if one.broke_since else "",
        }
        yield Found(Kind.WORK_BROKEN, Severity.WARNING, f"sweep:{one.name}", facts)
