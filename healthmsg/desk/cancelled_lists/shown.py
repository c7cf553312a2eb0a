"""Cancelled lists in words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import Tone, mark, naming
from healthmsg.desk import timeline
from healthmsg.desk.agenda import returning
from healthmsg.desk.cancelled_lists import progress
from healthmsg.desk.cancelled_lists.looking import AT_MOST, Affected, Wanted
from healthmsg.desk.cancelled_lists.models import CancelledList, ListAct
from healthmsg.desk.cancelled_lists.progress import Line, Stands

_TONES = {
    Stands.SEEN: Tone.GOOD,
    Stands.TOLD: Tone.GOOD,
    Stands.CALLED: Tone.GOOD,
    Stands.ON_ITS_WAY: Tone.WAITING,
    Stands.TO_CALL: Tone.ASKS,
    Stands.NOT_TO_TELL: Tone.QUIET,
    Stands.NOT_POSSIBLE: Tone.BAD,
    Stands.CHANGED: Tone.QUIET,
    Stands.WAITS: Tone.WAITING,
}
_KNOW = (Stands.SEEN, Stands.TOLD, Stands.CALLED)


def title(begun: CancelledList) -> str:
    """Return whose list it is, and where."""
    names = [str(one) for one in (begun.clinician, begun.site) if one is not None]
    return _("List of %(names)s") % {"names": ", ".join(names)}


def decision(begun: CancelledList) -> dict[str, Any]:
    """Return one decision as the overview of lists has it."""
    zone = begun.site.zone if begun.site else begun.clinic.zone
    return {
        "list": begun,
        "title": title(begun),
        "span": f"{_moment(begun.begins_at, zone)} – {_moment(begun.ends_at, zone)}",
        "act": begun.get_act_display(),
    }


def preview(wanted: Wanted, found: Sequence[Affected]) -> dict[str, Any]:
    """Return what would happen, visit by visit, and in numbers."""
    possible = [one for one in found if not one.problem]
    writes = wanted.act != ListAct.HAND_OVER
    return {
        "affected": [_affected(one, writes=writes) for one in found],
        "is_cut": len(found) == AT_MOST,
        "possible": len(possible),
        "stay": len(found) - len(possible),
        "by_message": sum(one.reason is None for one in possible) if writes else 0,
        "by_call": sum(one.reason is not None for one in possible) if writes else 0,
        "writes": writes,
        "act_words": wanted.act.label,
        "is_cancel": wanted.act == ListAct.CANCEL,
    }


def in_words(begun: CancelledList, lines: Sequence[Line]) -> dict[str, Any]:
    """Return how a list goes, in numbers and visit by visit."""
    counts = progress.counts(lines)
    open_lines = progress.not_rebooked(lines)
    here = reverse("cancelled_list", args=[begun.pk])
    return {
        **decision(begun),
        "lines": [_line(line, here) for line in lines],
        "total": len(lines),
        "know": sum(counts[one] for one in _KNOW),
        "seen": counts[Stands.SEEN],
        "counts": [(one, one.label, counts[one]) for one in Stands if counts[one]],
        "to_call": counts[Stands.TO_CALL],
        "call_link": reverse("to_call") + "?why=list",
        "not_rebooked": [_line(line, here) for line in open_lines],
        "is_through": begun.ended_at is not None,
        "is_stopped": begun.stopped_at is not None,
    }


def _affected(one: Affected, *, writes: bool) -> dict[str, Any]:
    visit = one.visit
    phone = visit.contact.phone if visit.contact else None
    if one.problem:
        how = mark(_("stays as it is: %(why)s") % {"why": one.problem}, Tone.BAD)
    elif not writes:
        how = mark(_("nobody is written to"), Tone.QUIET)
    elif one.reason is None:
        how = mark(_("by WhatsApp"), Tone.GOOD)
    else:
        how = mark(_("to call: %(why)s") % {"why": one.reason.label}, Tone.ASKS)
    return {
        "visit": visit,
        "when": timeline.moment(visit.starts_at, visit),
        "new": timeline.moment(one.new_starts_at, visit) if one.new_starts_at else "",
        "who": naming.of(visit.patient, details=True),
        "number": spoken(phone.number) if phone else _("no number"),
        "how": how,
    }


def _line(line: Line, back: str) -> dict[str, Any]:
    row, visit = line.row, line.row.appointment
    return {
        "visit": visit,
        "who": naming.of(visit.patient, details=True),
        "when": timeline.moment(row.starts_at, visit),
        "new": timeline.moment(row.new_starts_at, visit) if row.new_starts_at else "",
        "ended": row.get_ended_display() if row.ended else "",
        "mark": mark(line.stands.label, _TONES[line.stands]),
        "why": _why(line),
        "sheet": returning.sheet_of(visit, back=back),
        "rebook": returning.book_again(visit, back=back),
    }


def _why(line: Line) -> str:
    """Return why somebody is to be called, where a message says so."""
    message = line.row.message
    if line.stands != Stands.TO_CALL:
        return ""
    if message is None:
        return _("cannot be reached by message")
    return message.get_reason_display() if message.reason else message.get_status_display()


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = timezone.localtime(at, zone).replace(tzinfo=None)
    return formats.date_format(local, "D, j N Y, H:i")
