"""What is kept longer than a clinic wants, because nobody has looked and removed it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from healthmsg.clinic.models import Clinic
from healthmsg.desk.privacy import cutting, retention, rules
from healthmsg.desk.privacy.models import Kept, RetentionRule, RetentionRun, RunState

# People are asked to look once a month: something grows too old every day.
LEEWAY = timedelta(days=31)


def look(*, now: datetime) -> int:
    """Write down which kinds are overdue at which clinic; return how many are."""
    cutting.leave_killed(now=now)
    is_audit_old = cutting.last_to_go(now=now, later=LEEWAY) > 0
    clinics = Clinic.objects.order_by("pk")
    return sum(_look_at(clinic, now, is_audit_old=is_audit_old) for clinic in clinics.iterator())


def of_clinics() -> Mapping[int, list[Kept]]:
    """Return what was found overdue, by the key of the clinic."""
    found: dict[int, list[Kept]] = {}
    rules = RetentionRule.objects.exclude(overdue_since=None).order_by("clinic_id", "kind")
    for clinic_id, kind in rules.values_list("clinic_id", "kind"):
        found.setdefault(clinic_id, []).append(Kept(kind))
    return found


def _look_at(clinic: Clinic, now: datetime, *, is_audit_old: bool) -> int:
    going = RetentionRun.objects.filter(clinic=clinic, state=RunState.GOING)
    being_removed = set(going.values_list("kind", flat=True))
    count = 0
    for kind, days in rules.days(clinic).items():
        mine = RetentionRule.objects.filter(clinic=clinic, kind=kind)
        before = now - timedelta(days=days) - LEEWAY
        if kind == Kept.AUDIT:
            is_overdue = is_audit_old
        else:
            is_overdue = kind not in being_removed and retention.there_is(
                clinic, kind, before=before
            )
        if not is_overdue:
            mine.exclude(overdue_since=None).update(overdue_since=None)
            continue
        count += 1
        RetentionRule.objects.get_or_create(clinic=clinic, kind=kind, defaults={"days": days})
        mine.filter(overdue_since=None).update(overdue_since=now)
    return count
