"""The two clocks that every look is given."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings


@dataclass(frozen=True)
class Moment:
    """
    `real` is the database's clock, `business` the clinic's.

    Where a demo hurries the business clock, minutes of it mean nothing: what is measured by them
    is not looked at, neither as wrong nor as well.
    """

    real: datetime
    business: datetime
    is_hurried: bool = False

    @property
    def late(self) -> timedelta:
        return timedelta(minutes=settings.LATE_AFTER_MINUTES)
