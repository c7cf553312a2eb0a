"""What WhatsApp's daily limit means for a clinic's visits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate

from healthmsg.clinic.models import Appointment, Clinic, VisitStatus
from reminders.models import ReminderRule
from reminders.timing import Anchor
from whatsapp.models import Sender

_LOOKED_AT = timedelta(days=28)
_CALLED_OFF = (VisitStatus.CANCELLED_BY_PATIENT, VisitStatus.CANCELLED_BY_CLINIC)


@dataclass(frozen=True)
class Need:
    """Of one busy day: visits, and people who are written to first about them."""

    visits: int
    messages_a_visit: int
    limit: int | None

    @property
    def people(self) -> int:
        """Each message of a visit goes out on a day of its own, and takes a place there."""
        return self.visits * self.messages_a_visit

    @property
    def is_too_small(self) -> bool:
        return self.limit is not None and self.people > self.limit


def of_clinic(clinic: Clinic, *, now: datetime) -> Need:
    """Look at the busiest day of four weeks back and ahead."""
    rows = Appointment.objects.filter(
        clinic=clinic, starts_at__gte=now - _LOOKED_AT, starts_at__lt=now + _LOOKED_AT
    ).exclude(status__in=_CALLED_OFF)
    by_day = rows.annotate(day=TruncDate("starts_at", tzinfo=clinic.zone)).values("day")
    busiest = by_day.annotate(n=Count("pk")).order_by("-n").values_list("n", flat=True).first()
    rules = ReminderRule.objects.filter(
        clinic=clinic, is_active=True, anchor__in=(Anchor.BOOKED, Anchor.STARTS)
    )
    limits = Sender.objects.filter(clinic=clinic).values_list(
        "account__portfolio__daily_limit", flat=True
    )
    return Need(busiest or 0, rules.count(), limits.order_by("pk").first())
