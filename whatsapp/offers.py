"""Offers that somebody stopped in WhatsApp itself: what that takes back, and what goes on."""

from datetime import datetime

from healthmsg.clinic import consent, number_lines
from healthmsg.clinic.models import Change, ConsentRecord, GivenHow, Patient, Phone, Purpose
from whatsapp.models import Category, Message
from whatsapp.status import Status

# Of these a patient is told by marketing templates only, where Meta says so.
MAY_BE_MARKETING = (Purpose.PREVENTION, Purpose.INFORMATION)


def withdraw(phone: Phone, *, now: datetime, also: tuple[Purpose, ...] = ()) -> list[ConsentRecord]:
    """
    Write down that somebody stopped offers in WhatsApp itself; appointments go on.

    Twice is once: what is withdrawn already gets no further line.

    :returns: the lines that were written
    """
    evidence = consent.Evidence(GivenHow.META_PREFERENCE)
    purposes = (Purpose.MARKETING, *also)
    written = []
    for row in number_lines.rows_of(phone):
        # The patients' own lines first: once the number's line stands, it answers for all of them.
        for patient in (*consent.patients_on(row), None):
            open_ones = [p for p in purposes if not _is_withdrawn(patient, row, p)]
            written += consent.withdraw(patient, row, open_ones, evidence=evidence, at=now)
    return written


def sold_to(phone: Phone) -> tuple[Purpose, ...]:
    """Return the purposes of which the phone was last told by a marketing template."""
    return tuple(p for p in MAY_BE_MARKETING if _last_was_marketing(phone, p))


def sold_by(message: Message) -> tuple[Purpose, ...]:
    """Return what a message was for, where it was a marketing template that said it."""
    version = message.template_version
    if version is None or version.template.category != Category.MARKETING:
        return ()
    return tuple(p for p in MAY_BE_MARKETING if p == message.purpose)


def _last_was_marketing(phone: Phone, purpose: Purpose) -> bool:
    told = Message.objects.filter(phone=phone, purpose=purpose, template_version__isnull=False)
    last = (
        told.exclude(status__in=(Status.QUEUED, Status.WITHHELD))
        .order_by("-created_at", "-pk")
        .values_list("template_version__template__category", flat=True)
    )
    return last.first() == Category.MARKETING


def _is_withdrawn(patient: Patient | None, phone: Phone, purpose: Purpose) -> bool:
    """True where the newest line that counts, of a patient or of the number itself, is a stop."""
    lines = ConsentRecord.objects.filter(patient=patient, phone=phone, purpose=purpose)
    newest = (
        lines.exclude(change=Change.ENTERED_IN_ERROR)
        .filter(consentrecord=None)  # no other line says that it was entered by mistake
        .order_by("-given_at", "-pk")
        .first()
    )
    return newest is not None and newest.change == Change.WITHDRAWN
