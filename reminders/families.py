"""Visits of several patients in one message: an answer asks of whom it speaks."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from healthmsg.clinic.models import Appointment, VisitStatus
from reminders.said import Choice, Said
from reminders.wording import hour_and_name
from whatsapp.buttons import EVERYBODY, Tap, Verb
from whatsapp.models import ReplyOutcome
from whatsapp.reading import MOST_ROWS

# "Cancel" asks by itself, of several visits of one patient too.
_MAY_BE_FOR_ALL = frozenset({Verb.CONFIRM, Verb.ANOTHER_TIME})


def to_ask_about(
    named: Sequence[Appointment], tap: Tap, *, now: datetime
) -> tuple[Appointment, ...]:
    """Return the visits ahead of several patients that a tap does not tell apart; else none."""
    if tap.about is not None or tap.verb not in _MAY_BE_FOR_ALL:
        return ()
    ahead = [v for v in named if v.status == VisitStatus.BOOKED and v.starts_at > now]
    is_of_several = len({visit.patient_id for visit in ahead}) > 1
    return tuple(ahead) if is_of_several else ()


def which(phrase: str, visits: Sequence[Appointment], verb: Verb) -> Said:
    """Ask which visit, a button or a row of a list each; all of them first, where that may be."""
    may_be_all = verb in _MAY_BE_FOR_ALL and len({visit.patient_id for visit in visits}) > 1
    first = (Choice(verb, "row_everybody", EVERYBODY),) if may_be_all else ()
    ones = (Choice(verb, partial(hour_and_name, visit), visit.pk) for visit in visits)
    choices = (*first, *ones)[:MOST_ROWS]
    return Said(ReplyOutcome.ASKED_WHICH, phrase, tuple(visits), choices)
