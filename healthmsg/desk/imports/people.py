"""Patients, whom to write to about them, and what they have allowed."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from healthmsg.clinic import brought
from healthmsg.clinic.brought import Ledger, Said, Weight
from healthmsg.clinic.consent import LEDGER_PURPOSES
from healthmsg.clinic.models import (
    Appointment,
    Change,
    Contact,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    Relationship,
    Site,
    VisitStatus,
)
from healthmsg.desk.imports import cells, vocabulary
from healthmsg.desk.imports.lines import PatientLine
from healthmsg.desk.imports.models import Outcome
from healthmsg.desk.imports.reasons import Reason
from healthmsg.desk.imports.verdicts import Batch, Verdict

_OF_PATIENT = ("given_name", "family_name", "birth_date", "sex")
_SAYS = {
    vocabulary.YES: Change.GRANTED,
    vocabulary.NO: Change.DECLINED,
    vocabulary.STOP: Change.WITHDRAWN,
}
_NOTED = {
    Weight.STOP_STANDS: Reason.STOP_STANDS,
    Weight.NO_STANDS: Reason.NO_STANDS,
    Weight.YES_SINCE: Reason.YES_SINCE,
    Weight.MARKED_MISTAKE: Reason.MARKED_MISTAKE,
}


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
    touched_patients: dict[str, Patient] = field(default_factory=dict)
    # By identity: most of them have no key of their own yet.
    touched_contacts: dict[int, Contact] = field(default_factory=dict)
    said: list[tuple[Patient, Phone, Purpose, Change, PatientLine]] = field(default_factory=list)


def look(lines: list[PatientLine], batch: Batch) -> list[Verdict]:
    """Say what becomes of each row; nothing is written."""
    house = _around(lines, batch)
    return [_one(line, house, batch) for line in lines]


def write(lines: list[PatientLine], batch: Batch) -> list[Verdict]:
    """Take rows over, as they stand against what is known now; within a transaction."""
    _lock(lines, batch)
    house = _around(lines, batch)
    verdicts = [_one(line, house, batch) for line in lines]
    _save(house, batch)
    return verdicts


def _around(lines: list[PatientLine], batch: Batch) -> Household:
    wanted = {line.identifier for line in lines if line.identifier}
    padded = {one for identifier in wanted for one in batch.with_zeros(identifier)}
    known = Patient.objects.filter(clinic=batch.clinic, external_id__in=wanted | padded)
    by_identifier = {patient.external_id: patient for patient in known}
    patients = {key: one for key, one in by_identifier.items() if key in wanted}
    ids = [patient.pk for patient in patients.values()]
    contacts: dict[str, list[Contact]] = {key: [] for key in wanted}
    names = {patient.pk: key for key, patient in patients.items()}
    rows = Contact.objects.filter(patient__in=ids).select_related("phone").order_by("rank", "pk")
    for contact in rows:
        contacts[names[contact.patient_id]].append(contact)
    numbers = {line.phone for line in lines if line.phone}
    found = Phone.objects.filter(clinic=batch.clinic, number__in=numbers)
    phones = {phone.number: phone for phone in found}
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
    )


def _one(line: PatientLine, house: Household, batch: Batch) -> Verdict:
    verdict = Verdict(line)
    patient = _patient(line, house, batch, verdict)
    if patient is None or verdict.errors:
        return verdict
    contact, anew = _contact(line, patient, house, batch, verdict)
    phone = anew.get("phone") or (contact.phone if contact else None)
    if not verdict.errors:
        _permission(line, patient, phone, house, batch, verdict)
    if not verdict.errors:
        for name, value in anew.items():
            setattr(contact, name, value)
        _keep(line, patient, contact, house, verdict)
    if verdict.outcome == Outcome.NEW:
        verdict.changes = []  # all of it is new
    return verdict


def _patient(line: PatientLine, house: Household, batch: Batch, verdict: Verdict) -> Patient | None:
    identifier = line.identifier or ""
    site = house.sites.get(cells.bare(line.site)) if line.site else None
    if line.site and site is None:
        verdict.refuse("site", Reason.UNKNOWN_SITE)
    patient = house.patients.get(identifier)
    if patient is None:
        return _new_patient(line, site, house, batch, verdict)
    if patient._state.adding:
        # An earlier row brings them: this one is taken over after it.
        verdict.outcome = Outcome.NEW
    for name in _OF_PATIENT:
        said = getattr(line, name)
        if said is not None and said != getattr(patient, name):
            verdict.differs(name)
    if site is not None and site.pk != patient.site_id:
        verdict.differs("site")
    return patient


def _new_patient(
    line: PatientLine, site: Site | None, house: Household, batch: Batch, verdict: Verdict
) -> Patient | None:
    identifier = line.identifier or ""
    verdict.outcome = Outcome.NEW
    if house.padded.intersection(batch.with_zeros(identifier)):
        verdict.refuse("identifier", Reason.LOST_ZEROS)
    if not line.given_name and identifier not in batch.promised:
        verdict.refuse("given_name", Reason.MISSING)
    return Patient(
        clinic=batch.clinic,
        external_id=identifier,
        given_name=line.given_name or "",
        family_name=line.family_name or "",
        birth_date=line.birth_date,
        sex=line.sex or "UNKNOWN",
        site=site,
    )


def _contact(
    line: PatientLine, patient: Patient, house: Household, batch: Batch, verdict: Verdict
) -> tuple[Contact | None, dict[str, Any]]:
    """Return the contact the row speaks of, and what it changes of it; None: it speaks of none."""
    is_self = line.relationship in (None, Relationship.SELF)
    phone = _phone(line, house, batch, verdict)
    known = _known_contact(line, house)
    if known is not None:
        return known, _changes(known, line, phone, verdict)
    if phone is None:
        if not is_self and not verdict.notes:
            verdict.refuse("phone", Reason.MISSING)
        return None, {}
    if not is_self and not line.contact_name:
        verdict.refuse("contact_name", Reason.MISSING)
    verdict.differs("phone")
    others = house.contacts.get(line.identifier or "", [])
    contact = Contact(
        patient=patient,
        name=line.contact_name or line.given_name or patient.given_name,
        relationship=line.relationship or Relationship.SELF,
        language=line.language or batch.clinic.languages[0],
        phone=phone,
        rank=max((one.rank for one in others), default=0) + 1,
    )
    return contact, {}


def _phone(line: PatientLine, house: Household, batch: Batch, verdict: Verdict) -> Phone | None:
    if not line.phone:
        return None
    phone = house.phones.get(line.phone)
    if phone is None:
        return house.phones.setdefault(line.phone, Phone(clinic=batch.clinic, number=line.phone))
    if phone.state == PhoneState.WRONG_PERSON:
        verdict.notes["phone"] = Reason.WRONG_PERSON
        return None
    return phone


def _known_contact(line: PatientLine, house: Household) -> Contact | None:
    contacts = house.contacts.get(line.identifier or "", [])
    for contact in contacts:
        if line.phone and contact.phone is not None and contact.phone.number == line.phone:
            return contact
    who = line.relationship or Relationship.SELF
    for contact in contacts:
        named = who == Relationship.SELF or contact.name == line.contact_name
        if contact.relationship == who and named:
            return contact
    return None


def _changes(
    contact: Contact, line: PatientLine, phone: Phone | None, verdict: Verdict
) -> dict[str, Any]:
    said: dict[str, tuple[str, Any]] = {
        "contact_name": ("name", line.contact_name),
        "relationship": ("relationship", line.relationship),
        "language": ("language", line.language),
        "phone": ("phone", phone),
    }
    anew = {}
    for column, (name, value) in said.items():
        if value is not None and value != getattr(contact, name):
            anew[name] = value
            verdict.differs(column)
    return anew


def _permission(
    line: PatientLine,
    patient: Patient,
    phone: Phone | None,
    house: Household,
    batch: Batch,
    verdict: Verdict,
) -> None:
    if line.permission is None:
        return
    if phone is None:
        if not verdict.notes:
            verdict.refuse("phone", Reason.MISSING)
        return
    change = _SAYS[line.permission]
    if change == Change.GRANTED and line.permission_date is None:
        verdict.refuse("permission_date", Reason.MISSING)
        return
    for purpose in _purposes(line, change):
        said = _said(line, patient, phone, purpose, change, batch)
        weight = house.ledger.weigh(said)
        if weight == Weight.COUNTS:
            verdict.differs("permission")
            house.said.append((patient, phone, purpose, change, line))
        elif weight in _NOTED:
            verdict.notes["permission"] = _NOTED[weight]


def _purposes(line: PatientLine, change: Change) -> tuple[Purpose, ...]:
    """A yes without a purpose is one to appointments alone, a stop or no one to everything."""
    named = line.permission_for or ()
    if vocabulary.ALL in named or (not named and change != Change.GRANTED):
        return LEDGER_PURPOSES
    return tuple(Purpose(one) for one in named) or (Purpose.APPOINTMENTS,)


def _said(
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


def _keep(
    line: PatientLine, patient: Patient, contact: Contact | None, house: Household, verdict: Verdict
) -> None:
    """Remember what a row without errors changes, for the rows after it and for saving."""
    identifier = line.identifier or ""
    house.patients[identifier] = patient
    of_patient = [name for name in verdict.changes if name in _OF_PATIENT]
    for name in of_patient:
        setattr(patient, name, getattr(line, name))
    if "site" in verdict.changes and line.site:
        patient.site = house.sites[cells.bare(line.site)]
    if patient._state.adding or of_patient or "site" in verdict.changes:
        house.touched_patients[identifier] = patient
    if contact is not None:
        known = house.contacts.setdefault(identifier, [])
        if contact not in known:
            known.append(contact)
        if contact._state.adding or verdict.changes:
            house.touched_contacts[id(contact)] = contact
    if patient.pk in house.with_visits and verdict.changes:
        verdict.replan_patient_id = patient.pk


def _lock(lines: list[PatientLine], batch: Batch) -> None:
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


def _save(house: Household, batch: Batch) -> None:
    touched = list(house.touched_patients.values())
    changed = [one for one in touched if not one._state.adding]
    Patient.objects.bulk_create([one for one in touched if one._state.adding])
    Patient.objects.bulk_update(changed, [*_OF_PATIENT, "site"])
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
    for contact in contacts:
        if contact._state.adding:
            contact.patient_id = contact.patient.pk
        contact.phone_id = contact.phone.pk if contact.phone else None
    known = [contact for contact in contacts if not contact._state.adding]
    Contact.objects.bulk_update(known, ["name", "relationship", "language", "phone"])
    Contact.objects.bulk_create([one for one in contacts if one._state.adding])
    said = [
        _said(line, patient, phone, purpose, change, batch)
        for patient, phone, purpose, change, line in house.said
    ]
    brought.write(said, batch.clinic.pk, by=batch.source.approved_by)
