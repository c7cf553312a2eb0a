"""What an alarm says, in the language of whoever reads it, and what to do about it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import dates
from healthmsg.desk.alarms import keeping_words
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.late import COUNT_UNTIL
from healthmsg.desk.alarms.models import Alarm
from healthmsg.desk.imports.models import Failure, ImportKind, Question
from healthmsg.desk.privacy.models import Kept
from healthmsg.desk.status.words import SWEEPS
from whatsapp.models import Restriction, Switch, TemplateStatus
from whatsapp.models.switches import Kind as Restricted

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

SAYS: dict[str, "_StrOrPromise"] = {
    **keeping_words.SAYS,
    Kind.NUMBER_STOPPED: gettext_lazy("The number %(name)s is stopped: %(reason)s."),
    Kind.ACCOUNT_STOPPED: gettext_lazy("The WhatsApp account %(name)s is stopped: %(reason)s."),
    Kind.ACCOUNT_RESTRICTED: gettext_lazy(
        "WhatsApp does not let the account %(name)s send everything: no %(what)s."
    ),
    Kind.PORTFOLIO_STOPPED: gettext_lazy("The business portfolio %(name)s is stopped: %(reason)s."),
    Kind.HOUSE_STOPPED: gettext_lazy("Stopped for the whole house, %(name)s: %(reason)s."),
    Kind.TEMPLATE_STOPPED: gettext_lazy(
        "The template %(name)s (%(language)s) cannot be sent: %(status)s."
    ),
    Kind.TOKEN_REFUSED: gettext_lazy("WhatsApp refuses our access token; %(name)s is stopped."),
    Kind.TOKEN_EXPIRES: gettext_lazy("The access token runs out on %(day)s."),
    Kind.PAYMENT_FAILED: gettext_lazy("WhatsApp cannot collect its payment; %(name)s is stopped."),
    Kind.PAYMENT_EXPIRES: gettext_lazy("The way of paying WhatsApp runs out on %(day)s."),
    Kind.NUMBER_SLOWED: gettext_lazy(
        "The number %(name)s is slowed to %(rate)s messages a second: %(reason)s."
    ),
    Kind.CAMPAIGNS_HELD: gettext_lazy(
        "The number %(name)s sends no campaigns until %(until)s: %(reason)s."
    ),
    Kind.BREAKER_OPEN: gettext_lazy(
        "WhatsApp's answers would have stopped unusually many people of %(name)s within an hour"
        " (at most %(limit)s are stopped by themselves). The others were not."
    ),
    Kind.UNKNOWN_CODES: gettext_lazy(
        "WhatsApp refused messages for reasons we do not know (codes %(codes)s)."
    ),
    Kind.PART_SILENT: gettext_lazy("No sign of life of %(part)s since %(since)s."),
    Kind.RECEIVER_GAPS: gettext_lazy(
        "The receiver of WhatsApp's notices stood up %(count)s times within an hour."
    ),
    Kind.RECEIPTS_SILENT: gettext_lazy(
        "WhatsApp took messages from %(name)s and has told us nothing about them since."
    ),
    Kind.QUEUE_LATE: gettext_lazy("Messages from %(name)s are due and have not left: %(count)s."),
    Kind.REMINDERS_LATE: gettext_lazy("Reminders are due and have not been written: %(count)s."),
    Kind.NOTICES_WAIT: gettext_lazy("Notices from WhatsApp wait to be read: %(count)s."),
    Kind.REPLIES_WAIT: gettext_lazy("Answers of patients wait to be taken up: %(count)s."),
    Kind.LIMIT_AHEAD: gettext_lazy(
        "On %(day)s %(people)s people are to be reminded, and WhatsApp lets %(name)s write to"
        " %(places)s."
    ),
    Kind.AFTER_SILENCE: gettext_lazy(
        "The system was off from %(began)s to %(ended)s. Campaigns wait until somebody has looked."
    ),
    Kind.TAPS_LATE: gettext_lazy(
        "After the silence not every answer could be read within %(minutes)s minutes; reminders"
        " went on without them."
    ),
    Kind.REPEATS_LATE: gettext_lazy(
        "Repeat prescriptions were to be answered and are not: %(count)s."
    ),
    Kind.STOPS_UNDECIDED: gettext_lazy(
        "Nobody has decided whether patients asked us to stop (%(count)s); campaigns to them wait."
    ),
    Kind.NUMBERS_UNCHECKED: gettext_lazy(
        "Numbers that may be somebody else's have waited for days to be checked: %(count)s."
    ),
    Kind.INCIDENT_UNTOLD: gettext_lazy(
        "The authority is to be told of an incident by %(until)s, and nobody has noted that it was,"
        " or that it need not be."
    ),
    Kind.IMPORT_WAITS: gettext_lazy(
        "A file from the watched folder was not taken over (%(what)s): %(reason)s."
    ),
    Kind.URGENT_MESSAGE: gettext_lazy(
        "A message from a patient has a word that needs haste; to be looked at until %(until)s."
    ),
    Kind.NOT_TOLD: gettext_lazy("%(name)s could not be told of alarms, after several tries."),
}

TO_DO: dict[str, "_StrOrPromise"] = {
    **keeping_words.TO_DO,
    Kind.NUMBER_STOPPED: gettext_lazy(
        "Nothing leaves from it. Correct the cause at WhatsApp, then start the number again."
    ),
    Kind.ACCOUNT_STOPPED: gettext_lazy(
        "Look at the account in WhatsApp Manager; an appeal is made there. Meanwhile call who"
        " stands under “To call”."
    ),
    Kind.ACCOUNT_RESTRICTED: gettext_lazy(
        "Look at the account in WhatsApp Manager, which says why and until when. Meanwhile call who"
        " stands under “To call”."
    ),
    Kind.PORTFOLIO_STOPPED: gettext_lazy(
        "Look at the portfolio in Meta's business settings, then start it again."
    ),
    Kind.HOUSE_STOPPED: gettext_lazy("Somebody stopped it. Ask whether it may go on."),
    Kind.TEMPLATE_STOPPED: gettext_lazy(
        "A paused template comes back by itself. Otherwise correct it in WhatsApp Manager, or"
        " choose another one in the reminder rule."
    ),
    Kind.TOKEN_REFUSED: gettext_lazy(
        "Make a new token for the system user in Meta's business settings, put it into"
        " WHATSAPP_TOKEN, restart, and start the number again."
    ),
    Kind.TOKEN_EXPIRES: gettext_lazy(
        "Make a new token in Meta's business settings, put it into WHATSAPP_TOKEN and its last day"
        " into WHATSAPP_TOKEN_EXPIRES_ON, and restart."
    ),
    Kind.PAYMENT_FAILED: gettext_lazy(
        "Correct the way of payment in Meta's business settings, then start the number again."
    ),
    Kind.PAYMENT_EXPIRES: gettext_lazy(
        "Enter the new card in Meta's business settings, and its last day into"
        " WHATSAPP_PAYMENT_EXPIRES_ON."
    ),
    Kind.NUMBER_SLOWED: gettext_lazy("Nothing: it becomes faster by itself. Reminders go first."),
    Kind.CAMPAIGNS_HELD: gettext_lazy(
        "Too many people blocked or reported the number. Look at the last campaign before the next."
    ),
    Kind.BREAKER_OPEN: gettext_lazy(
        "Look at some of these people, then decide: all are stopped, or none."
    ),
    Kind.UNKNOWN_CODES: gettext_lazy(
        "Look at the failed messages; call these patients. Tell whoever looks after healthmsg."
    ),
    Kind.PART_SILENT: gettext_lazy(
        "Look at the server: the process may have ended. What waits without it stands in the README"
        " under “On a real server”."
    ),
    Kind.RECEIVER_GAPS: gettext_lazy(
        "WhatsApp brings its notices again. Look at the logs of door and of the database."
    ),
    Kind.RECEIPTS_SILENT: gettext_lazy(
        "Notices may not reach us: look at the address for notices in the app at Meta, the proxy"
        " and door. Nobody knows whether these patients were told; “To call” shows them."
    ),
    Kind.QUEUE_LATE: gettext_lazy(
        "Look at the server: sender and beat must run, and Redis must answer. Where the page of a"
        " message says that its words cannot be read, put the missing key into AUDIT_KEYS."
    ),
    Kind.REMINDERS_LATE: gettext_lazy("Look at the server: worker and beat must run."),
    Kind.NOTICES_WAIT: gettext_lazy(
        "Look at the server: inbox must run. Where the page of a notice says that it cannot be"
        " read, put the missing key into AUDIT_KEYS."
    ),
    Kind.REPLIES_WAIT: gettext_lazy(
        "Look at the server: inbox must run. Patients who cancelled are not taken up until then."
        " Where the page of a message says that its words cannot be read, put the missing key into"
        " AUDIT_KEYS."
    ),
    Kind.LIMIT_AHEAD: gettext_lazy(
        "The overview says what helps. Whoever gets no reminder stands under “To call” a"
        " day before it would have gone."
    ),
    Kind.AFTER_SILENCE: gettext_lazy("Look at what expired and what waits, then let it go on."),
    Kind.TAPS_LATE: gettext_lazy(
        "Somebody who cancelled meanwhile may have been reminded. Look at the messages from"
        " patients."
    ),
    Kind.REPEATS_LATE: gettext_lazy("Answer them, or call these patients."),
    Kind.STOPS_UNDECIDED: gettext_lazy("Read what they wrote, and say whether it is a stop."),
    Kind.NUMBERS_UNCHECKED: gettext_lazy(
        "Call these patients on another number, or ask them at the desk. Until then nothing reaches"
        " them by WhatsApp."
    ),
    Kind.INCIDENT_UNTOLD: gettext_lazy(
        "Decide how bad it is, tell the authority if it must know, and write both down at the"
        " incident. Who is late says why."
    ),
    Kind.IMPORT_WAITS: gettext_lazy(
        "Look at the file's page, and let it go on or stop it. Until then visits may stand here as"
        " they are no longer."
    ),
    Kind.URGENT_MESSAGE: gettext_lazy(
        "Open the conversation and take it: then this alarm is over. Call if in doubt."
    ),
    Kind.NOT_TOLD: gettext_lazy("Correct the address, or the settings of the mail server."),
}

_PARTS = {
    "beat": gettext_lazy("beat, which starts everything at its time"),
    "sender": gettext_lazy("sender, which sends"),
    "inbox": gettext_lazy("inbox, which reads answers"),
    "worker": gettext_lazy("worker, which writes reminders"),
    "door": gettext_lazy("door, which takes notices from WhatsApp"),
}
# Where the cause is seen or corrected, by what stands before the colon of a subject.
_PAGES = {
    "sender": "admin:whatsapp_sender_change",
    "account": "admin:whatsapp_account_change",
    "portfolio": "admin:whatsapp_portfolio_change",
    "template": "admin:whatsapp_template_change",
    "breaker": "admin:whatsapp_breaker_change",
    "switch": "admin:whatsapp_switch_change",
    "watcher": "admin:desk_watcher_change",
    "thread": "admin:whatsapp_thread_change",
    "import": "admin:desk_import_change",
    "incident": "admin:desk_incident_change",
}
_TASKS = {
    Kind.REPEATS_LATE.value: "admin:whatsapp_repeatrequest_changelist",
    Kind.STOPS_UNDECIDED.value: "admin:whatsapp_stopdoubt_changelist",
    Kind.NUMBERS_UNCHECKED.value: "admin:whatsapp_numberincident_changelist",
    Kind.AUDIT_LATE.value: "admin:clinic_auditline_changelist",
    Kind.AUDIT_BROKEN.value: "admin:clinic_auditline_changelist",
    Kind.AUDIT_OFF.value: "admin:clinic_auditline_changelist",
    Kind.KEPT_TOO_LONG.value: "kept",
    Kind.WORK_BROKEN.value: "status",
}
_MOMENTS = ("since", "until", "began", "ended")


def headline(alarm: Alarm) -> str:
    """Return one sentence; names of our own numbers and templates at most, never of a patient."""
    return str(SAYS[alarm.kind]) % _in_words(alarm)


def what_to_do(alarm: Alarm) -> str:
    return str(TO_DO[alarm.kind])


def page_of(alarm: Alarm) -> str:
    """Return the path of the page where the cause is seen, "" where there is none."""
    if alarm.kind == Kind.AFTER_SILENCE:
        return reverse("after_silence")
    if alarm.kind in _TASKS:
        return reverse(_TASKS[alarm.kind])
    kind, _colon, key = alarm.subject.partition(":")
    if kind == "restriction":
        closed = Restriction.objects.filter(pk=key).first()
        return reverse(_PAGES["account"], args=[closed.account_id]) if closed else ""
    return reverse(_PAGES[kind], args=[key]) if kind in _PAGES else ""


def _in_words(alarm: Alarm) -> dict[str, Any]:
    told: dict[str, Any] = dict(alarm.facts)
    if not told.get("reason"):
        # What somebody typed may name a patient: it is read on the page alone.
        told["reason"] = _("the reason stands on its page")
    told |= {key: _moment(told[key]) for key in _MOMENTS if key in told}
    if "day" in told:
        told["day"] = formats.date_format(date.fromisoformat(told["day"]))
    if "part" in told:
        told["part"] = _PARTS.get(told["part"], told["part"])
    if "sweep" in told:
        told["sweep"] = SWEEPS.get(told["sweep"], told["sweep"])
    told |= _by_kind(alarm.kind, told)
    if isinstance(told.get("count"), int) and told["count"] > COUNT_UNTIL:
        told["count"] = _("more than %d") % COUNT_UNTIL
    return told


def _by_kind(kind: str, told: dict[str, Any]) -> dict[str, Any]:
    """Return in words what stands in an alarm of this kind as a code."""
    if kind == Kind.HOUSE_STOPPED:
        return {"name": Switch.Name(told["name"]).label}
    if kind == Kind.TEMPLATE_STOPPED:
        return {"status": _template_status(told["status"])}
    if kind == Kind.ACCOUNT_RESTRICTED:
        return {"what": Restricted(told["what"]).label}
    if kind == Kind.IMPORT_WAITS:
        why = Question(told["question"]) if told.get("question") else Failure(told["failure"])
        return {"what": ImportKind(told["file_kind"]).label, "reason": why.label}
    if kind == Kind.KEPT_TOO_LONG:
        return {"kinds": ", ".join(str(Kept(one).label) for one in told["kinds"].split(","))}
    return {}


def _template_status(status: str) -> str:
    """WhatsApp's word in ours; empty where it was stopped here."""
    if not status:
        return _("it is stopped here")
    return str(TemplateStatus(status).label) if status in TemplateStatus.values else status


def _moment(text: str) -> str:
    at = timezone.localtime(datetime.fromisoformat(text))
    return dates.written(at.replace(tzinfo=None), "j N, H:i")
