"""How many alarms are open."""

from django.db.models import Count

from healthmsg.desk.models import Alarm


def alarms() -> list[tuple[str, str, int]]:
    """Return kind, severity and how many are open of it."""
    rows = Alarm.objects.filter(closed_at=None).order_by("kind", "severity")
    return list(
        rows.values("kind", "severity").annotate(n=Count("pk")).values_list("kind", "severity", "n")
    )
