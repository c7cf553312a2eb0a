"""How a visit stands, at a glance: few words, a sign, and a color that says nothing of its own."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from healthmsg import dates
from healthmsg.clinic.models import Answer, Change, VisitStatus
from healthmsg.clinic.sending_hours import SendingHours
from healthmsg.cockpit import Tone, mark
from healthmsg.desk.agenda import put_off
from reminders.models import ReminderStatus
from reminders.standing import Row, Standing
from whatsapp.models import Message
from whatsapp.status import Reason, Status

_OVER = {
    VisitStatus.SEEN: (pgettext_lazy("patient", "seen"), Tone.QUIET),
    VisitStatus.LEFT: (gettext_lazy("left without being seen"), Tone.BAD),
    VisitStatus.MISSED: (gettext_lazy("missed"), Tone.BAD),
    VisitStatus.CANCELLED_BY_PATIENT: (gettext_lazy("cancelled by the patient"), Tone.QUIET),
    VisitStatus.CANCELLED_BY_CLINIC: (gettext_lazy("cancelled by the clinic"), Tone.QUIET),
}
_STANDINGS = {
    Standing.WANTS_ANOTHER_TIME: Tone.ASKS,
    Standing.WANTS_TO_CANCEL: Tone.ASKS,
    Standing.CANNOT_BE_REACHED: Tone.BAD,
    Standing.FAILED: Tone.BAD,
    Standing.NOT_COMING: Tone.BAD,
    Standing.NOT_SENT: Tone.ASKS,
    Standing.ASKED_NOT: Tone.QUIET,
}
# Reasons that leave one message out because another one tells.
_ELSEWHERE = (Reason.BOOKED_LATE, Reason.SAID_ANYWAY)


def of_row(row: Row, *, zone: ZoneInfo, hours: SendingHours) -> str:
    """
    Return the one mark needed first; visits are read with `put_off.WITH_PATIENT`.

    :param hours: of the clinic; what is due outside of them goes when they begin
    """
    visit = row.appointment
    if visit.status == VisitStatus.ARRIVED:
        since = visit.status_changed_at.astimezone(zone)
        return mark(_("here since %s") % f"{since:%H:%M}", Tone.GOOD)
    if over := _OVER.get(VisitStatus(visit.status)):
        return mark(*over)
    if row.standing == Standing.TOLD:
        return _told(row)
    if row.standing == Standing.WAITING:
        return _to_be_told(row, zone, hours)
    if row.standing == Standing.NOT_ARRIVED:
        return mark(_("sent, not known to have arrived"), Tone.WAITING)
    words = str(row.standing.label)
    words = f"{words}: {row.reason.label}" if row.reason else words
    return mark(words, _STANDINGS[row.standing])


def _told(row: Row) -> str:
    if row.appointment.answer == Answer.CONFIRMED:
        return mark(_("confirmed"), Tone.GOOD)
    if any(message.status == Status.READ for message in _messages(row)):
        return mark(Status.READ.label, Tone.GOOD)
    return mark(Status.DELIVERED.label, Tone.GOOD)


def _to_be_told(row: Row, zone: ZoneInfo, hours: SendingHours) -> str:
    """Say when the next message goes, or why none will."""
    planned = [r.due_at for r in row.reminders if r.status == ReminderStatus.PLANNED]
    if row.permission != Change.GRANTED:
        later = "" if row.permission else put_off.of(row.appointment.patient)
        words = Change(row.permission).label if row.permission else Reason.NEVER_ASKED.label
        told = f"{words}, {later}" if later else words
        return mark(_("will not be told: %s") % told, Tone.ASKS)
    if planned:
        goes_at = hours.next_open(min(planned))
        return mark(_("will be told %s") % _moment(goes_at, zone), Tone.WAITING)
    reasons = [r.reason for r in row.reminders if r.reason and r.reason not in _ELSEWHERE]
    if reasons:
        return mark(_("will not be told: %s") % Reason(reasons[0]).label, Tone.ASKS)
    return mark(_("no message planned"), Tone.QUIET)


def _messages(row: Row) -> list[Message]:
    return [r.message for r in row.reminders if r.message is not None]


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone).replace(tzinfo=None)
    return dates.written(local, "j N, H:i")
