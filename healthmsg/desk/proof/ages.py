"""Goes through the clinics in which messages to parents and guardians end by age."""

from datetime import datetime

from healthmsg.clinic import guardians
from healthmsg.clinic.models import Clinic
from reminders.timing import local_day


def follow(*, now: datetime) -> int:
    """Bring all of them up to date; return how many contacts changed."""
    clinics = Clinic.objects.filter(guardians_until_age__isnull=False).order_by("pk")
    return sum(guardians.follow_age(one, today=local_day(now, one.zone)) for one in clinics)
