"""Why a patient hears from us, and why not: visits, invitations, messages, permissions."""

from collections.abc import Iterator
from itertools import chain

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Recipient
from healthmsg.clinic.models import Appointment, ConsentRecord, Patient, PatientState
from healthmsg.cockpit import Tone, mark, owned
from healthmsg.cockpit.belonging import Person
from healthmsg.desk import timeline
from healthmsg.desk.told_why.decision import Decision, in_order
from whatsapp.admin.story import mark_of
from whatsapp.models import Message
from whatsapp.status import Reason, Status

# Of each sort, the newest.
MOST = 40


def decisions(patient: Patient, person: Person) -> list[Decision]:
    """Return what was decided about them and the person may see, newest first."""
    found = in_order(
        chain(
            _messages(owned(Message.objects.filter(patient=patient), person)),
            _visits(owned(Appointment.objects.filter(patient=patient), person)),
            _invitations(patient),
            _permissions(patient),
        )
    )
    return found[::-1][:MOST]


def blocked(patient: Patient) -> list[str]:
    """Return what keeps every message from them, in words; empty where nothing does."""
    found = []
    if patient.state != PatientState.ACTIVE:
        found.append(str(PatientState(patient.state).label))
    contacts = list(patient.contacts.select_related("phone"))
    if not any(contact.phone for contact in contacts):
        found.append(_("nobody with a number is entered"))
    return found


def _messages(rows: QuerySet[Message]) -> Iterator[Decision]:
    rows = rows.defer(*Message.WORDS)
    for message in rows.order_by("-created_at")[:MOST]:
        words = _("Message about %(purpose)s") % {"purpose": message.get_purpose_display()}
        link = reverse("why_message", args=[message.pk])
        is_no = message.status in (Status.WITHHELD, Status.FAILED)
        yield Decision(message.created_at, words, "", mark_of(message), link, is_no)


def _visits(rows: QuerySet[Appointment]) -> Iterator[Decision]:
    rows = rows.select_related("kind", "site__clinic")
    for visit in rows.order_by("-starts_at")[:MOST]:
        words = _("Booked: %(kind)s, %(when)s") % {
            "kind": visit.kind.name,
            "when": timeline.moment(visit.starts_at, visit),
        }
        link = reverse("why_visit", args=[visit.pk])
        yield Decision(
            visit.booked_at, words, "", mark(visit.get_status_display(), Tone.QUIET), link
        )


def _invitations(patient: Patient) -> Iterator[Decision]:
    """Campaigns that found them, and did not write."""
    rows = Recipient.objects.filter(patient=patient).exclude(reason="")
    for row in rows.select_related("run__campaign").order_by("-pk")[:MOST]:
        words = _("Not invited by the campaign “%(campaign)s”")
        words %= {"campaign": row.run.campaign.name}
        because = str(Reason(row.reason).label)
        yield Decision(
            row.run.started_at, words, because, mark(_("not sent"), Tone.QUIET), is_no=True
        )


def _permissions(patient: Patient) -> Iterator[Decision]:
    lines = ConsentRecord.objects.filter(patient=patient).select_related("recorded_by")
    for line in lines.order_by("-given_at", "-pk")[:MOST]:
        words = _("Permission for %(purpose)s: %(change)s") % {
            "purpose": line.get_purpose_display(),
            "change": line.get_change_display(),
        }
        who = f", {line.recorded_by}" if line.recorded_by else ""
        yield Decision(line.given_at, words, f"{line.get_given_how_display()}{who}")
