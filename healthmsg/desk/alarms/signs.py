"""Signs of life: each part proves itself, by the database's clock."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, Max, QuerySet
from django.db.models.functions import Now

from whatsapp import watching
from whatsapp.models import Heartbeat, LineBeat

BEAT, SENDER, INBOX, WORKER, WATCH = "beat", "sender", "inbox", "worker", "watch"
# Without these nothing leaves or comes back. Workers give their sign with each task, which came
# through their own queue (healthmsg.worked); beat gives its own before it rings, and the receiver
# as it stands ready (LineBeat).
PARTS = (BEAT, SENDER, INBOX, WORKER)
RECEIVER = "door"
real_now = watching.real_now


def give(part: str) -> None:
    """Say that a part lives on this host; as often as it likes."""
    watching.live(part)


def silent_after() -> timedelta:
    """Return how long a part may be silent."""
    return timedelta(minutes=settings.SILENT_AFTER_MINUTES)


def seen() -> dict[str, datetime]:
    """Return when each part that ever gave a sign gave its last, on whichever host."""
    beats = Heartbeat.objects.order_by().values("part").annotate(last=Max("seen_at"))
    lines = LineBeat.objects.filter(name=RECEIVER).values_list("name", "seen_at")
    return dict(beats.values_list("part", "last")) | dict(lines)


def last(part: str) -> datetime | None:
    """Return the last sign of one part, None where it never gave one."""
    return seen().get(part)


def silent_beats() -> QuerySet[Heartbeat]:
    """Return beat's signs where even the last one was too long ago; none of a beat that lives."""
    beats = Heartbeat.objects.filter(part=BEAT)
    return beats.exclude(Exists(beats.filter(seen_at__gte=Now() - silent_after())))


def silent_beat() -> datetime | None:
    """Return beat's last sign where it was too long ago."""
    last: datetime | None = silent_beats().aggregate(last=Max("seen_at"))["last"]
    return last


def silent(*, now: datetime) -> dict[str, datetime]:
    """
    Return the parts that have given no sign for too long, and when they gave the last.

    A part that never gave one was never started: this machine is being set up.
    """
    limit = now - silent_after()
    watched = (*PARTS, RECEIVER)
    return {name: at for name, at in seen().items() if name in watched and at < limit}


def all_live(*, now: datetime) -> bool:
    """True while every part that sending and receiving needs has lately proved itself."""
    limit = now - silent_after()
    signs = seen()
    return all(part in signs and signs[part] >= limit for part in PARTS)
