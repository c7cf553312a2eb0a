"""How a visit stood when somebody opened it: who acts second is told first what the first did."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from healthmsg import clock
from healthmsg.clinic.models import Appointment
from healthmsg.desk import changes, timeline
from reminders import booking

# What a form sends back of the visit as it was shown.
FIELD = "as_opened"


class Overtaken(Exception):
    """Nothing was done; `words` tell what somebody did meanwhile, and how the visit stands."""

    def __init__(self, words: str) -> None:
        super().__init__("the visit has changed meanwhile")
        self.words = words


def mark(visit: Appointment) -> str:
    """Return what the form sends back: how the visit stands, and since when it is shown."""
    shown = min(clock.now(), timezone.now()).timestamp()
    return f"{int(shown * 1000)}:{_stands(visit)}"


def require(
    visit: Appointment, typed: Mapping[str, str], *, whatever_was_answered: bool = False
) -> None:
    """
    Compare a visit, whose row is locked until the transaction ends, with what its page showed.

    What comes without was no page that showed anything: a script, or one from before an upgrade.

    :param whatever_was_answered: for whoever stands at the desk, what they answered by message
        makes no difference
    :raises Overtaken: it stands otherwise by now
    """
    at, _colon, stood = typed.get(FIELD, "").partition(":")
    if not stood:
        return
    locked = booking.locked(visit)
    stands = _stands(locked)
    if whatever_was_answered:
        stood, stands = (one.rpartition(":")[0] for one in (stood, stands))
    if stood != stands:
        raise Overtaken(_told(locked, at))


def _stands(visit: Appointment) -> str:
    return f"{visit.version}:{visit.status}:{visit.answer}"


def _told(visit: Appointment, at: str) -> str:
    is_moment = at.isdecimal() and len(at) < 14
    since = datetime.fromtimestamp(int(at) / 1000, UTC) if is_moment else None
    done = list(_done(visit, since))
    now = _("It is now: %(when)s, %(status)s.") % {
        "when": timeline.moment(visit.starts_at, visit),
        "status": visit.get_status_display(),
    }
    first = _("Somebody changed this visit since you opened it.")
    if done:
        first = _("Since you opened it: %s.") % "; ".join(done)
    again = _("Nothing was done just now: press once more if you still want to.")
    return f"{first} {now} {again}"


def _done(visit: Appointment, since: datetime | None) -> Iterator[str]:
    """Yield what was done since, and by whom, in its order."""
    found, _booked = changes.of_visit(visit)
    if since is not None:
        found = [change for change in found if change.at >= since]
    yield from (change.what for change in reversed(found))
