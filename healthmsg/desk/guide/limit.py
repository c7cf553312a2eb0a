"""What WhatsApp's daily limit means for a clinic's visits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate

from healthmsg.clinic.models import Appointment, Clinic, VisitStatus
from reminders.models import ReminderRule
from reminders.timing import Anchor
from whatsapp.models import Sender

# Source: WhatsApp Business Platform, messaging limits, read 2025-11: the first of the steps.
FIRST_LIMIT = 250
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
    def reckoned(self) -> int:
        """The limit, or the one that new numbers begin with where none is known."""
        return FIRST_LIMIT if self.limit is None else self.limit

    @property
    def visits_within(self) -> int | None:
        """So many visits of a day the limit is enough for; None where no message is about one."""
        return self.reckoned // self.messages_a_visit if self.messages_a_visit else None

    @property
    def is_too_small(self) -> bool:
        return self.limit is not None and self.people > self.limit


def of_clinic(
    clinic: Clinic, sender: Sender | None, in_use: Iterable[ReminderRule], *, now: datetime
) -> Need:
    """Look at the busiest day of four weeks back and ahead, and at the rules in use."""
    rows = Appointment.objects.filter(
        clinic=clinic, starts_at__gte=now - _LOOKED_AT, starts_at__lt=now + _LOOKED_AT
    ).exclude(status__in=_CALLED_OFF)
    by_day = rows.annotate(day=TruncDate("starts_at", tzinfo=clinic.zone)).values("day")
    busiest = by_day.annotate(n=Count("pk")).order_by("-n").values_list("n", flat=True).first()
    of_a_visit = sum(rule.anchor in (Anchor.BOOKED, Anchor.STARTS) for rule in in_use)
    return Need(busiest or 0, of_a_visit, sender.account.portfolio.daily_limit if sender else None)
