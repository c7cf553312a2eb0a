"""Everything that happened around a patient, newest first, in one line of time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Appointment, ConsentRecord, Contact, Patient, VisitStatus
from healthmsg.cockpit import owned
from healthmsg.cockpit.belonging import Person
from healthmsg.cockpit.there import there
from healthmsg.desk.unreached.models import UnreachedOutcome
from healthmsg.desk.unreached.shown import told
from reminders.models import CallOutcome
from whatsapp.admin.story import Step, mark_of, steps_of
from whatsapp.models import AlsoAbout, Message, Reply

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

# Each source is read as far back as the page shows.
LINES = 60


@dataclass(frozen=True)
class Entry:
    """One thing that happened."""

    at: datetime
    kind: str  # message, from-patient, permission, visit, call
    what: "_StrOrPromise"
    said: str = ""
    language: str = ""
    mark: str = ""
    link: str = ""
    steps: list[Step] = field(default_factory=list)


def of_patient(patient: Patient, person: Person) -> list[Entry]:
    """Return the last things that happened, newest first; for people who may see details."""
    shared = owned(AlsoAbout.objects.filter(patient=patient), person)
    shared = shared.exclude(message__patient=patient)
    calls = owned(CallOutcome.objects.filter(appointment__patient=patient), person)
    otherwise = UnreachedOutcome.objects.filter(patient=patient)
    # What there seldom is: one question whether there is any.
    found = there({"shared": shared, "calls": calls, "otherwise": otherwise})
    entries = chain(
        _newest(owned(Message.objects.filter(patient=patient), person)),
        _others(shared) if "shared" in found else (),
        _replies(owned(_replies_of(patient), person)),
        _permissions(patient),
        _visits(owned(Appointment.objects.filter(patient=patient), person)),
        _calls(calls) if "calls" in found else (),
        _otherwise(otherwise) if "otherwise" in found else (),
    )
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:LINES]


def of_visit(visit: Appointment) -> list[Entry]:
    """Return what was said about one visit, newest first."""
    own = Message.objects.filter(appointment=visit)
    shared = AlsoAbout.objects.filter(appointment=visit).exclude(message__appointment=visit)
    calls = _calls(CallOutcome.objects.filter(appointment=visit))
    entries = chain(_newest(own), _others(shared), _visit(visit), calls)
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _others(shared: QuerySet[AlsoAbout]) -> Iterator[Entry]:
    """Messages about somebody else too; with OR every message there is would be read."""
    rows = shared.select_related("message").defer("message__clear_payload").order_by("-message_id")
    return (_message(row.message) for row in rows[:LINES])


def _newest(messages: QuerySet[Message]) -> Iterator[Entry]:
    return map(_message, messages.defer("clear_payload").order_by("-created_at")[:LINES])


def _message(message: Message) -> Entry:
    return Entry(
        at=message.created_at,
        kind="message",
        what=_("Message about %(purpose)s") % {"purpose": message.get_purpose_display()},
        said=message.body or removed(message),
        language=message.language.split("_")[0],
        mark=mark_of(message),
        link=reverse("admin:whatsapp_message_change", args=[message.pk]),
        steps=steps_of(message),
    )


def removed(row: Message | Reply) -> str:
    """Return that words went, and when; "" where they did not."""
    if row.words_removed_at is None:
        return ""
    day = formats.date_format(timezone.localtime(row.words_removed_at), "DATE_FORMAT")
    return _("(removed by policy on %(day)s)") % {"day": day}


def _replies_of(patient: Patient) -> QuerySet[Reply]:
    phones = Contact.objects.filter(patient=patient, phone__isnull=False).values("phone_id")
    return Reply.objects.filter(phone__in=phones)


def _replies(replies: QuerySet[Reply]) -> Iterator[Entry]:
    for reply in replies.order_by("-written_at")[:LINES]:
        yield Entry(
            at=reply.written_at,
            kind="from-patient",
            what=_("From their number: %(outcome)s") % {"outcome": reply.get_outcome_display()},
            said=reply.text or removed(reply),
            link=reverse("admin:whatsapp_reply_change", args=[reply.pk]),
        )


def _permissions(patient: Patient) -> Iterator[Entry]:
    lines = ConsentRecord.objects.filter(patient=patient).select_related("recorded_by")
    for line in lines.order_by("-given_at", "-pk")[:LINES]:
        who = f" ({line.recorded_by})" if line.recorded_by else ""
        yield Entry(
            at=line.given_at,
            kind="permission",
            what=_("Permission for %(purpose)s: %(change)s, %(how)s")
            % {
                "purpose": line.get_purpose_display(),
                "change": line.get_change_display(),
                "how": line.get_given_how_display(),
            }
            + who,
        )


def _visits(visits: QuerySet[Appointment]) -> Iterable[Entry]:
    visits = visits.select_related("kind", "site__clinic")
    return chain.from_iterable(map(_visit, visits.order_by("-starts_at")[:LINES]))


def _visit(visit: Appointment) -> Iterator[Entry]:
    link = reverse("admin:clinic_appointment_change", args=[visit.pk])
    when = moment(visit.starts_at, visit)
    yield Entry(visit.booked_at, "visit", _("Booked for %(when)s") % {"when": when}, link=link)
    if visit.answered_at and visit.answer != "NONE":
        words = _("Answer about %(when)s: %(answer)s")
        words %= {"when": when, "answer": visit.get_answer_display()}
        yield Entry(visit.answered_at, "visit", words, link=link)
    if visit.status != VisitStatus.BOOKED:
        words = _("Visit of %(when)s: %(status)s")
        words %= {"when": when, "status": visit.get_status_display()}
        yield Entry(visit.status_changed_at, "visit", words, link=link)


def _calls(calls: QuerySet[CallOutcome]) -> Iterator[Entry]:
    """What came of telephone calls, and who took it back."""
    rows = calls.select_related("called_by", "undone_by", "appointment__site__clinic")
    for call in rows.order_by("-called_at", "-pk")[:LINES]:
        link = reverse("admin:clinic_appointment_change", args=[call.appointment_id])
        when = moment(call.appointment.starts_at, call.appointment)
        words = _("Called about %(when)s: %(outcome)s (%(who)s)")
        told = {"when": when, "outcome": call.get_outcome_display(), "who": call.called_by}
        yield Entry(call.called_at, "call", words % told, link=link)
        if call.undone_at is not None:
            words = _("Taken back: called about %(when)s, %(outcome)s (%(who)s)")
            yield Entry(call.undone_at, "call", words % (told | {"who": call.undone_by}), link=link)


def _otherwise(rows: QuerySet[UnreachedOutcome]) -> Iterator[Entry]:
    """What reached them where WhatsApp does not, and who took it back."""
    rows = rows.select_related("written_by", "undone_by")
    for row in rows.order_by("-happened_on", "-pk")[:LINES]:
        outcome = told(row.how, row.happened_on)
        words = _("Without WhatsApp: %(outcome)s (%(who)s)")
        told_by = {"outcome": outcome, "who": row.written_by}
        yield Entry(row.written_at, "call", words % told_by)
        if row.undone_at is not None:
            words = _("Taken back: without WhatsApp, %(outcome)s (%(who)s)")
            yield Entry(row.undone_at, "call", words % (told_by | {"who": row.undone_by}))


def moment(at: datetime, visit: Appointment) -> str:
    """Return a moment as the clocks at the visit's site show it."""
    local = timezone.localtime(at, visit.site.zone)
    return formats.date_format(local.replace(tzinfo=None), "D, j N Y, H:i")
