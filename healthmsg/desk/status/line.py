"""One line of the status page: words, a mark, and whether somebody should look."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Moment:
    """Now, by the clock of visits and by the database's."""

    business: datetime
    real: datetime


@dataclass(frozen=True)
class Line:
    """Something, how it stands, and more about it."""

    what: str
    stands: SafeString
    more: str = ""
    asks: bool = False
    link: str = ""
    details: tuple["Line", ...] = ()
