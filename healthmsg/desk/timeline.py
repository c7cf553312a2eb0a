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
    kind: str  # message, from-patient, permission, visit
    what: "_StrOrPromise"
    said: str = ""
    language: str = ""
    mark: str = ""
    link: str = ""
    steps: list[Step] = field(default_factory=list)


def of_patient(patient: Patient) -> list[Entry]:
    """Return the last things that happened, newest first; for people who may see details."""
    entries = chain(_messages(patient), _replies(patient), _permissions(patient), _visits(patient))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:LINES]


def of_visit(visit: Appointment) -> list[Entry]:
    """Return what was said about one visit, newest first."""
    own = Message.objects.filter(appointment=visit)
    shared = AlsoAbout.objects.filter(appointment=visit).exclude(message__appointment=visit)
    entries = chain(_newest(own), _newest(_messages_of(shared)), _visit(visit))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _messages(patient: Patient) -> Iterator[Entry]:
    own = Message.objects.filter(patient=patient)
    shared = AlsoAbout.objects.filter(patient=patient).exclude(message__patient=patient)
    return chain(_newest(own), _newest(_messages_of(shared)))


def _messages_of(shared: QuerySet[AlsoAbout]) -> QuerySet[Message]:
    """Two questions instead of one with OR, which would read every message there is."""
    newest = shared.order_by("-message_id").values_list("message_id", flat=True)[:LINES]
    return Message.objects.filter(pk__in=list(newest))


def _newest(messages: QuerySet[Message]) -> Iterator[Entry]:
    return map(_message, messages.defer("payload").order_by("-created_at")[:LINES])


def _message(message: Message) -> Entry:
    return Entry(
        at=message.created_at,
        kind="message",
        what=_("Message about %(purpose)s") % {"purpose": message.get_purpose_display()},
        said=message.body,
        language=message.language.split("_")[0],
        mark=mark_of(message),
        link=reverse("admin:whatsapp_message_change", args=[message.pk]),
        steps=steps_of(message),
    )


def _replies(patient: Patient) -> Iterator[Entry]:
    phones = Contact.objects.filter(patient=patient, phone__isnull=False).values("phone_id")
    for reply in Reply.objects.filter(phone__in=phones).order_by("-written_at")[:LINES]:
        yield Entry(
            at=reply.written_at,
            kind="from-patient",
            what=_("From their number: %(outcome)s") % {"outcome": reply.get_outcome_display()},
            said=reply.text,
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


def _visits(patient: Patient) -> Iterable[Entry]:
    visits = Appointment.objects.filter(patient=patient).select_related("kind", "site__clinic")
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


def moment(at: datetime, visit: Appointment) -> str:
    """Return a moment as the clocks at the visit's site show it."""
    local = timezone.localtime(at, visit.site.zone)
    return formats.date_format(local.replace(tzinfo=None), "D, j N Y, H:i")
