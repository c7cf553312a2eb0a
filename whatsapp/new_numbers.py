"""Enters the number somebody has now, and takes over what they allowed and stopped on the old."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from healthmsg.clinic import both_forms, consent, number_lines, typed_numbers
from healthmsg.clinic.models import Contact, GivenHow, Patient, Phone, Purpose
from whatsapp import incidents
from whatsapp.models import IncidentEnd, NumberIncident


@dataclass(frozen=True)
class NewNumber:
    """What reception was told: which number, whose, and what may be written to it."""

    number: str  # E.164
    contacts: tuple[Contact, ...]
    purposes: tuple[Purpose, ...]
    evidence: consent.Evidence


@transaction.atomic
def enter(incident: NumberIncident, told: NewNumber, *, key: str, now: datetime) -> Phone:
    """
    Reach these contacts on another number from now on; the old one stays stopped.

    What they allowed is written down as they said it today. What the old number itself had stopped
    is stopped on the new one: changing numbers is no yes.

    :param key: of the hashes that deleted numbers are remembered by
    """
    old, clinic = incident.phone, incident.clinic
    phone = typed_numbers.take(clinic, told.number, key=key, now=now)
    stopped = number_lines.withdrawn(old)
    if stopped:
        moved = consent.Evidence(GivenHow.BY_RULE, recorded_by=told.evidence.recorded_by)
        open_ones = sorted(stopped.keys() - number_lines.withdrawn(phone).keys())
        consent.withdraw(None, phone, open_ones, evidence=moved, at=now)
    for contact in told.contacts:
        _move(contact, phone)
    allowed = [purpose for purpose in told.purposes if purpose not in stopped]
    for patient in _patients(told.contacts):
        consent.grant(patient, phone, allowed, evidence=told.evidence, at=now)
    consent.let_state_follow(phone, now)
    both_forms.hold_on([phone], now=now)
    incidents.settle(old.pk, IncidentEnd.NEW_NUMBER, by=told.evidence.recorded_by, now=now)
    return phone


def had_allowed(phone: Phone, *, at: datetime) -> tuple[Purpose, ...]:
    """Return what somebody on the number had allowed, and nobody has taken back."""
    asked = [(purpose, at) for purpose in consent.LEDGER_PURPOSES]
    each = [consent.standings(patient, phone, asked) for patient in consent.patients_on(phone)]
    return tuple(
        purpose
        for number, purpose in enumerate(consent.LEDGER_PURPOSES)
        if any(answers[number] == consent.GRANTED for answers in each)
    )


def _move(contact: Contact, phone: Phone) -> None:
    """One contact to a patient and number: where there is one already, the old one has none."""
    known = Contact.objects.filter(patient=contact.patient_id, phone=phone).exclude(pk=contact.pk)
    Contact.objects.filter(pk=contact.pk).update(phone=None if known.exists() else phone)


def _patients(contacts: Iterable[Contact]) -> list[Patient]:
    ids = {contact.patient_id for contact in contacts}
    return list(Patient.objects.filter(pk__in=ids).order_by("pk"))
