"""After a long silence: answers first, then reminders; campaigns wait until somebody looks."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from healthmsg.clinic.models import StaffUser
from healthmsg.desk.alarms import signs
from healthmsg.desk.alarms.models import Silence
from whatsapp.models import Delivery, Reply, Switch

# In the database's words: English, so that a release knows its own hold. Pages translate it.
CAMPAIGNS_WAIT = "The system was off for long; campaigns wait until somebody has looked"
ANSWERS_FIRST = "The system was off for long; answers that came meanwhile are read first"
# Reminders wait for answers this long; then they go, and an alarm says so.
ANSWERS_WITHIN = timedelta(minutes=15)


def notice(*, now: datetime) -> Silence | None:
    """
    Open a silence where beat's last sign of life is older than the set time; twice is once.

    Called before anything else is done: by every worker and by beat as it starts, and by beat
    before each tick, so that no campaign leaves before the hold is on disk.

    :param now: by the database's clock
    """
    last = signs.last(signs.BEAT)
    if last is None or last > now - timedelta(hours=settings.SILENCE_HOURS):
        return None
    # Seen already, by another process or before a beat that has not ticked since.
    if Silence.objects.filter(began_at=last).exists():
        return None
    try:
        return _open(last, now)
    except IntegrityError:
        # Nobody has looked at an earlier one yet, or another process was faster.
        return _lengthen(last, now)


@transaction.atomic
def _open(began_at: datetime, now: datetime) -> Silence:
    silence = Silence.objects.create(began_at=began_at, ended_at=now)
    _hold(now)
    return silence


@transaction.atomic
def _lengthen(seen_at: datetime, now: datetime) -> Silence | None:
    """The system was on for a while, and off again: answers come first once more."""
    silence = Silence.objects.select_for_update().filter(looked_at=None).first()
    if silence is not None and seen_at > silence.ended_at:
        silence.ended_at, silence.taps_done_at = now, None
        silence.save(update_fields=["ended_at", "taps_done_at"])
        _hold(now)
    return silence


def _hold(now: datetime) -> None:
    for name, reason in (
        (Switch.Name.BROADCASTS, CAMPAIGNS_WAIT),
        (Switch.Name.REMINDERS, ANSWERS_FIRST),
    ):
        Switch.objects.get_or_create(name=name)
        # What a person stopped keeps their reason, and waits for them.
        Switch.objects.filter(name=name, held_at=None).update(
            held_at=now, held_reason=reason, held_by=None
        )


def take_up(*, now: datetime) -> bool:
    """
    Let reminders go once everything received before the return has been read and handled.

    Past the limit they go without; the silence then says so. True where this call let them go.
    """
    silence = Silence.objects.filter(taps_done_at=None).order_by("-pk").first()
    if silence is None:
        return False
    is_read = not answers_wait(silence)
    if not is_read and now < silence.ended_at + ANSWERS_WITHIN:
        return False
    return _let_reminders_go(silence, in_time=is_read, now=now)


@transaction.atomic
def _let_reminders_go(silence: Silence, *, in_time: bool, now: datetime) -> bool:
    mine = Silence.objects.filter(pk=silence.pk, taps_done_at=None).update(
        taps_done_at=now, taps_in_time=in_time
    )
    Switch.objects.filter(name=Switch.Name.REMINDERS, held_reason=ANSWERS_FIRST).update(
        held_at=None, held_reason=""
    )
    return bool(mine)


def answers_wait(silence: Silence) -> bool:
    """True while something that came before the return is not read, or an answer not handled."""
    unread = Delivery.objects.filter(digest_after__isnull=False, received_at__lte=silence.ended_at)
    # All of them: those read after the return bear its time, whenever they were written.
    return unread.exists() or Reply.objects.filter(handled_at=None).exists()


def current() -> Silence | None:
    """Return the silence that nobody has looked at yet."""
    return Silence.objects.filter(looked_at=None).first()


@transaction.atomic
def end(silence: Silence, *, by: StaffUser | None, now: datetime) -> bool:
    """Somebody has looked: campaigns go on. True where nobody had before."""
    mine = Silence.objects.filter(pk=silence.pk, looked_at=None).update(looked_at=now, looked_by=by)
    if mine:
        Switch.objects.filter(name=Switch.Name.BROADCASTS, held_reason=CAMPAIGNS_WAIT).update(
            held_at=None, held_reason=""
        )
    return bool(mine)
