"""When a rule speaks of a visit: by the site's clocks, inside the clinic's hours (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.sending_hours import SendingHours, wall_clock

# A reminder due in the last minutes of the day would still wait when messages end, and would be
# read the next morning: it goes before.
LAST_CALL = timedelta(minutes=15)
# Two messages about one visit within an hour say the same thing twice.
AT_ONCE = timedelta(hours=1)


class Anchor(TextChoices):
    """What a rule counts from."""

    BOOKED = "BOOKED", _("the booking")
    MOVED = "MOVED", _("a move to another time")
    CANCELLED = "CANCELLED", _("a cancellation by the clinic")
    STARTS = "STARTS", _("the start of the visit")
    SEEN = "SEEN", _("the patient was seen")
    MISSED = "MISSED", _("a person marked it missed")


class WhenLate(TextChoices):
    """What a rule does when its moment is already past as the visit is booked or moved."""

    SEND_NOW = "SEND_NOW", _("send at once")
    UNLESS_TOLD = "UNLESS_TOLD", _("send at once, unless another message goes at once anyway")
    SKIP = "SKIP", _("do not send")


@dataclass(frozen=True)
class When:
    """The moment a rule names: a span from its anchor, or a time of day some days before."""

    anchor: Anchor
    offset: timedelta = timedelta()  # negative: before the anchor
    days_before: int | None = None
    at_time: time | None = None  # together with days_before
    least_notice: timedelta = timedelta(hours=1)  # negative: useful after the visit has begun
    when_late: WhenLate = WhenLate.SKIP


@dataclass(frozen=True)
class Occasion:
    """What a moment is counted from: the visit, the anchor, and whose clocks hang on the wall."""

    starts_at: datetime
    anchored_at: datetime
    zone: ZoneInfo  # the site's
    hours: SendingHours  # the clinic's
    # Since when the visit has stood as it does; None: from now on.
    stands_since: datetime | None = None


@dataclass(frozen=True)
class Due:
    """When a message is due and how long it is of use; both in UTC."""

    due_at: datetime
    useful_until: datetime  # exclusive
    is_late: bool = False  # its own moment was past, so it goes at once
    is_lost: bool = False  # its moment was past, or never inside the hours: it does not go


def due(when: When, occasion: Occasion, *, now: datetime) -> Due:
    """
    Return when a rule's message goes.

    The late policy asks whether the moment was past when the visit got its time. A moment that was
    ahead then, and is past now, is caught up with while it is of use.
    """
    useful_until = (occasion.starts_at - when.least_notice).astimezone(UTC)
    meant_at = _meant(when, occasion)
    fitting = _inside(meant_at, when, occasion.hours, useful_until)
    if fitting is not None and fitting >= now:
        return Due(fitting, useful_until)
    at_once = occasion.hours.next_open(now)
    if fitting is None or at_once >= useful_until or not _may_be_late(when, fitting, occasion):
        return Due(fitting or meant_at, useful_until, is_late=True, is_lost=True)
    return Due(at_once, useful_until, is_late=True)


def is_said_anyway(due: Due, others: Iterable[datetime]) -> bool:
    """True where another message about the visit goes at nearly the same time."""
    return any(abs(other - due.due_at) <= AT_ONCE for other in others)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _may_be_late(when: When, fitting: datetime, occasion: Occasion) -> bool:
    if when.when_late != WhenLate.SKIP:
        return True
    return occasion.stands_since is not None and fitting >= occasion.stands_since


def _meant(when: When, occasion: Occasion) -> datetime:
    if when.days_before is None or when.at_time is None:
        return (occasion.anchored_at + when.offset).astimezone(UTC)
    # Days are taken off the calendar, not as 24 hours: clocks may change in between.
    day = occasion.starts_at.astimezone(occasion.zone) - timedelta(days=when.days_before)
    return wall_clock(day, when.at_time)


def _inside(
    moment: datetime, when: When, hours: SendingHours, useful_until: datetime
) -> datetime | None:
    """Return the moment moved inside the hours; before a visit, to the evening if need be."""
    if when.anchor != Anchor.STARTS:
        opened = hours.next_open(moment)
        return opened if opened < useful_until else None
    early = replace(hours, closes=_last_call(hours))
    opened = early.next_open(moment)
    if opened < useful_until:
        return opened
    evening = _last_open(early, moment)
    return evening if evening < useful_until else None


def _last_call(hours: SendingHours) -> time:
    opens, closes = (datetime.combine(date.min, t) for t in (hours.opens, hours.closes))
    return max(opens + (closes - opens) / 2, closes - LAST_CALL).time()


def _last_open(hours: SendingHours, moment: datetime) -> datetime:
    """Return `moment` if it is inside the window, else when the window last closed, in UTC."""
    local = moment.astimezone(hours.zone)
    if local.time() >= hours.closes:
        return wall_clock(local, hours.closes)
    if local.time() >= hours.opens:
        return moment.astimezone(UTC)
    return wall_clock(local - timedelta(days=1), hours.closes)
