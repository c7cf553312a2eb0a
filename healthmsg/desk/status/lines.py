"""The status page's lines about the house: its parts, what waits, what looks after it."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from healthmsg.beat_table import SCHEDULE
from healthmsg.cockpit import Tone, mark
from healthmsg.cockpit.belonging import Person
from healthmsg.desk.status import parts, waiting, words
from healthmsg.desk.status.line import Line, Moment
from healthmsg.desk.status.parts import Sign
from healthmsg.desk.status.waiting import Rest
from whatsapp import histograms
from whatsapp.histograms import Histogram
from whatsapp.measures import ACCEPTED, ACCEPTED_TO_DELIVERED, API_LATENCY, QUEUE_TO_ACCEPT
from whatsapp.models import Sweep
from whatsapp.status import Status

# What is read or written within seconds should not wait for longer.
PROMPT = timedelta(minutes=2)
_PROMPT = (waiting.NOTICES, waiting.REPLIES, waiting.REMINDERS)
_FOR_PEOPLE = (
    *(waiting.FOR_A_PERSON, waiting.REPEATS, waiting.DOUBTS, waiting.INCIDENTS),
    *(waiting.BREAKERS, waiting.SET_ASIDE, "runs_paused"),
)
_LISTS = {
    waiting.FOR_A_PERSON: "whatsapp.thread",
    waiting.SET_ASIDE: "whatsapp.delivery",
    waiting.BREAKERS: "whatsapp.breaker",
    waiting.REPEATS: "whatsapp.repeatrequest",
    waiting.DOUBTS: "whatsapp.stopdoubt",
    waiting.INCIDENTS: "whatsapp.numberincident",
    waiting.TEMPLATES: "whatsapp.template",
    "runs_paused": "campaigns.campaign",
    "runs_pouring": "campaigns.campaign",
}
# Sweepers without a tick of their own look with these.
_TICK_OF = {
    **dict.fromkeys(("runs_over", "runs_guarded"), "campaigns.pour"),
    **dict.fromkeys(
        ("offers_left", "times_kept", "wishes_over", "times_freed"), "reminders.tend_offers"
    ),
}


def parts_of_the_house(at: Moment) -> list[Line]:
    """Return each process on each host, then the database and Redis."""
    signs = parts.signs()
    working = {sign.part for sign in signs if sign.is_fresh(at.real)}
    answered = parts.redis_answers_in()
    redis = (
        Line(_("Redis"), mark(_("does not answer"), Tone.BAD), asks=True)
        if answered is None
        else Line(_("Redis"), mark(_("works"), Tone.GOOD), words.seconds(answered))
    )
    database = Line(_("Database"), mark(_("works"), Tone.GOOD))
    return [*(_sign(sign, at, working) for sign in signs), database, redis]


def _sign(sign: Sign, at: Moment, working: set[str]) -> Line:
    name = str(words.PARTS[sign.part])
    if sign.seen_at is None:
        return Line(name, mark(_("never started here"), Tone.ASKS), asks=True)
    if sign.is_fresh(at.real):
        more = _("%s ago") % words.span(at.real - sign.seen_at)
        if sign.since is not None:
            more = _("without a gap for %s") % words.span(at.real - sign.since)
        return Line(name, mark(_("works"), Tone.GOOD), f"{sign.host} {more}".strip())
    silent = _("silent for %s") % words.span(at.real - sign.seen_at)
    # Another computer does the same work: one that was taken down is no alarm.
    tone = Tone.ASKS if sign.part in working else Tone.BAD
    return Line(name, mark(silent, tone), sign.host, asks=True)


def waiting_now(person: Person, at: Moment) -> list[Line]:
    """Return what waits beside the queue of each number."""
    leased, rest = waiting.beside_the_queues(now=at.business)
    in_hand: dict[str, int] = defaultdict(int)
    since: dict[str, datetime] = {}
    for row in leased:
        in_hand[row.status] += row.count
        since[row.status] = min(row.since, since.get(row.status, row.since))
    found = [
        _state(str(status.label), in_hand[status], since.get(status), at)
        for status in (Status.SENDING, Status.UNCERTAIN)
    ]
    return found + [_rest(row, person, at) for row in rest]


def _state(what: str, count: int, since: datetime | None, at: Moment) -> Line:
    if not count or since is None:
        return Line(capfirst(what), mark(_("none"), Tone.QUIET))
    more = _("the oldest for %s") % words.span(at.real - since)
    return Line(capfirst(what), mark(words.count(count), Tone.WAITING), more)


def _rest(row: Rest, person: Person, at: Moment) -> Line:
    what = str(words.WAITING[row.kind])
    if not row.count:
        return Line(what, mark(_("none"), Tone.QUIET))
    clock = row.clock(now=at.business, real_now=at.real)
    waits = clock - row.since if row.since else timedelta()
    asks = row.kind in _FOR_PEOPLE or (row.kind in _PROMPT and waits > PROMPT)
    tone = Tone.ASKS if asks else Tone.WAITING
    more = _("the oldest for %s") % words.span(waits) if row.since else ""
    return Line(what, mark(words.count(row.count), tone), more, asks, _link(row.kind, person))


def _link(kind: str, person: Person) -> str:
    app, _dot, model = _LISTS.get(kind, "").partition(".")
    if not model or not person.has_perm(f"{app}.view_{model}"):
        return ""
    return reverse(f"admin:{app}_{model}_changelist")


def last_hour() -> list[Line]:
    """Return how long things took in the middle of the last hour's cases."""
    found = histograms.last_hour()
    asked = (
        (_("From due until WhatsApp took it"), (QUEUE_TO_ACCEPT, "")),
        (_("WhatsApp's answer to a message"), (API_LATENCY, ACCEPTED)),
        (_("From taken by WhatsApp until on the phone"), (ACCEPTED_TO_DELIVERED, "")),
    )
    return [_time(what, found.get(key)) for what, key in asked]


