"""What sends right now: running campaigns, and how our WhatsApp numbers stand."""

from collections.abc import Container, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.models import Run, RunStatus
from healthmsg import dates
from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import Tone, mark
from healthmsg.cockpit.belonging import Person
from healthmsg.cockpit.there import Kinds
from healthmsg.desk.alarms import stopped
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.status import numbers
from healthmsg.desk.status.numbers import Number
from whatsapp.models import Portfolio, Restriction, Sender
from whatsapp.seats import DAY, Seats
from whatsapp.status import Status

_MOST = 10
_SOON_DAYS = 14
_RUNS = "running"
_GOING = (RunStatus.EXPANDING, RunStatus.POURING, RunStatus.PAUSED)
_RUN_TONES = {
    RunStatus.EXPANDING: Tone.WAITING,
    RunStatus.POURING: Tone.GOOD,
    RunStatus.PAUSED: Tone.ASKS,
}
# Source: WhatsApp Cloud API, phone numbers, quality_rating, read 2026-11.
_QUALITIES = {
    "GREEN": (gettext_lazy("good"), Tone.GOOD),
    "YELLOW": (gettext_lazy("medium"), Tone.ASKS),
    "RED": (gettext_lazy("poor"), Tone.BAD),
}


_COUNT_UNTIL = 100_000
# What WhatsApp took of each number within the last minute, and to how many people each portfolio
# that has a daily limit wrote within a day.
_LATELY = """
SELECT 'number', sender.id, (
  SELECT count(*) FROM (
    SELECT FROM whatsapp_message message
     WHERE message.sender_id = sender.id
       AND message.accepted_at > %(minute)s AND message.accepted_at <= %(now)s
     LIMIT %(until)s) one)
  FROM whatsapp_sender sender WHERE sender.clinic_id = %(clinic)s
UNION ALL
SELECT 'portfolio', portfolio.id, (
  SELECT count(*) FROM whatsapp_tierseat seat
   WHERE seat.portfolio_id = portfolio.id AND seat.last_at > %(day)s)
  FROM whatsapp_portfolio portfolio
 WHERE portfolio.daily_limit IS NOT NULL AND portfolio.id IN (
   SELECT account.portfolio_id FROM whatsapp_account account
     JOIN whatsapp_sender sender ON sender.account_id = account.id
    WHERE sender.clinic_id = %(clinic)s)
"""


def kinds(person: Person, clinic: Clinic | None) -> Kinds:
    """Return what may be going, as far as the person may see it."""
    return {_RUNS: _runs(clinic)} if clinic and person.has_perm("campaigns.view_run") else {}


def campaigns(person: Person, clinic: Clinic, found: Container[str]) -> list[dict[str, Any]] | None:
    """
    Return the clinic's campaigns that are going, None where the person may not look.

    :param found: the names of those of `kinds` of which there is any
    """
    if not person.has_perm("campaigns.view_run"):
        return None
    rows = _runs(clinic) if _RUNS in found else Run.objects.none()
    return [_run(run) for run in rows.select_related("campaign", "stream").order_by("-pk")[:_MOST]]


def _runs(clinic: Clinic) -> QuerySet[Run]:
    return Run.objects.filter(campaign__clinic=clinic, status__in=_GOING)


def _run(run: Run) -> dict[str, Any]:
    counts, status = run.stream.counts, RunStatus(run.status)
    return {
        "name": run.campaign.name,
        "link": reverse("admin:campaigns_run_change", args=[run.pk]),
        "mark": mark(status.label, _RUN_TONES[status]),
        "reason": run.status_reason,
        "audience": run.audience_size,
        "sent": counts.get(Status.SENT, 0),
        "arrived": counts.get(Status.DELIVERED, 0),
        "failed": counts.get(Status.FAILED, 0),
    }


def our_numbers(
    person: Person, clinic: Clinic, *, now: datetime, real_now: datetime
) -> list[dict[str, Any]] | None:
    """Return each number's pace, limit, quality and stops; None where one may not look."""
    if not person.has_perm("whatsapp.view_sender"):
        return None
    standing = numbers.standing(Sender.objects.filter(clinic=clinic), real_now=real_now)
    lately = _lately(clinic, now) if standing else {}
    return [
        {
            **_number(one, _seats(one.sender.account.portfolio, lately)),
            "lately": lately.get(("number", one.sender.pk), 0),
        }
        for one in standing[:_MOST]
    ]


def _lately(clinic: Clinic, now: datetime) -> dict[tuple[str, int], int]:
    """Count by number and by portfolio, each under its kind and key."""
    moments = {"now": now, "minute": now - timedelta(minutes=1), "day": now - DAY}
    with connection.cursor() as cursor:
        cursor.execute(_LATELY, {**moments, "clinic": clinic.pk, "until": _COUNT_UNTIL})
        return {(kind, key): count for kind, key, count in cursor.fetchall()}


def _seats(portfolio: Portfolio, lately: Mapping[tuple[str, int], int]) -> Seats:
    used = lately.get(("portfolio", portfolio.pk), 0)
    return Seats(portfolio.daily_limit, used, portfolio.seats_kept)


def _number(number: Number, seats: Seats) -> dict[str, Any]:
    sender = number.sender
    quality = _QUALITIES.get(sender.quality)
    return {
        "name": str(sender),
        "link": reverse("admin:whatsapp_sender_change", args=[sender.pk]),
        "mark": _stands(number),
        "token": _token(sender),
        "pace": round(number.pace),
        "most": sender.rate_per_second,
        "quality": mark(*quality) if quality else mark(_("not known"), Tone.QUIET),
        "seats": seats,
        "is_full": seats.limit is not None and not seats.for_reminders,
    }


def _token(sender: Sender) -> str:
    """Say what is known of the access token: a permanent one has no day on which it ends."""
    if sender.held_at is not None and stopped.kind_of(sender) == Kind.TOKEN_REFUSED:
        return _("Access token: refused since %s") % _moment(sender.held_at)
    if sender.state_checked_at is None:
        return _("Access token: not tried yet")
    words = _("Access token: accepted, last used for a look at the number on %s")
    return words % _moment(sender.state_checked_at)


def _moment(at: datetime) -> str:
    return dates.written(timezone.localtime(at).replace(tzinfo=None), "j N Y, H:i")


def _stands(number: Number) -> str:
    if any(not isinstance(hold.what, Restriction) for hold in number.holds):
        return mark(_("stopped"), Tone.BAD)
    if number.holds:
        return mark(_("partly stopped"), Tone.BAD)
    if number.is_slowed:
        return mark(_("slowed down"), Tone.ASKS)
    return mark(_("works"), Tone.GOOD)


def runs_out(*, today: date) -> list[dict[str, Any]]:
    """Return how long the access token and the way of payment are good for, where it is known."""
    found = []
    for words, day in (
        (_("Access token"), settings.WHATSAPP_TOKEN_EXPIRES_ON),
        (_("Payment"), settings.WHATSAPP_PAYMENT_EXPIRES_ON),
    ):
        if day is not None:
            left = (day - today).days
            found.append({"words": words, "day": day, "mark": _left(left)})
    return found


def _left(days: int) -> str:
    if days < 0:
        return mark(_("has run out"), Tone.BAD)
    words = ngettext("%d day left", "%d days left", days) % days
    return mark(words, Tone.ASKS if days <= _SOON_DAYS else Tone.GOOD)
