"""What is known around some patients of a file, locked and saved in one order."""

from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection

from healthmsg.clinic import brought, remembered, typed_numbers
from healthmsg.clinic.brought import Ledger, Said
from healthmsg.clinic.models import (
    Appointment,
    Change,
    Contact,
    Patient,
    Phone,
    Purpose,
    Relationship,
    Site,
    VisitStatus,
)
from healthmsg.desk.imports import cells
from healthmsg.desk.imports.lines import PatientLine
from healthmsg.desk.imports.verdicts import Batch

OF_PATIENT = ("given_name", "family_name", "birth_date", "sex")


@dataclass
class Household:
    """What is known around some rows; unsaved rows stand beside saved ones."""

    patients: dict[str, Patient]
    contacts: dict[str, list[Contact]]
    phones: dict[str, Phone]
    sites: dict[str, Site]
    ledger: Ledger
    with_visits: set[int]
    padded: set[str]
    # Identifiers of patients who were deleted on request, and numbers that had stopped before.
    deleted: set[str]
    remembered: set[str]
    touched_patients: dict[str, Patient] = field(default_factory=dict)
    # By identity: most of them have no key of their own yet.
    touched_contacts: dict[int, Contact] = field(default_factory=dict)
    said: list[tuple[Patient, Phone, Purpose, Change, PatientLine]] = field(default_factory=list)


def around(lines: list[PatientLine], batch: Batch) -> Household:
    wanted = {line.identifier for line in lines if line.identifier}
    padded = {one for identifier in wanted for one in batch.with_zeros(identifier)}
    known = Patient.objects.filter(clinic=batch.clinic, external_id__in=wanted | padded)
    # Of empty identifiers the index knows nothing: it is used where they are ruled out.
    known = known.exclude(external_id="")
    by_identifier = {patient.external_id: patient for patient in known}
    patients = {key: one for key, one in by_identifier.items() if key in wanted}
    ids = [patient.pk for patient in patients.values()]
    contacts: dict[str, list[Contact]] = {key: [] for key in wanted}
    names = {patient.pk: key for key, patient in patients.items()}
    rows = Contact.objects.filter(patient__in=ids).select_related("phone").order_by("rank", "pk")
    for contact in rows:
        contacts[names[contact.patient_id]].append(contact)
    numbers = {line.phone for line in lines if line.phone}
    phones = typed_numbers.known(batch.clinic.pk, numbers)
    reached = {c.phone_id for some in contacts.values() for c in some if c.phone_id is not None}
    ahead = Appointment.objects.filter(
        patient__in=ids, starts_at__gt=batch.now, status=VisitStatus.BOOKED
    )
    return Household(
        patients=patients,
        contacts=contacts,
        phones=phones,
        sites={cells.bare(site.name): site for site in Site.objects.filter(clinic=batch.clinic)},
        ledger=Ledger(ids, {phone.pk for phone in phones.values()} | reached),
        with_visits=set(ahead.values_list("patient_id", flat=True)),
        padded=set(by_identifier) - set(patients),
        deleted=remembered.identifiers(batch.clinic.pk, wanted, key=settings.NUMBERS_KEY),
        remembered=set(remembered.stopped(batch.clinic.pk, numbers, key=settings.NUMBERS_KEY)),
    )


def lock(lines: list[PatientLine], batch: Batch) -> None:
    """
    Lock the patients' reach first, in its own order.

    Each statement below makes the database work it out anew for some of them; in another order, two
    who change several patients would wait for each other.
    """
    identifiers = [line.identifier for line in lines if line.identifier]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM clinic_reach reach JOIN clinic_patient patient"
            " ON patient.id = reach.patient_id"
            " WHERE patient.clinic_id = %s AND patient.external_id = ANY(%s)"
            " AND patient.external_id <> '' ORDER BY reach.patient_id FOR UPDATE OF reach",
            [batch.clinic.pk, identifiers],
        )


def save(house: Household, batch: Batch) -> None:
    touched = list(house.touched_patients.values())
    changed = [one for one in touched if not one._state.adding]
    Patient.objects.bulk_create([one for one in touched if one._state.adding])
    Patient.objects.bulk_update(changed, [*OF_PATIENT, "site"])
    contacts = list(house.touched_contacts.values())
    used = {contact.phone.number for contact in contacts if contact.phone}
    new = [
        phone for number, phone in house.phones.items() if phone._state.adding and number in used
    ]
    Phone.objects.bulk_create(new, ignore_conflicts=True)
    ids = dict(
        Phone.objects.filter(
            clinic=batch.clinic, number__in=[phone.number for phone in new]
        ).values_list("number", "pk")
    )
    for phone in new:
        phone.pk, phone._state.adding = ids[phone.number], False
    back = [one for number, one in house.phones.items() if number in house.remembered and one.pk]
    remembered.apply(back, key=settings.NUMBERS_KEY, now=batch.now)
    for contact in contacts:
        if contact._state.adding:
            contact.patient_id = contact.patient.pk
        contact.phone_id = contact.phone.pk if contact.phone else None
    known = [contact for contact in contacts if not contact._state.adding]
    Contact.objects.bulk_update(known, ["name", "relationship", "language", "phone"])
    Contact.objects.bulk_create([one for one in contacts if one._state.adding])
    said = [
        said_of(line, patient, phone, purpose, change, batch)
        for patient, phone, purpose, change, line in house.said
    ]
    brought.write(said, batch.clinic.pk, by=batch.source.approved_by)


def said_of(
    line: PatientLine,
    patient: Patient,
    phone: Phone,
    purpose: Purpose,
    change: Change,
    batch: Batch,
) -> Said:
    day = line.permission_date
    return Said(
        # 0 stands for who is not written down yet; None would be the number itself.
        patient_id=0 if patient._state.adding else patient.pk,
        phone_id=0 if phone._state.adding else phone.pk,
        purpose=purpose,
        change=change,
        at=batch.midnight(day) if day else batch.source.created_at,
        given_by=line.relationship or Relationship.SELF,
        text=line.permission_source or "",
    )
