"""Hundreds of visits at once, each with a reminder that is written and not yet queued."""

import itertools
import uuid
from datetime import date, datetime, timedelta

from healthmsg.clinic import consent
from healthmsg.clinic.models import Appointment, Clinic, Contact, GivenHow, Patient, Phone, Purpose
from reminders.models import Reminder, ReminderRule, ReminderStatus
from tests import factories, said
from whatsapp.models import Message, Sender
from whatsapp.sandbox.behaviours import SUFFIX_OF

# Soon: whoever could not be told is to be called at once.
VISIT_IN = timedelta(hours=6)
# Most read, some write back, some phones are off.
PATIENTS = ("reads", "reads", "reads", "asks", "reads", "off", "reads", "no_read_receipts")


def booked(sender: Sender, rule: ReminderRule, count: int, *, now: datetime) -> list[Message]:
    """Return the messages; call it in a transaction."""
    visits = _visits(sender.clinic, _contacts(sender.clinic, count, now), now)
    messages = Message.objects.bulk_create(_messages(sender, visits, now))
    Reminder.objects.bulk_create(
        _reminder(rule, visit, message, now)
        for visit, message in zip(visits, messages, strict=True)
    )
    return messages


def _contacts(clinic: Clinic, count: int, now: datetime) -> list[Contact]:
    numbers = [_number_that(PATIENTS[n % len(PATIENTS)]) for n in range(count)]
    phones = Phone.objects.bulk_create(Phone(clinic=clinic, number=number) for number in numbers)
    patients = Patient.objects.bulk_create(
        Patient(clinic=clinic, given_name="Ana", family_name="Paz", birth_date=date(1980, 1, 1))
        for _ in phones
    )
    evidence, asked_at = consent.Evidence(GivenHow.AT_DESK), now - timedelta(days=1)
    for patient, phone in zip(patients, phones, strict=True):
        consent.grant(patient, phone, (Purpose.APPOINTMENTS,), evidence=evidence, at=asked_at)
    return Contact.objects.bulk_create(
        Contact(patient=patient, name="Ana", language="es", phone=phone)
        for patient, phone in zip(patients, phones, strict=True)
    )


def _visits(clinic: Clinic, contacts: list[Contact], now: datetime) -> list[Appointment]:
    site, kind = factories.make_site(clinic), factories.make_kind(clinic)
    return Appointment.objects.bulk_create(
        Appointment(
            clinic=clinic,
            patient=contact.patient,
            contact=contact,
            site=site,
            kind=kind,
            starts_at=now + VISIT_IN,
            ends_at=now + VISIT_IN + kind.length,
            status_changed_at=now,
            booked_at=now,
        )
        for contact in contacts
    )


def _messages(sender: Sender, visits: list[Appointment], now: datetime) -> list[Message]:
    # What the sandbox knows how to read is written down once, in the factories.
    pattern = factories.make_message(
        sender, visits[0].patient, send_after=None, created_at=now, expires_at=now
    )
    pattern.delete()
    return [
        Message(
            clinic=sender.clinic,
            sender=sender,
            phone=visit.contact.phone,
            contact=visit.contact,
            patient=visit.patient,
            appointment=visit,
            appointment_version=visit.version,
            appointment_status=visit.status,
            lane=pattern.lane,
            purpose=pattern.purpose,
            **said.words("", pattern.payload, uuid.uuid4()),
            template_version=pattern.template_version,
            dedupe_key=f"chaos:{uuid.uuid4()}",
            created_at=now,
            expires_at=now,
        )
        for visit in visits
        if visit.contact is not None and visit.contact.phone is not None
    ]


def _reminder(rule: ReminderRule, visit: Appointment, message: Message, now: datetime) -> Reminder:
    return Reminder(
        appointment=visit,
        version=visit.version,
        rule=rule,
        starts_at=visit.starts_at,
        site=visit.site,
        due_at=now,
        useful_until=now + VISIT_IN,
        status=ReminderStatus.QUEUED,
        message=message,
        planned_at=now,
        changed_at=now,
    )


_place = itertools.count(uuid.uuid4().int % 10**6)


def _number_that(behaviour: str) -> str:
    """Return a number nobody has yet: those drawn by chance meet sooner than one thinks."""
    return f"+54911{next(_place) % 10**6:06d}{SUFFIX_OF[behaviour]}"
