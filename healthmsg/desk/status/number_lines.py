"""The status page's lines about our numbers: pace, stops and why, queues, daily limits."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from healthmsg.cockpit import Tone, mark, owned
from healthmsg.cockpit.belonging import Person
from healthmsg.desk import switches
from healthmsg.desk.status import numbers, waiting, words
from healthmsg.desk.status.line import Line, Moment
from healthmsg.desk.status.numbers import Hold, Number
from healthmsg.desk.status.waiting import Queued
from whatsapp.lifting import what_lifts, why
from whatsapp.models import Portfolio, Restriction, Sender


def numbers_of(person: Person, at: Moment) -> list[Line]:
    """Return the person's numbers with pace, stops, and what waits on each."""
    lanes: dict[int, list[Queued]] = defaultdict(list)
    for row in waiting.queued(now=at.business):
        lanes[row.sender_id].append(row)
    standing = numbers.standing(owned(Sender.objects.all(), person), real_now=at.real)
    return [_number(number, lanes[number.sender.pk], at) for number in standing]


def _number(number: Number, lanes: Iterable[Queued], at: Moment) -> Line:
    details = [_hold(hold, at) for hold in number.holds]
    if number.campaigns_until:
        details.append(_no_campaigns(number, number.campaigns_until, at))
    details += [_lane(row, at) for row in lanes]
    limit = number.sender.rate_per_second
    more = _("at most %d messages a second") % limit
    if any(not isinstance(hold.what, Restriction) for hold in number.holds):
        stands = mark(_("stopped"), Tone.BAD)
    elif number.holds:
        stands = mark(_("partly stopped"), Tone.BAD)
    elif number.is_slowed:
        stands = mark(_("slowed down"), Tone.ASKS)
        more = _("%(pace).0f of %(limit)d messages a second: %(why)s") % {
            "pace": number.pace,
            "limit": limit,
            "why": number.sender.slowed_reason,
        }
    else:
        stands = mark(_("works"), Tone.GOOD)
    asks = bool(number.holds) or number.is_slowed
    link = reverse("admin:whatsapp_sender_change", args=[number.sender.pk])
    return Line(str(number.sender), stands, more, asks, link, tuple(details))


def _hold(hold: Hold, at: Moment) -> Line:
    stands, more = mark(_("stopped"), Tone.BAD), _why(hold, at, what_lifts(hold.what))
    if isinstance(hold.what, Restriction):
        what = _("Closed: %(what)s") % {"what": hold.what.get_kind_display()}
    else:
        what = f"{capfirst(hold.what._meta.verbose_name)} {hold.what}"
    return Line(what, stands, more, asks=True)


def _why(hold: Hold, at: Moment, lifts: str) -> str:
    since = _("for %s") % words.span(at.business - hold.since)
    ends = _("ends in %s") % words.span(hold.until - at.business) if hold.until else ""
    return f"{', '.join(filter(None, (why(hold.what), since, ends)))}. {lifts}"


def _no_campaigns(number: Number, until: datetime, at: Moment) -> Line:
    more = _("for another %s") % words.span(until - at.real)
    reason = number.sender.broadcasts_held_reason
    more = ", ".join(filter(None, (reason, more)))
    return Line(_("Campaigns"), mark(_("wait"), Tone.ASKS), more)


def _lane(row: Queued, at: Moment) -> Line:
    if not row.waiting:
        return Line(str(words.LANES[row.lane]), mark(_("none waits"), Tone.QUIET))
    if row.since is None:
        more = _("none is due yet")
    else:
        more = _("%(due)s due, the oldest for %(span)s") % {
            "due": words.count(row.due),
            "span": words.span(at.business - row.since),
        }
    stands = mark(_("%s wait") % words.count(row.waiting), Tone.WAITING)
    return Line(str(words.LANES[row.lane]), stands, more)


def main_switches(person: Person, at: Moment) -> list[Line]:
    """Return what is stopped for the whole house."""
    link = reverse("admin:whatsapp_switch_changelist")
    link = link if person.has_perm("whatsapp.view_switch") else ""
    found = []
    for hold in numbers.main_switches():
        more = _why(hold, at, switches.what_lifts(hold.what))
        stands = mark(_("stopped"), Tone.BAD)
        found.append(Line(capfirst(str(hold.what)), stands, more, asks=True, link=link))
    return found


def limits_of(person: Person, at: Moment) -> list[Line]:
    """Return how much of each daily limit is used."""
    mine = owned(Portfolio.objects.all(), person)
    found = []
    for portfolio, seats in numbers.daily_limits(mine, now=at.business):
        if seats.limit is None:
            stands, more = mark(_("no limit"), Tone.GOOD), ""
        else:
            is_full = not seats.for_reminders
            said = _("%(used)d of %(limit)d people") % {"used": seats.used, "limit": seats.limit}
            stands = mark(said, Tone.ASKS if is_full else Tone.GOOD)
            more = _("%d kept for reminders") % seats.kept
        found.append(Line(str(portfolio), stands, more))
    return found
