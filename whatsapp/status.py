"""The life of a message: its statuses, from where each may be entered, and our reasons."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    QUEUED = "QUEUED", _("waiting to be sent")
    SENDING = "SENDING", _("on its way to WhatsApp")
    UNCERTAIN = "UNCERTAIN", _("WhatsApp has not told us whether it arrived")
    ACCEPTED = "ACCEPTED", _("taken by WhatsApp")
    SENT = "SENT", _("sent")
    DELIVERED = "DELIVERED", _("arrived on the phone")
    READ = "READ", _("read")
    FAILED = "FAILED", _("could not be delivered")
    WITHHELD = "WITHHELD", _("not sent")


# Rank of what WhatsApp has told; a receipt only ever moves a message up.
RANK = {
    Status.QUEUED: 0,
    Status.WITHHELD: 0,
    Status.SENDING: 1,
    Status.UNCERTAIN: 1,
    Status.ACCEPTED: 2,
    Status.SENT: 3,
    Status.FAILED: 4,
    Status.DELIVERED: 5,
    Status.READ: 6,
}

# Read as: the key may be entered from these. A withheld message may still have left in an older
# attempt, so receipts may enter from everywhere below them; nothing ever leaves READ.
MAY_BE_ENTERED_FROM: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.SENDING, Status.UNCERTAIN}),
    Status.SENDING: frozenset({Status.QUEUED}),
    Status.UNCERTAIN: frozenset({Status.SENDING}),
    Status.ACCEPTED: frozenset({Status.SENDING, Status.UNCERTAIN}),
    Status.SENT: frozenset(s for s, rank in RANK.items() if rank < RANK[Status.SENT]),
    Status.FAILED: frozenset(s for s, rank in RANK.items() if rank < RANK[Status.FAILED]),
    Status.DELIVERED: frozenset(s for s, rank in RANK.items() if rank < RANK[Status.DELIVERED]),
    Status.READ: frozenset(s for s, rank in RANK.items() if rank < RANK[Status.READ]),
    Status.WITHHELD: frozenset({Status.QUEUED, Status.SENDING, Status.UNCERTAIN}),
}

# Nothing more is expected, or everything that can be known is known.
TOLD = (Status.DELIVERED, Status.READ)
LEFT_US = (
    Status.SENDING,
    Status.UNCERTAIN,
    Status.ACCEPTED,
    Status.SENT,
    Status.DELIVERED,
    Status.READ,
)
WAITING = (Status.QUEUED, Status.SENDING, Status.UNCERTAIN)


def may_move(before: Status, after: Status) -> bool:
    """True where a message in `before` may enter `after`."""
    return before in MAY_BE_ENTERED_FROM[after]


class Lane(TextChoices):
    """Names for the numbers kept in Message.lane; lower goes first."""

    REPLY = "0", _("answer")
    REMINDER = "1", _("reminder")
    BROADCAST = "2", _("campaign")


class Reason(TextChoices):
    """Why a message was not sent or not delivered, in the clinic's words."""

    NEVER_ASKED = "NEVER_ASKED", _("never asked for permission")
    DECLINED = "DECLINED", _("said no")
    ASKED_US_TO_STOP = "ASKED_US_TO_STOP", _("asked us to stop")
    PERMISSION_RAN_OUT = "PERMISSION_RAN_OUT", _("the permission ran out")
    NO_NUMBER = "NO_NUMBER", _("no number")
    NO_CONTACT = "NO_CONTACT", _("nobody to tell")
    WRONG_PERSON = "WRONG_PERSON", _("the number belongs to somebody else")
    NOT_ON_WHATSAPP = "NOT_ON_WHATSAPP", _("not reached on WhatsApp")
    HAS_DIED = "HAS_DIED", _("has died")
    NO_LONGER_OURS = "NO_LONGER_OURS", _("no longer a patient")
    PAUSED = "PAUSED", _("messages are paused")
    CONTACT_ENDED = "CONTACT_ENDED", _("this person may no longer be told")
    NEVER_BY_MESSAGE = "NEVER_BY_MESSAGE", _("never by message")
    VISIT_CHANGED = "VISIT_CHANGED", _("the visit was moved")
    VISIT_CANCELLED = "VISIT_CANCELLED", _("the visit was cancelled")
    VISIT_OVER = "VISIT_OVER", _("the visit is over")
    ANSWERED = "ANSWERED", _("already answered")
    TEMPLATE_MISSING = "TEMPLATE_MISSING", _("no approved template in this language")
    TEMPLATE_NOT_APPROVED = "TEMPLATE_NOT_APPROVED", _("the template is not approved")
    TEMPLATE_UNBOUND = "TEMPLATE_UNBOUND", _("the template has a gap nobody fills in")
    VALUE_MISSING = "VALUE_MISSING", _("something to fill in is missing")
    NO_PLACE = "NO_PLACE", _("the template shows a place on a map, and there is none")
    TOO_LONG = "TOO_LONG", _("too long for WhatsApp")
    TOO_LATE = "TOO_LATE", _("it was too late")
    BOOKED_LATE = "BOOKED_LATE", _("the visit was booked later than that")
    SAID_ANYWAY = "SAID_ANYWAY", _("another message says it at the same time")
    WINDOW_CLOSED = "WINDOW_CLOSED", _("the patient has not written within 24 hours")
    PRACTICE = "PRACTICE", _("practice: only test phones get messages")
    NO_SENDER = "NO_SENDER", _("no WhatsApp number to send from")
    CANCELLED_BY_STAFF = "CANCELLED_BY_STAFF", _("taken back by staff")
    REPLACED = "REPLACED", _("replaced by a newer message")
    ALREADY_BOOKED = "ALREADY_BOOKED", _("has a visit for it already")
    ALREADY_DONE = "ALREADY_DONE", _("has had it already")
    NOT_THIS = "NOT_THIS", _("wants no invitations about this")
    TOLD_RECENTLY = "TOLD_RECENTLY", _("got enough invitations lately")
    TOO_MANY_ON_NUMBER = "TOO_MANY_ON_NUMBER", _("too many patients on this number")
    STOP_TO_READ = "STOP_TO_READ", _("a person first reads whether they asked us to stop")
    MARKETING_STOPPED = "MARKETING_STOPPED", _("stopped offers in WhatsApp")
    META_LIMIT = "META_LIMIT", _("WhatsApp limits how many offers a person gets")
    META_EXPERIMENT = "META_EXPERIMENT", _("WhatsApp left this person out")
    REFUSED = "REFUSED", _("WhatsApp refused it")
    UNKNOWN_CODE = "UNKNOWN_CODE", _("WhatsApp gave a reason we do not know")
    TRIED_OFTEN = "TRIED_OFTEN", _("WhatsApp could not take it after several tries")
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME", _("WhatsApp has not told us whether it arrived")
    RESTORED = "RESTORED", _("not known: the system was restored, and may have sent it before")
    ERASED = "ERASED", _("the patient was deleted")
    DAILY_LIMIT = "DAILY_LIMIT", _("WhatsApp's daily limit is used up")
    NUMBER_STOPPED = "NUMBER_STOPPED", _("our WhatsApp number is stopped")
    BLOCKED_BY_US = "BLOCKED_BY_US", _("we have blocked this person on WhatsApp")
    COUNTRY_CLOSED = "COUNTRY_CLOSED", _("WhatsApp lets nobody write to this country")
    RESTRICTED = "RESTRICTED", _("WhatsApp has closed this kind of message for us")
    NUMBER_CHANGED_HANDS = "NUMBER_CHANGED_HANDS", _("the phone was set up anew; check the number")