def _time(what: str, one: Histogram | None) -> Line:
    median = one.median() if one else None
    if one is None or median is None:
        return Line(what, mark(_("none in the last hour"), Tone.QUIET))
    more = _("half of them within this; %d in the last hour") % one.count
    return Line(what, mark(words.seconds(median), Tone.GOOD), more)


def sweeps(at: Moment) -> list[Line]:
    """Return every sweeper: its last look, and when it last found something."""
    known = parts.sweeps()
    return [_sweep(name, str(what), known.get(name), at) for name, what in words.SWEEPS.items()]


def _sweep(name: str, what: str, sweep: Sweep | None, at: Moment) -> Line:
    if sweep is None:
        return Line(what, mark(_("not looked yet"), Tone.QUIET))
    ago = _("looked %s ago") % words.span(at.real - sweep.ran_at)
    if sweep.broke_with:
        return Line(what, mark(_("broke off"), Tone.BAD), f"{ago} ({sweep.broke_with})", asks=True)
    if sweep.found_at is None:
        more = _("found nothing so far")
    else:
        more = _("found %(count)d so far, last %(span)s ago") % {
            "count": sweep.found_in_all,
            "span": words.span(at.real - sweep.found_at),
        }
    if at.real - sweep.ran_at > _overdue_after(name):
        return Line(what, mark(_("overdue"), Tone.BAD), f"{ago}, {more}", asks=True)
    return Line(what, mark(ago, Tone.GOOD), more)


_TICKS = {tick["task"]: timedelta(seconds=tick["schedule"]) for tick in SCHEDULE.values()}


def _overdue_after(name: str) -> timedelta:
    tick = _TICK_OF.get(name, name if name in _TICKS else "whatsapp.sweep")
    return 3 * _TICKS[tick] + timedelta(minutes=1)


def disks() -> list[Line]:
    """Return how much room is left."""
    found = []
    for disk in parts.disks():
        percent = 100 * disk.free / disk.total
        is_full = percent < settings.DISK_FREE_PERCENT
        stands = mark(_("%d %% free") % percent, Tone.BAD if is_full else Tone.GOOD)
        more = _("%.0f GB") % (disk.free / 1e9)
        found.append(Line(str(words.DISKS[disk.name]), stands, more, asks=is_full))
    return found
