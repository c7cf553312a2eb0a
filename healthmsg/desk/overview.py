"""The first page: today and tomorrow, what waits, what failed, what somebody stopped."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from healthmsg import clock
from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import clinics_of, owned
from healthmsg.desk import stopped, waiting
from healthmsg.desk.alarms import shown
from healthmsg.desk.crowded_days import crowded_days
from reminders import call_list
from whatsapp.models import Message, Reply
from whatsapp.status import Status

# Beyond, the page says "more than"; a million rows are never counted.
COUNT_UNTIL = 1000
CLINICS = 5
LATELY = timedelta(days=7)


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the first page shows, as far as the person may look at it."""
    now = clock.now()
    user = request.user
    clinics = list(clinics_of(user).order_by("pk")[:CLINICS])
    return context | {
        "title": _("Overview"),
        "days": _days(clinics, now) if user.has_perm("clinic.view_appointment") else [],
        "tiles": [tile for tile in _tiles(request, now) if tile],
        "alarms": shown.on_overview(request),
        "stopped": stopped.stops(request),
        "waits": waiting.waits(request),
        "crowded_days": crowded_days(request, now=now),
    }


def _days(clinics: list[Clinic], now: datetime) -> list[dict[str, Any]]:
    found = []
    for clinic in clinics:
        today = now.astimezone(clinic.zone).date()
        for words, day in ((_("Today"), today), (_("Tomorrow"), today + timedelta(days=1))):
            found.append({"clinic": clinic, "words": words, **_day(clinic, day, now)})
    return found


def _day(clinic: Clinic, day: date, now: datetime) -> dict[str, Any]:
    tally = call_list.tomorrow(clinic, day=day, now=now)
    visits = ngettext("%d visit", "%d visits", tally.visits) % tally.visits
    return {
        "day": day,
        "tally": tally,
        "sentence": _("No visits.")
        if not tally.visits
        else _("%(visits)s = %(told)d told + %(call)d to call + %(asked)d asked us not to")
        % {
            "visits": visits,
            "told": tally.told,
            "call": tally.to_call,
            "asked": tally.asked_not,
        },
        "link": reverse("admin:clinic_appointment_changelist") + f"?day={day.isoformat()}",
    }


def _tiles(request: HttpRequest, now: datetime) -> list[dict[str, Any] | None]:
    messages = owned(Message.objects.all(), request.user)
    failed = messages.filter(failed_at__gte=now - LATELY, status=Status.FAILED)
    waiting = messages.filter(send_after__isnull=False, send_after__lte=now)
    replies = owned(Reply.objects.filter(needs_person_at__isnull=False), request.user)
    to_read = _tile(request, _("messages from patients to read"), "whatsapp.reply", replies, "")
    return [
        to_read,
        _tile(
            request,
            _("messages due and not sent yet"),
            "whatsapp.message",
            waiting,
            "?fate=waiting",
        ),
        _tile(
            request,
            _("could not be delivered in the last 7 days"),
            "whatsapp.message",
            failed,
            "?fate=failed",
        ),
    ]


def _tile(
    request: HttpRequest, words: str, model: str, rows: "QuerySet[Any]", query: str
) -> dict[str, Any] | None:
    app, name = model.split(".")
    if not request.user.has_perm(f"{app}.view_{name}"):
        return None
    count = rows.order_by().values("pk")[: COUNT_UNTIL + 1].count()
    return {
        "words": words,
        "count": _("more than %d") % COUNT_UNTIL if count > COUNT_UNTIL else str(count),
        "link": reverse(f"admin:{app}_{name}_changelist") + query,
    }
