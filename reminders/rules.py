"""The rules every clinic starts with."""

from datetime import time, timedelta

from django.utils import translation
from django.utils.translation import gettext_noop

from healthmsg.clinic.models import Clinic
from reminders.models import ReminderRule
from reminders.timing import Anchor, WhenLate
from reminders.wording import PLEASE_CONTACT_US

# Two minutes are reception's undo.
_UNDO = timedelta(minutes=2)
_SEVERAL = "appointments_several"

# Three days and one day before, with ten by the clock: the pair that missed fewest visits.
# Source: Steiner 2018, AJMC 24(8):377.
DEFAULTS: dict[str, dict[str, object]] = {
    gettext_noop("Confirmation of the booking"): {
        "anchor": Anchor.BOOKED,
        "offset": _UNDO,
        "when_late": WhenLate.SEND_NOW,
        "template_name": "appointment_confirmation",
    },
    gettext_noop("Moved to another time"): {
        "anchor": Anchor.MOVED,
        "offset": _UNDO,
        "least_notice": timedelta(),
        "when_late": WhenLate.SEND_NOW,
        "template_name": "appointment_moved",
    },
    gettext_noop("Cancelled by the clinic"): {
        "anchor": Anchor.CANCELLED,
        "offset": _UNDO,
        "least_notice": timedelta(),
        "when_late": WhenLate.SEND_NOW,
        "template_name": "appointment_cancelled",
    },
    gettext_noop("Three days before"): {
        "anchor": Anchor.STARTS,
        "days_before": 3,
        "at_time": time(10),
        "least_notice": timedelta(hours=36),
        "when_late": WhenLate.SKIP,
        "template_name": "appointment_reminder_days",
        "several_template_name": _SEVERAL,
    },
    gettext_noop("The day before"): {
        "anchor": Anchor.STARTS,
        "days_before": 1,
        "at_time": time(10),
        "when_late": WhenLate.UNLESS_TOLD,
        "template_name": "appointment_reminder_tomorrow",
        "confirmed_template_name": "appointment_tomorrow_confirmed",
        "several_template_name": _SEVERAL,
    },
    gettext_noop("After a missed visit"): {
        "is_active": False,
        "anchor": Anchor.MISSED,
        "offset": timedelta(days=1),
        "least_notice": -timedelta(days=7),
        "template_name": "appointment_missed",
    },
}


def in_use(clinic: Clinic) -> list[ReminderRule]:
    return list(ReminderRule.objects.filter(clinic=clinic, is_active=True).order_by("pk"))


def install(clinic: Clinic) -> list[ReminderRule]:
    """
    Give a clinic the rules it lacks; what it has changed stays as it is.

    A rule is known by what it counts from and its template, as clinics rename them.
    """
    with translation.override(clinic.languages[0].replace("_", "-")):
        return [
            ReminderRule.objects.create(
                clinic=clinic,
                name=translation.gettext(name),
                spare_template_name=PLEASE_CONTACT_US,
                **terms,
            )
            for name, terms in DEFAULTS.items()
            if not _has(clinic, terms)
        ]


def _has(clinic: Clinic, terms: dict[str, object]) -> bool:
    return ReminderRule.objects.filter(
        clinic=clinic, anchor=terms["anchor"], template_name=terms["template_name"]
    ).exists()
