"""The tick: looks at every condition, opens what is new, closes what is over; twice is once."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Q

from healthmsg.desk.alarms import asked, broken, files, late, outside, sealing, stopped, urgent
from healthmsg.desk.alarms.kinds import Found, Kind, Severity, over_after
from healthmsg.desk.alarms.models import Alarm, Telling, Watcher
from healthmsg.desk.alarms.moment import Moment

logger = logging.getLogger(__name__)

Look = Callable[[Moment], Iterable[Found]]


@dataclass(frozen=True)
class Watch:
    """A look, and the kinds it alone decides about: what it does not find is over."""

    look: Look
    kinds: tuple[Kind, ...]
    needs_real_time: bool = False


LOOKS = (
    Watch(stopped.numbers, (Kind.NUMBER_STOPPED, Kind.TOKEN_REFUSED, Kind.PAYMENT_FAILED)),
    Watch(stopped.accounts, (Kind.ACCOUNT_STOPPED,)),
    Watch(stopped.restrictions, (Kind.ACCOUNT_RESTRICTED,)),
    Watch(stopped.breakers, (Kind.BREAKER_OPEN,)),
    Watch(stopped.portfolios, (Kind.PORTFOLIO_STOPPED,)),
    Watch(stopped.switches, (Kind.HOUSE_STOPPED,)),
    Watch(stopped.templates, (Kind.TEMPLATE_STOPPED,)),
    Watch(stopped.slowed, (Kind.NUMBER_SLOWED, Kind.CAMPAIGNS_HELD)),
    Watch(late.parts, (Kind.PART_SILENT,)),
    Watch(broken.work, (Kind.WORK_BROKEN,)),
    Watch(late.gaps, (Kind.RECEIVER_GAPS,)),
    Watch(late.receipts, (Kind.RECEIPTS_SILENT,), needs_real_time=True),
    Watch(late.queue, (Kind.QUEUE_LATE,), needs_real_time=True),
    Watch(late.reminders, (Kind.REMINDERS_LATE,), needs_real_time=True),
    Watch(late.notices, (Kind.NOTICES_WAIT,)),
    Watch(late.replies, (Kind.REPLIES_WAIT,)),
    Watch(late.limits, (Kind.LIMIT_AHEAD,)),
    Watch(late.unknown_codes, (Kind.UNKNOWN_CODES,)),
    Watch(outside.disk, (Kind.DISK_FULL,)),
    Watch(outside.dates, (Kind.TOKEN_EXPIRES, Kind.PAYMENT_EXPIRES)),
    Watch(outside.after_silence, (Kind.AFTER_SILENCE,)),
    Watch(outside.taps_late, (Kind.TAPS_LATE,)),
    Watch(asked.repeats, (Kind.REPEATS_LATE,)),
    Watch(asked.doubts, (Kind.STOPS_UNDECIDED,)),
    Watch(asked.incidents, (Kind.NUMBERS_UNCHECKED,)),
    Watch(asked.untold, (Kind.INCIDENT_UNTOLD,)),
    Watch(files.not_taken_over, (Kind.IMPORT_WAITS,)),
    Watch(urgent.messages, (Kind.URGENT_MESSAGE,)),
    Watch(sealing.late, (Kind.AUDIT_LATE,)),
    Watch(sealing.breaks, (Kind.AUDIT_BROKEN,)),
    Watch(sealing.switched_off, (Kind.AUDIT_OFF,)),
    Watch(asked.kept_too_long, (Kind.KEPT_TOO_LONG,)),
    Watch(outside.not_told, (Kind.NOT_TOLD,)),
)


def watch(moment: Moment, looks: tuple[Watch, ...] = LOOKS) -> None:
    """Look at everything; one look that breaks leaves its own alarms as they are, and no others."""
    for one in looks:
        if moment.is_hurried and one.needs_real_time:
            continue
        try:
            with transaction.atomic():
                found = list(one.look(moment))
        except (OperationalError, InterfaceError):
            raise  # the database is gone: nothing can be said about anything
        except Exception:
            logger.exception("a look broke", extra={"kind": one.kinds[0].value})
            continue
        for each in found:
            _see(each, now=moment.real)
        _close_others(one.kinds, found, now=moment.real)


def _see(found: Found, *, now: datetime) -> None:
    """Open an alarm, or note that it is still so."""
    try:
        with transaction.atomic():
            alarm, is_new = Alarm.objects.select_for_update().get_or_create(
                kind=found.kind,
                subject=found.subject,
                closed_at=None,
                defaults={
                    "clinic_id": found.clinic_id,
                    "severity": found.severity,
                    "stage": found.stage,
                    "facts": found.facts,
                    "opened_at": now,
                    "last_seen_at": now,
                },
            )
            if is_new:
                _tell_everybody(alarm, now=now)
            else:
                _still(alarm, found, now=now)
    except IntegrityError:
        return  # another tick opened it just now


def _still(alarm: Alarm, found: Found, *, now: datetime) -> None:
    is_graver = found.stage > alarm.stage
    alarm.last_seen_at, alarm.facts = now, found.facts
    alarm.severity, alarm.stage = found.severity, found.stage
    if is_graver:
        alarm.acknowledged_at, alarm.acknowledged_by, alarm.acknowledged_as = None, None, ""
    alarm.save(
        update_fields=[
            "last_seen_at",
            "facts",
            "severity",
            "stage",
            "acknowledged_at",
            "acknowledged_by",
            "acknowledged_as",
        ]
    )
    if is_graver:
        Telling.objects.filter(alarm=alarm).update(next_at=now, tries=0)
    _tell_everybody(alarm, now=now)


def _tell_everybody(alarm: Alarm, *, now: datetime) -> None:
    """Give each who is to be told a row of their own; who was added since gets one too."""
    if alarm.acknowledged_at is not None:
        return
    told = set(Telling.objects.filter(alarm=alarm).values_list("watcher_id", flat=True))
    new = [one for one in watchers_of(alarm) if one.pk not in told]
    Telling.objects.bulk_create(
        [Telling(alarm=alarm, watcher=one, next_at=now) for one in new], ignore_conflicts=True
    )


def watchers_of(alarm: Alarm) -> list[Watcher]:
    """Return who wants to hear of it, at whatever hour."""
    people = Watcher.objects.filter(is_active=True).select_related("user", "clinic").order_by("pk")
    if alarm.clinic_id:
        people = people.filter(clinic_id=alarm.clinic_id)
    return [one for one in people if _wants(one, alarm)]


def _wants(watcher: Watcher, alarm: Alarm) -> bool:
    if alarm.kind == Kind.NOT_TOLD and alarm.subject == f"watcher:{watcher.pk}":
        return False
    if watcher.only_severe and alarm.severity != Severity.SEVERE:
        return False
    return not watcher.kinds or alarm.kind in watcher.kinds


def _close_others(kinds: tuple[Kind, ...], found: list[Found], *, now: datetime) -> None:
    still = {(each.kind.value, each.subject) for each in found}
    for alarm in Alarm.objects.filter(kind__in=kinds, closed_at=None):
        is_over = now - alarm.last_seen_at >= over_after(Kind(alarm.kind))
        if (alarm.kind, alarm.subject) not in still and is_over:
            _close(alarm, now=now)


@transaction.atomic
def _close(alarm: Alarm, *, now: datetime) -> None:
    """It is over; who was told of it is told that, once."""
    if not Alarm.objects.filter(pk=alarm.pk, closed_at=None).update(closed_at=now):
        return
    tellings = Telling.objects.filter(alarm=alarm)
    # A try without an end, as of a process that died, may have reached them: they hear it too.
    reached = Q(times__gt=0) | Q(tries__gt=0, problem="")
    tellings.exclude(reached).update(next_at=None)
    tellings.filter(reached).update(next_at=now, says_over=True, tries=0)
