"""What became of a message, told to a person: its mark and every step."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.cockpit import Tone, mark
from whatsapp.models import Message, Reply, ThreadLine
from whatsapp.status import Status

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

_TONES = {
    Status.QUEUED: Tone.WAITING,
    Status.SENDING: Tone.WAITING,
    Status.UNCERTAIN: Tone.ASKS,
    Status.ACCEPTED: Tone.WAITING,
    Status.SENT: Tone.WAITING,
    Status.DELIVERED: Tone.GOOD,
    Status.READ: Tone.GOOD,
    Status.FAILED: Tone.BAD,
    Status.WITHHELD: Tone.QUIET,
}


@dataclass(frozen=True)
class Step:
    """One thing that happened to a message, and when."""

    at: datetime
    words: "_StrOrPromise"


def status_in_words(message: Message) -> str:
    """Return such as "not sent: asked us to stop"."""
    words = str(Status(message.status).label)
    return f"{words}: {message.get_reason_display()}" if message.reason else words


def mark_of(message: Message) -> SafeString:
    return mark(status_in_words(message), _TONES[Status(message.status)])


def removed(row: Message | Reply | ThreadLine) -> str:
    """Return that words went, and when; "" where they did not."""
    if row.words_removed_at is None:
        return ""
    day = formats.date_format(timezone.localtime(row.words_removed_at), "DATE_FORMAT")
    return _("(removed by policy on %(day)s)") % {"day": day}


def steps_of(message: Message) -> list[Step]:
    """Return everything that happened to it, oldest first."""
    moments: tuple[tuple[datetime | None, _StrOrPromise], ...] = (
        (message.created_at, gettext_lazy("written")),
        (message.accepted_at, gettext_lazy("taken by WhatsApp")),
        (message.sent_at, gettext_lazy("sent")),
        (message.delivered_at, gettext_lazy("arrived on the phone")),
        (message.read_at, gettext_lazy("read")),
        (message.failed_at, _failure(message)),
        (message.doubled_at, gettext_lazy("WhatsApp reported an earlier try as sent too")),
    )
    return sorted((Step(at, words) for at, words in moments if at), key=lambda step: step.at)


def waits_for(message: Message) -> str:
    """Return until when a waiting message waits, and how long it is useful; "" for others."""
    if message.send_after is None:
        return ""
    return _("goes out when its time comes and messages may be sent; useful until its last moment")


def _failure(message: Message) -> str:
    if not message.error_code:
        return _("could not be delivered")
    return _("could not be delivered (WhatsApp's code %(code)s)") % {"code": message.error_code}
