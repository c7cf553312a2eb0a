"""What pages show of alarms: the banner, the overview's block, what is not set up yet."""

from collections.abc import Container
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from healthmsg import dates
from healthmsg.cockpit import clinics_of
from healthmsg.cockpit.belonging import Person
from healthmsg.cockpit.there import Kinds, there
from healthmsg.desk.alarms import signs, words
from healthmsg.desk.alarms.kinds import Severity
from healthmsg.desk.backups import standstills
from healthmsg.desk.backups import words as standstill_words
from healthmsg.desk.models import Alarm, Silence, Standstill, Watcher

_ON_OVERVIEW = 10


def kinds(person: Person) -> Kinds:
    """Return what may be wrong, as far as the person may see it."""
    return {"alarms": open_alarms(person)} if person.has_perm("desk.view_alarm") else {}


def on_overview(person: Person, found: Container[str]) -> list[dict[str, Any]]:
    """
    Return the open alarms, the gravest first.

    :param found: the names of those of `kinds` of which there is any
    """
    if "alarms" not in found:
        return []
    return [
        {
            "says": words.headline(alarm),
            "since": alarm.opened_at,
            "is_severe": alarm.severity == Severity.SEVERE,
            "is_seen": alarm.acknowledged_at is not None,
            "link": reverse("admin:desk_alarm_change", args=[alarm.pk]),
        }
        for alarm in open_alarms(person).order_by("severity", "-opened_at")[:_ON_OVERVIEW]
    ]


def open_alarms(person: Person) -> QuerySet[Alarm]:
    """Return what is wrong in the person's clinics and in the whole house."""
    rows = Alarm.objects.filter(closed_at=None)
    if person.is_superuser:
        return rows
    return rows.filter(Q(clinic=None) | Q(clinic__in=clinics_of(person)))


def banner(request: HttpRequest) -> list[dict[str, str]]:
    """
    Return what every page says on top: beat is silent, or campaigns wait after a silence.

    The page itself looks, as the watch cannot be trusted where beat is silent.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    lines = []
    # On every page: asked about together, and nearly always there is none of it.
    found = there(
        {
            "beat": signs.silent_beats(),
            "standstill": Standstill.objects.filter(ended_at=None),
            "silence": Silence.objects.filter(looked_at=None),
        }
    )
    if "beat" in found and (since := signs.silent_beat()) is not None:
        at = dates.written(timezone.localtime(since).replace(tzinfo=None), "j N, H:i")
        says = _("Nothing is planned or sent by itself: no sign of life of beat since %(at)s.")
        lines.append({"says": says % {"at": at}, "link": ""})
    if "standstill" in found and (standstill := standstills.current()) is not None:
        says = standstill_words.headline(standstill)
        lines.append({"says": says, "link": reverse("standstill")})
    if "silence" in found:
        says = _("The system was off for long: campaigns wait until somebody has looked.")
        lines.append({"says": says, "link": reverse("after_silence")})
    return lines


def what_is_missing(request: HttpRequest) -> list[str]:
    """Return what keeps people from being told, in words."""
    missing = []
    if not settings.EMAIL_URL:
        missing.append(_("No mail server is set (EMAIL_URL): nobody gets a mail."))
    people = Watcher.objects.filter(is_active=True)
    if not people.filter(clinic__in=clinics_of(request.user)).exists():
        missing.append(_("Nobody is entered who would be told."))
    if not settings.DEAD_MAN_URL:
        missing.append(
            _("No address outside is set (DEAD_MAN_URL): nobody notices when all of this is off.")
        )
    return missing
