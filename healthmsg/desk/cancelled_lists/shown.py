"""Cancelled lists in words."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from healthmsg import dates
from healthmsg.clinic import languages
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import Tone, mark, naming
from healthmsg.desk import timeline
from healthmsg.desk.agenda import returning
from healthmsg.desk.calling.needs import Ways
from healthmsg.desk.cancelled_lists import back, progress
from healthmsg.desk.cancelled_lists.looking import Affected, Wanted
from healthmsg.desk.cancelled_lists.models import AffectedVisit, Back, CancelledList, ListAct
from healthmsg.desk.cancelled_lists.progress import Line
from healthmsg.desk.cancelled_lists.stands import Stands
from whatsapp.buttons import Verb
from whatsapp.rendering import Rendered
from whatsapp.status import Reason

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
    Stands.BACK: Tone.GOOD,
    Stands.BACK_TOLD: Tone.GOOD,
    Stands.BACK_ON_ITS_WAY: Tone.WAITING,
    Stands.BACK_TO_CALL: Tone.ASKS,
    Stands.UNTOUCHED: Tone.QUIET,
}
_NO_TEXT = (Reason.TEMPLATE_MISSING, Reason.TEMPLATE_NOT_APPROVED, Reason.TEMPLATE_UNBOUND)
_UNDER_WAY = (Stands.WAITS, Stands.ON_ITS_WAY, Stands.BACK_ON_ITS_WAY)
_KNOW = (Stands.SEEN, Stands.TOLD, Stands.CALLED, Stands.BACK, Stands.BACK_TOLD)
_TO_CALL = (Stands.TO_CALL, Stands.BACK_TO_CALL)


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


def preview(wanted: Wanted, found: Sequence[Affected], *, left_out: int = 0) -> dict[str, Any]:
    """Return what would happen, visit by visit, and in numbers."""
    possible = [one for one in found if not one.problem]
    writes = wanted.act != ListAct.HAND_OVER
    ways = Ways([one.visit for one in found], details=True)
    return {
        "affected": [_affected(one, ways, writes=writes) for one in found],
        "left_out": left_out,
        "possible": len(possible),
        "stay": len(found) - len(possible),
        "by_message": sum(one.reason is None for one in possible) if writes else 0,
        "by_call": sum(one.reason is not None for one in possible) if writes else 0,
        "texts": _texts(possible),
        "without_tap": sum(_lacks_tap(one) for one in possible),
        "without_text": sum(one.reason in _NO_TEXT for one in possible) if writes else 0,
        "writes": writes,
        "act_words": wanted.act.label,
        "is_cancel": wanted.act == ListAct.CANCEL,
    }


def _texts(found: Iterable[Affected]) -> list[dict[str, Any]]:
    """Return each text that is read, once for each template, with the words of the first."""
    seen: dict[Any, list[Rendered]] = defaultdict(list)
    for one in found:
        if one.words and not one.reason:
            seen[one.words.template_version].append(one.words)
    return [
        {
            "language": languages.in_words(same[0].language),
            "code": same[0].language.split("_")[0],
            "body": same[0].body,
            "buttons": same[0].buttons,
            "count": len(same),
        }
        for same in seen.values()
    ]


def _lacks_tap(one: Affected) -> bool:
    return one.words is not None and not one.reason and Verb.SEEN not in one.words.verbs


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
        "counts": [
            {"state": one, "words": one.label, "count": counts[one], "is_to_call": one in _TO_CALL}
            for one in Stands
            if counts[one]
        ],
        "call_link": reverse("to_call") + f"?why=list&clinic={begun.clinic_id}",
        "not_rebooked": [_line(line, here) for line in open_lines],
        "is_through": begun.is_through,
        # Who has read it later, or was called, shows when the page is opened again.
        "renews": not begun.is_through or any(counts[one] for one in _UNDER_WAY),
        "is_stopped": begun.stopped_at is not None,
        "stopped": _act_of(begun, begun.stopped_at, begun.stopped_by),
        "taken_back": _act_of(begun, begun.taken_back_at, begun.taken_back_by),
        "buttons": begun.taken_back_at is None or not begun.is_through,
        "may_take_back": begun.taken_back_at is None and not back.is_in_hand(begun),
        "done_back": sum(line.row.back_at is not None for line in lines),
    }


def _act_of(begun: CancelledList, at: datetime | None, by: StaffUser | None) -> str:
    """Return when something was done, and by whom; "" where it was not."""
    return f"{moment(at, begun)}, {by.get_full_name() or by.get_username()}" if at and by else ""


def _affected(one: Affected, ways: Ways, *, writes: bool) -> dict[str, Any]:
    visit = one.visit
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
        "speech": ways.to(visit),
        "how": how,
    }


def _line(line: Line, back: str) -> dict[str, Any]:
    row, visit = line.row, line.row.appointment
    return {
        "visit": visit,
        "who": naming.of(visit.patient, details=True),
        "when": timeline.moment(row.starts_at, visit),
        "new": _new(row),
        "ended": _became(row),
        "mark": mark(line.stands.label, _TONES[line.stands]),
        "why": _why(line),
        "sheet": returning.sheet_of(visit, back=back),
        "rebook": returning.book_again(visit, back=back),
    }


def _new(row: AffectedVisit) -> str:
    if row.new_starts_at is None or row.back == Back.BACK:
        return ""
    return timeline.moment(row.new_starts_at, row.appointment)


def _became(row: AffectedVisit) -> str:
    """Return what became of a visit; where it was to be taken back and could not, also why."""
    if row.back == Back.BACK:
        return row.get_back_display()
    ended = row.get_ended_display() if row.ended else ""
    if row.back in {"", Back.UNTOUCHED}:
        return ended
    return _("%(ended)s; not taken back: %(why)s") % {
        "ended": ended,
        "why": row.get_back_display(),
    }


def _why(line: Line) -> str:
    """Return why somebody is to be called, where a message says so."""
    message = line.row.message
    if line.stands != Stands.TO_CALL:
        return ""
    if message is None:
        return _("cannot be reached by message")
    return message.get_reason_display() if message.reason else message.get_status_display()


def moment(at: datetime, begun: CancelledList) -> str:
    """Return a moment as the clocks at the list's site show it, or the clinic's."""
    return _moment(at, begun.site.zone if begun.site else begun.clinic.zone)


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = timezone.localtime(at, zone).replace(tzinfo=None)
    return dates.written(local, "D, j N Y, H:i")
