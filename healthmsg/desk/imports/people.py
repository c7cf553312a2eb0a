"""Patients, whom to write to about them, and what they have allowed."""

from typing import Any

from healthmsg.clinic.brought import Said, Weight
from healthmsg.clinic.consent import LEDGER_PURPOSES
from healthmsg.clinic.models import (
    Change,
    Contact,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    Relationship,
    Site,
)
from healthmsg.clinic.phone import same_number
from healthmsg.desk.imports import cells, households, vocabulary
from healthmsg.desk.imports.households import Household
from healthmsg.desk.imports.lines import PatientLine
from healthmsg.desk.imports.models import Outcome
from healthmsg.desk.imports.reasons import Reason
from healthmsg.desk.imports.verdicts import Batch, Verdict

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


def look(lines: list[PatientLine], batch: Batch) -> list[Verdict]:
    """Say what becomes of each row; nothing is written."""
    house = households.around(lines, batch)
    return [_one(line, house, batch) for line in lines]


def write(lines: list[PatientLine], batch: Batch) -> list[Verdict]:
    """Take rows over, as they stand against what is known now; within a transaction."""
    households.lock(lines, batch)
    house = households.around(lines, batch)
    verdicts = [_one(line, house, batch) for line in lines]
    households.save(house, batch)
    return verdicts


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
    for name in households.OF_PATIENT:
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
    if identifier in house.deleted:
        verdict.refuse("identifier", Reason.WAS_DELETED)
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
        phone = Phone(clinic=batch.clinic, number=line.phone)
        house.phones |= dict.fromkeys(same_number(line.phone), phone)
        return phone
    if phone.state == PhoneState.WRONG_PERSON:
        verdict.notes["phone"] = Reason.WRONG_PERSON
        return None
    return phone


def _known_contact(line: PatientLine, house: Household) -> Contact | None:
    contacts = house.contacts.get(line.identifier or "", [])
    for contact in contacts:
        if line.phone and contact.phone and contact.phone.number in same_number(line.phone):
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
        said = households.said_of(line, patient, phone, purpose, change, batch)
        weight = _weight(said, line, house)
        if weight == Weight.COUNTS:
            verdict.differs("permission")
            house.said.append((patient, phone, purpose, change, line))
        elif weight in _NOTED:
            verdict.notes["permission"] = _NOTED[weight]


def _weight(said: Said, line: PatientLine, house: Household) -> Weight:
    if said.change == Change.GRANTED and line.phone in house.remembered:
        # Whoever had the number was deleted, and what they had stopped stays stopped.
        return Weight.STOP_STANDS
    return house.ledger.weigh(said)


def _purposes(line: PatientLine, change: Change) -> tuple[Purpose, ...]:
    """A yes without a purpose is one to appointments alone, a stop or no one to everything."""
    named = line.permission_for or ()
    if vocabulary.ALL in named or (not named and change != Change.GRANTED):
        return LEDGER_PURPOSES
    return tuple(Purpose(one) for one in named) or (Purpose.APPOINTMENTS,)


def _keep(
    line: PatientLine, patient: Patient, contact: Contact | None, house: Household, verdict: Verdict
) -> None:
    """Remember what a row without errors changes, for the rows after it and for saving."""
    identifier = line.identifier or ""
    house.patients[identifier] = patient
    of_patient = [name for name in verdict.changes if name in households.OF_PATIENT]
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
