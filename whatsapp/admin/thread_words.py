"""How a conversation stands, who said what, and what is no words, told to staff."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import Tone, mark, tip
from whatsapp import kept_files
from whatsapp.answers import WINDOW
from whatsapp.kept_files import Unopened
from whatsapp.models import FileState, InboundFile, LineKind, Reply, Thread, ThreadLine, ThreadState

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

_KINDS: dict[str, "_StrOrPromise"] = {
    "image": gettext_lazy("(a picture)"),
    "video": gettext_lazy("(a film)"),
    "audio": gettext_lazy("(a voice note)"),
    "document": gettext_lazy("(a document)"),
    "sticker": gettext_lazy("(a sticker)"),
    "location": gettext_lazy("(a place on the map)"),
    "contacts": gettext_lazy("(a contact's card)"),
    "revoke": gettext_lazy("(took a message back)"),
    "reaction": gettext_lazy("(took a reaction back)"),
    "system": gettext_lazy("(WhatsApp says that something about this number has changed)"),
    "unsupported": gettext_lazy("(something WhatsApp does not let us see)"),
}
_FILES: dict[str, "_StrOrPromise"] = {
    FileState.WAITS: gettext_lazy("is being fetched from WhatsApp"),
    FileState.TOO_LARGE: gettext_lazy("is larger than we take; ask for a smaller one"),
    FileState.WRONG_KIND: gettext_lazy(
        "was not what it was said to be, and was not kept; ask what it was"
    ),
    FileState.GONE: gettext_lazy("WhatsApp does not have it anymore; ask for it again"),
    FileState.DELETED: gettext_lazy("was deleted after its time"),
}
_LINES: dict[str, "_StrOrPromise"] = {
    LineKind.NOTE: gettext_lazy("%(by)s noted, for staff only"),
    LineKind.TAKEN: gettext_lazy("%(by)s took it"),
    LineKind.HANDED: gettext_lazy("%(by)s handed it to %(to)s"),
    LineKind.GIVEN_BACK: gettext_lazy("%(by)s gave it back to everybody"),
    LineKind.DONE: gettext_lazy("%(by)s was done with it"),
}


def state_mark(thread: Thread, *, now: datetime) -> str:
    """Say in a mark how a conversation stands; haste before all."""
    if thread.state == ThreadState.DONE:
        return mark(_("done"), Tone.GOOD)
    taken = thread.taken_by
    whose = _("%(name)s has it") % {"name": name_of(taken)} if taken else _("nobody has it")
    if not thread.is_urgent:
        return mark(whose, Tone.WAITING if taken else Tone.ASKS)
    words = _("needs haste: %(words)s") % {"words": thread.urgent_because}
    if thread.is_overdue(now):
        words = _("nobody has looked in time: %(words)s") % {"words": thread.urgent_because}
    tone = Tone.ASKS if thread.urgent_seen_at else Tone.BAD
    return format_html("{} {}", mark(words, tone), tip(whose))


def left_of(last_inbound_at: datetime | None, *, now: datetime) -> str:
    """Say how much is left of the time in which anything may be written."""
    if last_inbound_at is None or last_inbound_at + WINDOW <= now:
        return _("over: templates only")
    return timeuntil(last_inbound_at + WINDOW, now, depth=1)


def name_of(person: StaffUser | None) -> str:
    """Return a member of staff as colleagues know them."""
    if person is None:
        return _("somebody who has left")
    return person.get_full_name() or person.get_username()


def said(reply: Reply) -> str:
    """Return a message as staff read it; what is no words is named."""
    if reply.kind == "edit":
        return _("(changed a message to:) %s") % reply.text
    kind = _KINDS.get(reply.kind, f"({reply.kind})")
    if reply.kind == "reaction" and reply.text:
        return _("reacted with %s") % reply.text
    # Beside a caption it is still said what it belongs to.
    if reply.text and reply.kind in _KINDS:
        return f"{kind} {reply.text}"
    return reply.text or str(kind)


def in_words(line: ThreadLine) -> str:
    """Say who did what with a conversation."""
    names = {"by": name_of(line.written_by), "to": name_of(line.handed_to)}
    return str(_LINES[line.kind]) % names


def why_not_here(file: InboundFile, directory: Path) -> str:
    """Say why a file cannot be looked at, "" where it can."""
    if file.state != FileState.KEPT:
        return str(_FILES[file.state])
    try:
        kept_files.look(file, directory)
    except Unopened as error:
        return str(error.why.label)
    return ""
