"""The list in words: each line as reception reads it, on the screen and on paper."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg.clinic import languages
from healthmsg.clinic.models import Appointment
from healthmsg.cockpit import Tone, mark, naming
from healthmsg.desk import timeline
from healthmsg.desk.agenda import as_opened, put_off, returning
from healthmsg.desk.calling import reasons
from healthmsg.desk.calling.lists import CallList
from healthmsg.desk.calling.needs import Speech, Ways
from healthmsg.desk.calling.reasons import Judged, Why
from reminders import calling
from reminders.models import CallOutcome, Outcome
from reminders.standing import Row, Standing

_BUTTONS = {
    Outcome.COMES: gettext_lazy("Comes"),
    Outcome.ANOTHER_TIME: gettext_lazy("Another time"),
    Outcome.CANCELS: gettext_lazy("Cancels"),
    Outcome.TOLD: gettext_lazy("Told them"),
    Outcome.NOT_WANTED: gettext_lazy("Wants no new visit"),
    Outcome.WRONG_NUMBER: gettext_lazy("Wrong number"),
    Outcome.NO_ANSWER: gettext_lazy("No answer"),
    Outcome.LEFT_MESSAGE: gettext_lazy("Left a message"),
    Outcome.VOICEMAIL: gettext_lazy("Voicemail"),
}
_TO_BOOK_AGAIN = (Standing.MISSED, Standing.CANCELLED_BY_US)


@dataclass(frozen=True)
class Person:
    """What whoever looks may see and do."""

    details: bool
    may_log: bool
    may_mark_numbers: bool
    may_write: bool
    may_book: bool
    back: str  # the list as it was chosen


@dataclass(frozen=True)
class Button:
    outcome: str
    words: str


@dataclass(frozen=True)
class Line:
    """One visit on the list."""

    key: str  # the visit's own, which would be written as the language writes numbers
    visit: Appointment
    when: str
    who: str
    told: str
    language: str
    speech: Speech
    put_off: str  # that nobody has asked them yet, and who meant to
    mark: str
    records: list[str]
    calls: list[str]
    known: int
    as_opened: str
    buttons: tuple[Button, ...]
    boxes: str  # the same, to be ticked on paper
    again_at: str = ""
    sheet: str = ""  # where the visit opens
    rebook: str = ""


def in_words(shown: CallList, person: Person) -> dict[str, Any]:
    """Return what the template needs, in the active language."""
    judged = (*shown.ahead, *shown.missed, *shown.later)
    ways = Ways((one.row.appointment for one in judged), details=person.details)
    offered = _Offered(person)
    return {
        "ahead": [_line(one, ways, offered, person) for one in shown.ahead],
        "missed": [_line(one, ways, offered, person) for one in shown.missed],
        "later": [_line(one, ways, offered, person) for one in shown.later],
        "to_free": [_slot(row, person) for row in shown.to_free],
        "done": [_done(call, person) for call in shown.done],
        "groups": [(why, why.label, shown.counts[why]) for why in Why if shown.counts[why]],
        "total": sum(shown.counts.values()),
        "ahead_count": shown.ahead_count,
        "left_out": shown.left_out,
        "stamp": shown.stamp,
        "rule": reasons.rule() if shown.counts[Why.MAY_MISS] else "",
    }


def name_of(visit: Appointment, *, details: bool) -> str:
    return naming.of(visit.patient, details=details)


def said(call: CallOutcome, *, details: bool) -> str:
    """Return a call that was written down in one sentence."""
    words = _("Written down: %(who)s, %(outcome)s.") % {
        "who": name_of(call.appointment, details=details),
        "outcome": call.get_outcome_display(),
    }
    if call.again_at is not None:
        words += " " + _("To try again at %(hour)s.") % {"hour": hour(call.again_at, call)}
    return words


def hour(at: datetime, call: CallOutcome) -> str:
    """Return the time of day as the clocks at the visit's site show it."""
    local = timezone.localtime(at, call.appointment.site.zone)
    return formats.time_format(local.time(), "H:i")


