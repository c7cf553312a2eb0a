"""What goes without anybody's looking first: once a day, by each clinic's rule."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from healthmsg.clinic.models import Clinic
from healthmsg.desk.privacy import retention, rules
from healthmsg.desk.privacy.models import Kept, RetentionRun
from healthmsg.desk.privacy.ways import WAYS

KINDS = tuple(kind for kind, way in WAYS.items() if way.is_by_itself)
# Somewhat less than a day, so that a clock that ticks each hour brings it no later each time.
_AGAIN_AFTER = timedelta(hours=23, minutes=30)


def begin(*, now: datetime) -> int:
    """Count, and let go of, what is too old and was not begun today; return how many began."""
    lately = set(
        RetentionRun.objects.filter(
            kind__in=KINDS, decided_by=None, decided_at__gt=now - _AGAIN_AFTER
        ).values_list("clinic_id", "kind")
    )
    return sum(
        _begin(clinic, kind, days, now)
        for clinic in Clinic.objects.order_by("pk")
        for kind, days in rules.days(clinic).items()
        if kind in KINDS and (clinic.pk, kind) not in lately
    )


def last_of(clinics: Iterable[Clinic]) -> Mapping[tuple[int, str], RetentionRun]:
    """Return what went by itself last, by clinic and kind."""
    runs = RetentionRun.objects.filter(clinic__in=clinics, kind__in=KINDS, decided_by=None)
    newest = runs.order_by("clinic", "kind", "-decided_at", "-pk").distinct("clinic", "kind")
    return {(run.clinic_id, run.kind): run for run in newest}


def _begin(clinic: Clinic, kind: Kept, days: int, now: datetime) -> bool:
    before = now - timedelta(days=days)
    expected = retention.check(clinic, kind, before=before)
    if not expected:
        return False
    try:
        retention.begin(clinic, kind, before=before, expected=expected, by=None, now=now)
    except retention.Disagrees:
        # Somebody has begun one, or it is less by now: in an hour.
        return False
    return True
