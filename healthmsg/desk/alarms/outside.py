"""Looks at what surrounds us: the disk, dates somebody entered, silences, people not reached."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import connection

from healthmsg.desk.alarms import silences
from healthmsg.desk.alarms.kinds import Found, Kind, Severity
from healthmsg.desk.alarms.models import Silence, Telling
from healthmsg.desk.alarms.moment import Moment

# So many days before, the first that counts; then stage by stage.
_STAGES = ((14, 1), (7, 2), (1, 3))
_OVER = 4
_TRIES_UNTIL_WRONG = 3


def disk(_moment: Moment) -> Iterator[Found]:
    """Disks that hold our data, as far as they are this machine's."""
    seen: set[int] = set()
    for name, directory in _directories():
        try:
            device, used = directory.stat().st_dev, shutil.disk_usage(directory)
        except OSError:
            continue  # not there, or not ours to look at
        if device not in seen and (found := _disk(name, 100 * used.free / used.total, used.free)):
            yield found
        seen.add(device)


def _disk(name: str, percent: float, free: int) -> Found | None:
    if percent >= settings.DISK_FREE_PERCENT:
        return None
    is_grave = percent < settings.DISK_FREE_PERCENT / 3
    severity = Severity.SEVERE if is_grave else Severity.WARNING
    facts: dict[str, str | int] = {"percent": int(percent), "gigabytes": f"{free / 1e9:.1f}"}
    return Found(Kind.DISK_FULL, severity, f"disk:{name}", facts, stage=int(is_grave))


def _directories() -> Iterator[tuple[str, Path]]:
    # Logs of the processes are often beside the embedded servers' data, whichever server is used.
    yield "var", settings.EMBEDDED.directory
    host = str(connection.settings_dict.get("HOST") or "")
    if host in {"", *settings.LOOPBACK} or host.startswith("/"):
        with connection.cursor() as cursor:
            # Not SHOW, which is refused to ordinary roles: here they find no row.
            cursor.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'")
            row = cursor.fetchone()
        if row:
            yield "database", Path(row[0])


def dates(moment: Moment) -> Iterator[Found]:
    """The token's and the payment's last day, as the clinic entered them."""
    for kind, day in (
        (Kind.TOKEN_EXPIRES, settings.WHATSAPP_TOKEN_EXPIRES_ON),
        (Kind.PAYMENT_EXPIRES, settings.WHATSAPP_PAYMENT_EXPIRES_ON),
    ):
        found = _date(kind, day, moment) if day else None
        if found:
            yield found


def _date(kind: Kind, day: date, moment: Moment) -> Found | None:
    left = (day - moment.real.date()).days
    reached = [stage for days, stage in _STAGES if left <= days]
    if not reached:
        return None
    stage = max(reached) if left >= 0 else _OVER
    severity = Severity.SEVERE if stage >= _STAGES[-1][1] else Severity.WARNING
    facts: dict[str, str | int] = {"day": day.isoformat(), "left": left}
    return Found(kind, severity, f"day:{day.isoformat()}", facts, stage=stage)


def after_silence(_moment: Moment) -> Iterator[Found]:
    silence = silences.current()
    if silence is not None:
        facts: dict[str, str | int] = {
            "began": silence.began_at.isoformat(),
            "ended": silence.ended_at.isoformat(),
        }
        yield Found(Kind.AFTER_SILENCE, Severity.SEVERE, f"silence:{silence.pk}", facts)


def taps_late(_moment: Moment) -> Iterator[Found]:
    """Reminders went on before every answer was read; over once somebody has looked."""
    for silence in Silence.objects.filter(looked_at=None, taps_in_time=False):
        minutes = int(silences.ANSWERS_WITHIN.total_seconds() // 60)
        yield Found(Kind.TAPS_LATE, Severity.SEVERE, f"silence:{silence.pk}", {"minutes": minutes})


def not_told(_moment: Moment) -> Iterator[Found]:
    """People whom an alarm has not reached though we tried."""
    failing = Telling.objects.filter(
        alarm__closed_at=None, tries__gte=_TRIES_UNTIL_WRONG, watcher__is_active=True
    ).exclude(alarm__kind=Kind.NOT_TOLD)
    for telling in failing.order_by("watcher").distinct("watcher").select_related("watcher"):
        watcher = telling.watcher
        yield Found(
            Kind.NOT_TOLD,
            Severity.WARNING,
            f"watcher:{watcher.pk}",
            {"name": watcher.name},
            watcher.clinic_id,
        )