def _line(one: Judged, ways: Ways, offered: "_Offered", person: Person) -> Line:
    visit, last = one.row.appointment, one.last
    contact = visit.contact
    for call in one.row.calls:
        call.appointment = visit  # known, and asked for its site's clocks
    language = contact.language if contact else ""
    buttons, boxes = offered.about(visit)
    return Line(
        key=str(visit.pk),
        visit=visit,
        when=timeline.moment(visit.starts_at, visit),
        who=name_of(visit, details=person.details),
        told=_told(visit) if person.details else "",
        language=languages.in_words(language),
        speech=ways.to(visit),
        put_off=put_off.of(visit.patient),
        mark=_mark(one),
        records=_records(one),
        calls=_calls(one.row.calls),
        known=last.number if last else 0,
        as_opened=as_opened.mark(visit),
        buttons=buttons,
        boxes=boxes,
        again_at=hour(last.again_at, last) if last and last.again_at else "",
        sheet=returning.sheet_of(visit, back=person.back),
        rebook=_rebook(visit, person) if one.row.standing in _TO_BOOK_AGAIN else "",
    )


def _records(one: Judged) -> list[str]:
    old = one.row.old_starts_at
    if one.why == Why.LIST and old is not None and old != one.row.appointment.starts_at:
        return [_("was: %(when)s") % {"when": timeline.moment(old, one.row.appointment)}]
    return [] if one.why in {Why.MISSED, Why.LIST} else reasons.in_words(one.record)


def _told(visit: Appointment) -> str:
    contact = visit.contact
    if contact is None or contact.relationship == "SELF":
        return ""
    return f"{contact.name} ({contact.get_relationship_display()})"


def _mark(one: Judged) -> str:
    if one.why == Why.MAY_MISS:
        return mark(Why.MAY_MISS.label, Tone.WAITING)
    words = str(one.row.standing.label)
    if one.why == Why.WRONG_NUMBER:
        words = _("the number belongs to somebody else")
    reason = one.row.reason
    return mark(f"{words}: {reason.label}" if reason else words, Tone.ASKS)


def _calls(calls: Iterable[CallOutcome]) -> list[str]:
    rows = tuple(calls)
    found = []
    tries = sum(call.outcome == Outcome.NO_ANSWER for call in rows)
    if tries > 1:
        found.append(ngettext("no answer %d time", "no answer %d times", tries) % tries)
    if rows:
        last = rows[-1]
        found.append(
            _("%(hour)s %(who)s: %(outcome)s")
            % {
                "hour": timeline.moment(last.called_at, last.appointment),
                "who": _staff(last),
                "outcome": last.get_outcome_display(),
            }
        )
    return found


class _Offered:
    """What may come of a call, in words: the same for a hundred visits."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._known: dict[tuple[Outcome, ...], tuple[tuple[Button, ...], str]] = {}

    def about(self, visit: Appointment) -> tuple[tuple[Button, ...], str]:
        """Return the buttons, and the boxes on paper."""
        has_number = visit.contact is not None and visit.contact.phone is not None
        may_mark = self._person.may_mark_numbers and has_number
        outcomes = tuple(
            outcome
            for outcome in calling.outcomes(visit)
            if self._person.may_log and (may_mark or outcome != Outcome.WRONG_NUMBER)
        )
        if outcomes not in self._known:
            buttons = tuple(Button(one.value, str(_BUTTONS[one])) for one in outcomes)
            boxes = " ".join(f"☐ {button.words}" for button in buttons)
            self._known[outcomes] = buttons, boxes
        return self._known[outcomes]


def _slot(row: Row, person: Person) -> dict[str, Any]:
    visit = row.appointment
    return {
        "visit": visit,
        "when": timeline.moment(visit.starts_at, visit),
        "who": name_of(visit, details=person.details),
        "mark": mark(f"{row.standing.label}: {row.reason.label}", Tone.QUIET) if row.reason else "",
    }


def _done(call: CallOutcome, person: Person) -> dict[str, Any]:
    return {
        "call": call,
        "hour": hour(call.called_at, call),
        "by": _staff(call),
        "who": name_of(call.appointment, details=person.details),
        "outcome": call.get_outcome_display(),
    }


def _staff(call: CallOutcome) -> str:
    return call.called_by.get_full_name() or call.called_by.get_username()


def _rebook(visit: Appointment, person: Person) -> str:
    return returning.book_again(visit, back=person.back) if person.may_book else ""
