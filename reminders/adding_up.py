"""A day's visits as a sum that adds up: what became of them, who was told, whom to call."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from healthmsg.clinic.models import Clinic, VisitStatus
from healthmsg.clinic.sending_hours import wall_clock
from reminders import call_list
from reminders.glances import Seen
from reminders.standing import Row, Standing


@dataclass(frozen=True)
class Over:
    """Visits whose time has come, by what became of them."""

    were_here: int = 0
    left: int = 0
    missed: int = 0
    unmarked: int = 0  # nobody has written down yet whether the patient came

    @property
    def visits(self) -> int:
        return self.were_here + self.left + self.missed + self.unmarked


NOBODY = Over()


@dataclass(frozen=True)
class Tally:
    """
    `visits` is always over + told + to_tell + to_call + asked_not; who does not come has no visit.

    As many are to be called as stand on the list of people to call.
    """

    visits: int
    told: int
    to_call: int
    asked_not: int
    not_coming: int = 0  # slots to free
    to_tell: int = 0  # a message is still to leave or to arrive, and there is time
    over: Over = NOBODY

    @property
    def sentence(self) -> str:
        """The sum in the active language; a part that is nobody's is left out where it is rare."""
        over = self.over
        parts = [
            _("%d were here") % over.were_here if over.were_here else "",
            _("%d left without being seen") % over.left if over.left else "",
            _("%d missed") % over.missed if over.missed else "",
            _("%d not marked yet") % over.unmarked if over.unmarked else "",
        ]
        if self.visits > over.visits:
            parts += [
                _("%d told") % self.told,
                _("%d still to be told") % self.to_tell if self.to_tell else "",
                _("%d to call") % self.to_call,
                _("%d asked us not to") % self.asked_not,
            ]
        visits = ngettext("%d visit", "%d visits", self.visits) % self.visits
        return f"{visits} = {' + '.join(part for part in parts if part)}"


def tomorrow(clinic: Clinic, *, day: date, now: datetime, sites: Collection[int] = ()) -> Tally:
    """Count one day of the clinic's; what is not known to have arrived is to be called."""
    begins = wall_clock(datetime.combine(day, time(), clinic.zone), time())
    ends = wall_clock(datetime.combine(day + timedelta(days=1), time(), clinic.zone), time())
    rows = call_list.counted(clinic, after=begins, before=ends, now=now, sites=sites)
    return tally(rows, clinic, now=now)


def tally(
    rows: Sequence[Row], clinic: Clinic, *, now: datetime, over: Iterable[Seen] = ()
) -> Tally:
    """
    Count a clinic's booked visits by how they stand.

    :param over: of the same days, the visits of which it is known what became
    """
    coming = [row for row in rows if row.standing != Standing.NOT_COMING]
    ahead = [row for row in coming if row.appointment.starts_at >= now]
    became = Counter(visit.status for visit in over)
    past = Over(
        were_here=became[VisitStatus.ARRIVED] + became[VisitStatus.SEEN],
        left=became[VisitStatus.LEFT],
        missed=became[VisitStatus.MISSED],
        unmarked=len(coming) - len(ahead),
    )
    counts = Counter(row.standing for row in ahead)
    told, asked_not = counts[Standing.TOLD], counts[Standing.ASKED_NOT]
    calls = sum(call_list.is_to_call(row, clinic, now=now) for row in ahead)
    waiting = len(ahead) - told - asked_not - calls
    return Tally(
        visits=past.visits + len(ahead),
        told=told,
        to_call=calls,
        asked_not=asked_not,
        not_coming=len(rows) - len(coming),
        to_tell=waiting,
        over=past,
    )
