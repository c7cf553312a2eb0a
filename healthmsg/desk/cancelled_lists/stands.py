"""How one visit of a list stands, and how long word of it may take."""

from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from reminders.models import CallOutcome, Outcome
from whatsapp.status import WAITING, Status

# So long a message may be on its way before somebody calls; with less time left, half of it.
MAY_ARRIVE_WITHIN = timedelta(minutes=30)
ON_ITS_WAY = (*WAITING, Status.ACCEPTED, Status.SENT)


class Stands(TextChoices):
    """How one visit of a list stands."""

    SEEN = "SEEN", _("has seen it")
    TOLD = "TOLD", _("told: it has arrived")
    CALLED = "CALLED", _("told by telephone")
    ON_ITS_WAY = "ON_ITS_WAY", _("on its way")
    TO_CALL = "TO_CALL", _("to call")
    NOT_TO_TELL = "NOT_TO_TELL", _("same time and place: nobody is written to")
    NOT_POSSIBLE = "NOT_POSSIBLE", _("not possible: stands as it was")
    CHANGED = "CHANGED", _("somebody changed it meanwhile")
    WAITS = "WAITS", _("not worked on yet")
    # Taken back with its list.
    BACK = "BACK", _("as it was: nobody had been told otherwise")
    BACK_TOLD = "BACK_TOLD", _("told that it is as it was")
    BACK_ON_ITS_WAY = "BACK_ON_ITS_WAY", _("as it was: word of it is on its way")
    BACK_TO_CALL = "BACK_TO_CALL", _("as it was: to call")
    UNTOUCHED = "UNTOUCHED", _("was not changed")


def has_told(call: CallOutcome, since: datetime | None) -> bool:
    """True of a call from then on: one from before knew nothing of it."""
    is_since = since is None or call.called_at >= since
    return is_since and call.again_at is None and call.outcome != Outcome.WRONG_NUMBER


def time_to_arrive(left: timedelta) -> timedelta:
    """Return how long word may be on its way where so much time is left."""
    return min(MAY_ARRIVE_WITHIN, left / 2)
