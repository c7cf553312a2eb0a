"""Two people at one list: who presses second reads what the first did, and who it was."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from healthmsg.clinic.models import StaffUser
from healthmsg.desk.cancelled_lists import shown
from healthmsg.desk.cancelled_lists.models import CancelledList

# What a form sends back of the list as it was shown.
FIELD = "as_opened"


def mark(begun: CancelledList) -> str:
    """Return what the form sends back: since when the list stands as it is shown."""
    acts = (begun.stopped_at, begun.let_go_on_at, begun.taken_back_at)
    return "|".join(at.isoformat() if at else "" for at in acts)


def is_as_opened(begun: CancelledList, typed: Mapping[str, str]) -> bool:
    """True where nobody did anything since; what comes without was no page that showed anything."""
    return typed.get(FIELD, mark(begun)) == mark(begun)


def was_taken_back(begun: CancelledList, typed: Mapping[str, str]) -> bool:
    """True where somebody took the list back since."""
    return mark(begun).rpartition("|")[2] != typed.get(FIELD, mark(begun)).rpartition("|")[2]


def told(begun: CancelledList) -> str:
    """Return what was done last, by whom, and that this press did nothing."""
    done = max(_done(begun), default=None)
    first = done[1] if done else _("Somebody has changed this list.")
    return f"{first} {_('Nothing was done just now.')}"


def _done(begun: CancelledList) -> Iterator[tuple[datetime, str]]:
    yield from _one(
        begun, begun.stopped_at, begun.stopped_by, _("%(who)s has stopped it: %(when)s.")
    )
    yield from _one(
        begun, begun.let_go_on_at, begun.let_go_on_by, _("%(who)s has let it go on: %(when)s.")
    )
    yield from _one(
        begun, begun.taken_back_at, begun.taken_back_by, _("%(who)s has taken it back: %(when)s.")
    )


def _one(
    begun: CancelledList, at: datetime | None, by: StaffUser | None, words: str
) -> Iterator[tuple[datetime, str]]:
    if at is not None and by is not None:
        when = shown.moment(at, begun)
        yield at, words % {"who": by.get_full_name() or by.get_username(), "when": when}
