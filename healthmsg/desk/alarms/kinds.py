"""The kinds of alarm, how grave each is, and how often it is told again."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Severity(TextChoices):
    SEVERE = "SEVERE", _("severe: patients are not told, or soon will not be")
    WARNING = "WARNING", _("to be looked at in the day")


class Kind(TextChoices):
    NUMBER_STOPPED = "NUMBER_STOPPED", _("a number is stopped")
    ACCOUNT_STOPPED = "ACCOUNT_STOPPED", _("an account is stopped")
    ACCOUNT_RESTRICTED = "ACCOUNT_RESTRICTED", _("an account may not send everything")
    PORTFOLIO_STOPPED = "PORTFOLIO_STOPPED", _("a portfolio is stopped")
    HOUSE_STOPPED = "HOUSE_STOPPED", _("a main switch is off")
    TEMPLATE_STOPPED = "TEMPLATE_STOPPED", _("a template in use is stopped")
    TOKEN_REFUSED = "TOKEN_REFUSED", _("the access token is refused")
    TOKEN_EXPIRES = "TOKEN_EXPIRES", _("the access token runs out")
    PAYMENT_FAILED = "PAYMENT_FAILED", _("the payment has failed")
    PAYMENT_EXPIRES = "PAYMENT_EXPIRES", _("the way of payment runs out")
    NUMBER_SLOWED = "NUMBER_SLOWED", _("a number is slowed")
    CAMPAIGNS_HELD = "CAMPAIGNS_HELD", _("a number sends no campaigns")
    BREAKER_OPEN = "BREAKER_OPEN", _("too many people would have been stopped at once")
    UNKNOWN_CODES = "UNKNOWN_CODES", _("WhatsApp gives reasons we do not know")
    PART_SILENT = "PART_SILENT", _("a part of the system is silent")
    WORK_BROKEN = "WORK_BROKEN", _("work that goes on by itself breaks off")
    RECEIVER_GAPS = "RECEIVER_GAPS", _("notices from WhatsApp were turned away")
    RECEIPTS_SILENT = "RECEIPTS_SILENT", _("WhatsApp tells us nothing")
    QUEUE_LATE = "QUEUE_LATE", _("messages are late")
    REMINDERS_LATE = "REMINDERS_LATE", _("reminders are not written")
    NOTICES_WAIT = "NOTICES_WAIT", _("notices from WhatsApp are not read")
    REPLIES_WAIT = "REPLIES_WAIT", _("answers of patients are not taken up")
    LIMIT_AHEAD = "LIMIT_AHEAD", _("WhatsApp's daily limit is too small")
    DISK_FULL = "DISK_FULL", _("the disk is nearly full")
    AFTER_SILENCE = "AFTER_SILENCE", _("campaigns wait after a silence")
    TAPS_LATE = "TAPS_LATE", _("reminders went on before all answers were read")
    REPEATS_LATE = "REPEATS_LATE", _("repeat prescriptions are late")
    STOPS_UNDECIDED = "STOPS_UNDECIDED", _("nobody has decided whether somebody said stop")
    NUMBERS_UNCHECKED = "NUMBERS_UNCHECKED", _("numbers wait to be checked")
    INCIDENT_UNTOLD = "INCIDENT_UNTOLD", _("the authority waits to hear of an incident")
    IMPORT_WAITS = "IMPORT_WAITS", _("a file from the watched folder was not taken over")
    URGENT_MESSAGE = "URGENT_MESSAGE", _("a message from a patient needs haste")
    AUDIT_LATE = "AUDIT_LATE", _("what was changed and looked at is not filed")
    AUDIT_BROKEN = "AUDIT_BROKEN", _("the record of who looked and changed is not whole")
    AUDIT_OFF = "AUDIT_OFF", _("what guards the record of who looked and changed is switched off")
    KEPT_TOO_LONG = "KEPT_TOO_LONG", _("something is kept longer than the clinic wants")
    NOT_TOLD = "NOT_TOLD", _("somebody cannot be told")


@dataclass(frozen=True)
class Found:
    """Something is wrong now: what, of which row, and what its sentence needs to know."""

    kind: Kind
    severity: Severity
    subject: str = ""  # by id, such as "sender:3"; "" where there is only one
    facts: dict[str, str | int] = field(default_factory=dict)
    clinic_id: int | None = None  # None: of the whole house
    # A higher stage than the one told is told at once, acknowledged or not: 14 days, 7 days, 1 day.
    stage: int = 0


_SOON = timedelta(minutes=10)
_HOUR = timedelta(hours=1)
# How long after each telling comes the next, until somebody acknowledges; the last one repeats.
_REPEATS = {
    Severity.SEVERE: (_SOON, 3 * _SOON, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 24 * _HOUR),
    Severity.WARNING: (4 * _HOUR, 24 * _HOUR),
}
# What is told on set days before is not told in between.
_TOLD_BY_STAGE = (Kind.TOKEN_EXPIRES, Kind.PAYMENT_EXPIRES)
# A switch is off or on; what is measured comes and goes, and is over only after this long.
_AT_ONCE = timedelta()
_MEASURED = timedelta(minutes=5)
_SWITCHES = (
    Kind.NUMBER_STOPPED,
    Kind.ACCOUNT_STOPPED,
    Kind.ACCOUNT_RESTRICTED,
    Kind.PORTFOLIO_STOPPED,
    Kind.BREAKER_OPEN,
    Kind.HOUSE_STOPPED,
    Kind.TEMPLATE_STOPPED,
    Kind.TOKEN_REFUSED,
    Kind.PAYMENT_FAILED,
    Kind.AFTER_SILENCE,
    Kind.IMPORT_WAITS,
    Kind.REPEATS_LATE,
    Kind.STOPS_UNDECIDED,
    Kind.NUMBERS_UNCHECKED,
    Kind.INCIDENT_UNTOLD,
    Kind.URGENT_MESSAGE,
    Kind.AUDIT_LATE,
    Kind.AUDIT_BROKEN,
    Kind.AUDIT_OFF,
    Kind.KEPT_TOO_LONG,
    *_TOLD_BY_STAGE,
)


def until_next(kind: Kind, severity: Severity, *, told: int) -> timedelta | None:
    """Return how long to wait after having told for the `told`th time; None: not again."""
    if kind in _TOLD_BY_STAGE and severity == Severity.WARNING:
        return None
    steps = _REPEATS[severity]
    return steps[min(told, len(steps)) - 1]


def over_after(kind: Kind) -> timedelta:
    """Return how long something must not have been seen until it is over."""
    return _AT_ONCE if kind in _SWITCHES else _MEASURED
