"""What taking a list back would do, in words and numbers."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from healthmsg.cockpit import Tone, mark, naming
from healthmsg.desk import timeline
from healthmsg.desk.cancelled_lists import back
from healthmsg.desk.cancelled_lists.back import Found
from healthmsg.desk.cancelled_lists.models import Back, CancelledList, ListAct


def preview(begun: CancelledList, found: Sequence[Found]) -> dict[str, Any]:
    """Return what would happen, visit by visit, and in numbers that add up."""
    possible = [one for one in found if not one.why_not]
    to_tell = [one for one in possible if one.must_be_told]
    stay = Counter(one.why_not for one in found if one.why_not)
    return {
        "found": [_line(one) for one in found],
        "possible": len(possible),
        "total": len(found),
        "by_message": sum(one.reason is None for one in to_tell),
        "by_call": sum(one.reason is not None for one in to_tell),
        "quiet": len(possible) - len(to_tell),
        "unsent": sum(one.is_unsent for one in possible),
        "stay": [(one.label, stay[one]) for one in Back if stay[one]],
        "writes": begun.act != ListAct.HAND_OVER,
        "away": back.away(possible, begun),
        "team_was_told": getattr(begun, "team_was_told", False),
    }


def _line(one: Found) -> dict[str, Any]:
    visit = one.visit
    if one.why_not:
        how = mark(_("stays: %(why)s") % {"why": Back(one.why_not).label}, Tone.BAD)
    elif not one.must_be_told:
        how = mark(_("nobody has to be told"), Tone.QUIET)
    elif one.reason is None:
        how = mark(_("by WhatsApp"), Tone.GOOD)
    else:
        how = mark(_("to call: %(why)s") % {"why": one.reason.label}, Tone.ASKS)
    new = one.row.new_starts_at
    return {
        "visit": visit,
        "when": timeline.moment(one.row.starts_at, visit),
        "now": timeline.moment(new, visit) if new else "",
        "who": naming.of(visit.patient, details=True),
        "how": how,
    }
