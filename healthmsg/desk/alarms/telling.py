"""Tells people: each telling is moved ahead on disk before it is tried; none holds up others."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from healthmsg.clinic.models import StaffUser
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.alarms import mail, post
from healthmsg.desk.alarms.kinds import Kind, Severity, until_next
from healthmsg.desk.alarms.models import Alarm, Telling, Watcher

logger = logging.getLogger(__name__)

# One tick tells for so long; a mail server that hangs leaves the rest to the next.
TURN = timedelta(seconds=40)
# After a try that failed, or one of a process that died in it: 5 minutes, then longer.
_AGAIN = tuple(timedelta(minutes=m) for m in (5, 5, 15, 60))


def tell(*, now: Callable[[], datetime], turn: timedelta = TURN) -> int:
    """
    Tell everybody who is due, the most severe first; return how many were told.

    :param now: the database's clock
    """
    ends = time.monotonic() + turn.total_seconds()
    told = 0
    for telling in _due(now()):
        if time.monotonic() > ends:
            break
        told += _tell_one(telling, now())
    return told


def _due(now: datetime) -> list[Telling]:
    due = Telling.objects.filter(next_at__lte=now, watcher__is_active=True)
    rows = due.select_related("alarm", "watcher__clinic", "watcher__user")
    return list(rows.order_by("alarm__severity", "next_at", "pk")[:200])


def _tell_one(telling: Telling, now: datetime) -> bool:
    wakes_at = _wakes_at(telling.watcher, Severity(telling.alarm.severity), now)
    held = wakes_at if wakes_at > now else _again_at(telling, now)
    if not take(telling, held, counts=wakes_at <= now) or wakes_at > now:
        return False
    problems = [_problem_of(way) for way in _ways(telling)]
    if "" not in problems:
        problem = problems[0] if problems else "no address"
        Telling.objects.filter(pk=telling.pk).update(problem=problem[:200])
        logger.warning("somebody could not be told", extra={"telling_id": telling.pk})
        return False
    _told(telling, held, now)
    return True


def _again_at(telling: Telling, now: datetime) -> datetime:
    return now + _AGAIN[min(telling.tries, len(_AGAIN) - 1)]


def take(telling: Telling, until: datetime, *, counts: bool) -> bool:
    """Move it ahead, on disk, before it is tried: one of two ticks wins, a crash repeats little."""
    return bool(
        Telling.objects.filter(pk=telling.pk, next_at=telling.next_at).update(
            next_at=until, tries=F("tries") + int(counts), problem=""
        )
    )


def _ways(telling: Telling) -> list[Callable[[], None]]:
    alarm, watcher, is_over = telling.alarm, telling.watcher, telling.says_over

    def by_mail() -> None:
        mail.send(watcher.mail_address, *mail.about(alarm, watcher, is_over=is_over))

    def by_post() -> None:
        words = mail.posted(alarm, watcher, is_over=is_over)
        post.to_room(watcher, words)

    by = ((bool(watcher.mail_address), by_mail), (watcher.has_room, by_post))
    return [way for is_there, way in by if is_there]


def _problem_of(way: Callable[[], None]) -> str:
    try:
        way()
    except (mail.CannotTell, post.NotPosted) as error:
        return str(error)
    return ""


@transaction.atomic
def _told(telling: Telling, held: datetime, now: datetime) -> None:
    alarm, times = telling.alarm, telling.times + 1
    wait = until_next(Kind(alarm.kind), Severity(alarm.severity), told=times)
    next_at = now + wait if wait and not telling.says_over else None
    mine = Telling.objects.filter(pk=telling.pk)
    mine.update(times=F("times") + 1, last_at=now, tries=0, problem="")
    # Acknowledged or over while we told it: what that decided stands.
    mine.filter(next_at=held).update(next_at=next_at)
    Alarm.objects.filter(pk=alarm.pk).update(times_told=F("times_told") + 1, last_told_at=now)


def _wakes_at(watcher: Watcher, severity: Severity, now: datetime) -> datetime:
    """Return the first moment at which somebody may be told of something so grave."""
    if severity == Severity.SEVERE and not watcher.sleeps_at_night:
        return now
    local = now.astimezone(watcher.clinic.zone)
    if local.time() < watcher.day_begins:
        return wall_clock(local, watcher.day_begins)
    if local.time() < watcher.day_ends:
        return now
    return wall_clock(local + timedelta(days=1), watcher.day_begins)


@transaction.atomic
def acknowledge(alarm: Alarm, *, by: StaffUser | None, name: str, now: datetime) -> bool:
    """Somebody has seen it: nobody is told again until it is over. True where nobody had."""
    mine = Alarm.objects.filter(pk=alarm.pk, acknowledged_at=None, closed_at=None).update(
        acknowledged_at=now, acknowledged_by=by, acknowledged_as=name[:80]
    )
    if mine:
        Telling.objects.filter(alarm=alarm, says_over=False).update(next_at=None)
    return bool(mine)
