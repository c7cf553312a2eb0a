"""Why somebody stands on the list, and what that is called."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg.clinic.models import Answer, Clinic
from reminders import call_list
from reminders.attendance import LONG_AGO, Record
from reminders.models import CallOutcome, Outcome
from reminders.standing import Row, Standing


class Why(TextChoices):
    """The reasons of the list, as its filter names them."""

    ANOTHER_TIME = "another-time", gettext_lazy("want another time")
    CANCEL = "cancel", gettext_lazy("want to cancel")
    LIST = "list", gettext_lazy("cancelled or moved by us, not known to know")
    NOT_REACHED = "not-reached", gettext_lazy("no reminder known to have arrived")
    WRONG_NUMBER = "wrong-number", gettext_lazy("wrong number")
    MISSED = "missed", gettext_lazy("missed, to book again")
    STOPPED = "stopped", gettext_lazy("asked us not to write")
    MAY_MISS = "may-miss", gettext_lazy("may well not come")


_WISHES = {
    Standing.WANTS_ANOTHER_TIME: Why.ANOTHER_TIME,
    Standing.WANTS_TO_CANCEL: Why.CANCEL,
    Standing.MISSED: Why.MISSED,
    Standing.CANCELLED_BY_US: Why.LIST,
    Standing.MOVED_BY_US: Why.LIST,
    Standing.RESTORED_BY_US: Why.LIST,
}


@dataclass(frozen=True)
class Judged:
    """A visit on the list, why it stands there, and how the patient kept visits so far."""

    row: Row
    why: Why
    record: Record

    @property
    def last(self) -> CallOutcome | None:
        return self.row.calls[-1] if self.row.calls else None

    def rests(self, now: datetime) -> bool:
        """True until somebody is to try again."""
        last = self.last
        return last is not None and last.again_at is not None and last.again_at > now


def of_row(row: Row, record: Record, clinic: Clinic, *, now: datetime) -> Why | None:
    """Return why somebody is to be called about a visit; None where nobody is."""
    if row.standing in _WISHES:
        return _WISHES[row.standing]
    if row.standing == Standing.ASKED_NOT:
        return None if _is_settled(row) else Why.STOPPED
    if row.standing == Standing.TOLD:
        is_open = may_count(row, clinic, now=now)
        return Why.MAY_MISS if record.may_be_missed and is_open else None
    if not call_list.is_to_call(row, clinic, now=now):
        return None
    return Why.WRONG_NUMBER if row.is_strangers else Why.NOT_REACHED


def may_count(row: Row, clinic: Clinic, *, now: datetime) -> bool:
    """True of a visit that a patient was told of, where it counts how they kept others."""
    visit = row.appointment
    is_soon = visit.starts_at - now <= clinic.call_from
    return is_soon and visit.answer == Answer.NONE and not _is_settled(row)


def in_words(record: Record) -> list[str]:
    """Return what the rule found: these visits are missed more often than others."""
    found = []
    if record.often_misses:
        words = _("missed %(missed)d of the last %(visits)d")
        found.append(words % {"missed": record.missed, "visits": record.visits})
    if record.is_booked_long_ago:
        days = record.booked_before.days
        found.append(ngettext("booked %d day ahead", "booked %d days ahead", days) % days)
    if record.is_first:
        found.append(_("first visit"))
    return found


def rule() -> str:
    """Return the rule itself, as it stands above the lines it makes."""
    return (
        _(
            "Told, not confirmed, and one of these: missed two of the last five visits, booked more"
            " than %d days ahead, or the first visit."
        )
        % LONG_AGO.days
    )


def _is_settled(row: Row) -> bool:
    return any(c.again_at is None and c.outcome != Outcome.WRONG_NUMBER for c in row.calls)
