"""Why a patient hears from us, and why not: visits, invitations, messages, permissions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Recipient
from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Appointment,
    ConsentRecord,
    Contact,
    Discretion,
    Patient,
    PhoneState,
    Purpose,
)
from healthmsg.cockpit import Tone, mark, owned
from healthmsg.cockpit.belonging import Person
from healthmsg.desk import standing, timeline
from healthmsg.desk.told_why.decision import Decision, in_order
from reminders import last_look
from reminders.timing import local_day
from whatsapp.admin.story import mark_of
from whatsapp.models import Message
from whatsapp.status import Reason, Status

M = TypeVar("M", bound=Model)

# Each sort is read as far back as the page shows.
MOST = 40
_SILENT = {
    PhoneState.WRONG_PERSON: Reason.WRONG_PERSON,
    PhoneState.STOPPED: Reason.ASKED_US_TO_STOP,
}


@dataclass(frozen=True)
class Past:
    """What was decided, newest first, and before when there is more."""

    decisions: list[Decision]
    earlier: datetime | None = None


def decisions(patient: Patient, person: Person, *, before: datetime | None = None) -> Past:
    """Return what was decided about them last, or last before a moment, and the person may see."""
    messages = owned(Message.objects.filter(patient=patient), person)
    visits = owned(Appointment.objects.filter(patient=patient), person)
    # Campaigns that found them, and did not write.
    missed = Recipient.objects.filter(patient=patient).exclude(reason="")
    lines = ConsentRecord.objects.filter(patient=patient)
    found = in_order(
        chain(
            _messages(_newest(messages, "created_at", before)),
            _visits(_newest(visits, "booked_at", before)),
            _invitations(_newest(missed, "run__started_at", before)),
            _permissions(_newest(lines, "given_at", before)),
        )
    )[::-1]
    if len(found) <= MOST:
        return Past(found)
    # Whatever happened at one moment stays together: the next page begins before it.
    last = found[MOST - 1].at
    shown = [one for one in found if one.at >= last]
    return Past(shown, last if len(shown) < len(found) else None)


def _newest(rows: QuerySet[M], column: str, before: datetime | None) -> QuerySet[M]:
    rows = rows if before is None else rows.filter(**{f"{column}__lt": before})
    return rows.order_by(f"-{column}", "-pk")[: MOST + 1]


@dataclass(frozen=True)
class Block:
    """What keeps messages from a patient."""

    reason: Reason
    words: str


def blocked(patient: Patient, *, at: datetime) -> list[Block]:
    """Return what keeps every message from them at a moment; empty where one could go."""
    found = []
    if reason := last_look.of_patient(patient, at=at):
        found.append(Block(reason, str(reason.label)))
    contacts = patient.contacts.order_by("rank", "pk")
    numbered = [one for one in standing.of_contacts(contacts, at=at) if one.phone]
    if not numbered:
        found.append(Block(Reason.NO_NUMBER, _("nobody with a number is entered")))
    day = local_day(at, patient.clinic.zone)
    reasons = [(one, _of_contact(one, day)) for one in numbered]
    if any(reason is None for _contact, reason in reasons):
        return found
    return found + [_in_words(one, reason) for one, reason in reasons if reason]


def _of_contact(contact: Contact, day: date) -> Reason | None:
    """Return why nothing at all may be said to somebody."""
    if contact.until is not None and contact.until < day:
        return Reason.CONTACT_ENDED
    if contact.may_be_told == Discretion.NEVER:
        return Reason.NEVER_BY_MESSAGE
    if contact.phone and contact.phone.state in _SILENT:
        return _SILENT[PhoneState(contact.phone.state)]
    asked = [getattr(contact, f"stands_{one.lower()}") for one in consent.LEDGER_PURPOSES]
    if consent.GRANTED in asked:
        return None
    return last_look.not_granted(getattr(contact, f"stands_{Purpose.APPOINTMENTS.lower()}"))


def _in_words(contact: Contact, reason: Reason) -> Block:
    who = contact.get_relationship_display()
    number = contact.phone.masked if contact.phone else ""
    words = _("%(who)s, %(number)s: %(why)s")
    said = {"who": who, "number": f"\u2066{number}\u2069", "why": reason.label}
    return Block(reason, words % said)


def _messages(rows: QuerySet[Message]) -> Iterator[Decision]:
    for message in rows.defer(*Message.WORDS):
        words = _("Message about %(purpose)s") % {"purpose": message.get_purpose_display()}
        link = reverse("why_message", args=[message.pk])
        is_no = message.status in (Status.WITHHELD, Status.FAILED)
        yield Decision(message.created_at, words, "", mark_of(message), link, is_no)


def _visits(rows: QuerySet[Appointment]) -> Iterator[Decision]:
    for visit in rows.select_related("kind", "site__clinic"):
        words = _("Booked: %(kind)s, %(when)s") % {
            "kind": visit.kind.name,
            "when": timeline.moment(visit.starts_at, visit),
        }
        link = reverse("why_visit", args=[visit.pk])
        yield Decision(
            visit.booked_at, words, "", mark(visit.get_status_display(), Tone.QUIET), link
        )


def _invitations(rows: QuerySet[Recipient]) -> Iterator[Decision]:
    for row in rows.select_related("run__campaign"):
        words = _("Not invited by the campaign “%(campaign)s”")
        words %= {"campaign": row.run.campaign.name}
        because = str(Reason(row.reason).label)
        yield Decision(
            row.run.started_at, words, because, mark(_("not sent"), Tone.QUIET), is_no=True
        )


def _permissions(lines: QuerySet[ConsentRecord]) -> Iterator[Decision]:
    for line in lines.select_related("recorded_by"):
        words = _("Permission for %(purpose)s: %(change)s") % {
            "purpose": line.get_purpose_display(),
            "change": line.get_change_display(),
        }
        who = f", {line.recorded_by}" if line.recorded_by else ""
        yield Decision(line.given_at, words, f"{line.get_given_how_display()}{who}")
