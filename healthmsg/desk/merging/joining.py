"""
Puts two records of one patient together, and parts them again; nothing is lost either way.

NotMerged: nothing was changed
├── NotProven   the second identifier does not fit both
├── NotAlike    the records contradict each other, or one is not in a state for it
├── WasDeleted  there is nobody left to part
└── BothCome    both have the very same visit
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from healthmsg.clinic.admin.search import days_of
from healthmsg.clinic.folding import latin_digits
from healthmsg.clinic.models import Appointment, Contact, Patient, PatientState, Sex, StaffUser
from healthmsg.desk.merging import belongings, one_person, permissions
from healthmsg.desk.merging.models import PatientMerge, SuspectedDuplicate
from reminders import patients, registered_twice
from reminders.refusals import NotBooked

# So long a merge can be undone; later too much has happened to one of the two.
UNDONE_WITHIN = timedelta(days=30)
_VISITS, _CONTACTS = "clinic.appointment", "clinic.contact"
_MAY_MEET = (PatientState.ACTIVE, PatientState.PAUSED)


class NotMerged(Exception):
    """The words are for the person at the desk."""


class NotProven(NotMerged):
    def __init__(self) -> None:
        super().__init__(_("This is not the birth date, or the identifier, of both records."))


class NotAlike(NotMerged):
    pass


class WasDeleted(NotMerged):
    def __init__(self) -> None:
        super().__init__(_("It cannot be undone: this patient was deleted for good."))


class BothCome(NotMerged):
    def __init__(self) -> None:
        super().__init__(_("Both records have the very same visit. Cancel one of them first."))


def why_not(kept: Patient, merged: Patient) -> str:
    """Return why these two cannot be put together, "" where they can."""
    if kept.pk == merged.pk or kept.clinic_id != merged.clinic_id:
        return _("These are not two records of one clinic.")
    if kept.birth_date and merged.birth_date and kept.birth_date != merged.birth_date:
        return _("The birth dates differ. Correct the wrong one first, if it is one person.")
    if not {kept.state, merged.state} <= set(_MAY_MEET):
        return _("One of them has died, or is no longer ours.")
    if not any(p.birth_date or p.external_id for p in (kept, merged)):
        return _("Neither record has a birth date or an identifier: enter one first.")
    return ""


@transaction.atomic
def merge(
    kept: Patient, merged: Patient, *, proof: str, by: StaffUser, now: datetime
) -> PatientMerge:
    """
    Put everything of one record to the other.

    :param proof: the birth date or an identifier, as somebody typed it from a paper
    :raises NotMerged: nothing was changed
    """
    kept, merged = _locked(kept, merged)
    if reason := why_not(kept, merged):
        raise NotAlike(reason)
    if not _is_proven(kept, merged, proof, now=now):
        raise NotProven
    visits = one_person.visits_to_lock(merged)
    # Before contacts move: afterwards nothing tells whose number it was.
    lines = permissions.put_together(kept, merged, by=by, now=now)
    contacts, stands_for = belongings.give_contacts(merged, kept)
    moved = belongings.give(merged, kept) | {_CONTACTS: contacts}
    moved[_VISITS] = [_give(visit, kept, stands_for, now) for visit in visits]
    both = [*one_person.records_of(kept), *one_person.records_of(merged)]
    one_person.hold_together(both, by=by, now=now)
    done = PatientMerge.objects.create(
        clinic_id=kept.clinic_id,
        kept=kept,
        merged=merged,
        merged_at=now,
        merged_by=by,
        moved=moved,
        filled=_fill(kept, merged),
        lines=lines,
        has_paused=_pause_too(kept, merged, now),
    )
    _remember_pause(done, merged)
    patients.let_go(merged, reason=_("the same as another record"), now=now)
    patients.replan_future(kept, now=now)
    _settle_suspicion(kept, merged, by, now)
    return done


@transaction.atomic
def undo(done: PatientMerge, *, by: StaffUser, now: datetime) -> bool:
    """
    Part two records again: what was moved goes back, what came since stays.

    :returns: False where it was undone already, or is too long ago
    :raises WasDeleted: nothing was changed
    """
    done = PatientMerge.objects.select_for_update().get(pk=done.pk)
    if done.undone_at is not None or now - done.merged_at > UNDONE_WITHIN:
        return False
    kept, merged = _locked(done.kept, done.merged)
    if kept.erased_at is not None or merged.erased_at is not None:
        raise WasDeleted
    visits = one_person.visits_to_lock(kept).filter(pk__in=done.moved.get(_VISITS, ()))
    patients.take_back(merged, now=now)
    _pause_again(done, merged, now)
    Contact.objects.filter(pk__in=done.moved.get(_CONTACTS, ()), patient=kept).update(
        patient=merged
    )
    by_phone = {c.phone_id: c for c in merged.contacts.all()}
    for visit in visits:
        contact = by_phone.get(visit.contact.phone_id) if visit.contact else None
        registered_twice.give_to(visit, merged, contact, now=now)
    _give_own_contacts(kept, now)
    belongings.take_back(done.moved, kept, merged)
    permissions.part(done.lines, by=by, now=now)
    permissions.keep_noes(kept, merged, since=done.merged_at, by=by)
    _empty(kept, merged, done.filled)
    if done.has_paused:
        patients.resume(kept, now=now)
    done.undone_at, done.undone_by = now, by
    done.save(update_fields=["undone_at", "undone_by"])
    for one in (kept, merged):
        patients.replan_future(one, now=now)
    return True


def _give_own_contacts(kept: Patient, now: datetime) -> None:
    """Visits booked meanwhile may name a contact that went back: they get one of their own."""
    by_phone = {c.phone_id: c for c in kept.contacts.exclude(phone=None)}
    for visit in (
        one_person.visits_to_lock(kept).exclude(contact=None).exclude(contact__patient=kept)
    ):
        contact = by_phone.get(visit.contact.phone_id) if visit.contact else None
        registered_twice.give_to(visit, kept, contact, now=now)


def _locked(one: Patient, other: Patient) -> tuple[Patient, Patient]:
    found = one_person.lock(one, other)
    return found[one.pk], found[other.pk]


def _is_proven(kept: Patient, merged: Patient, proof: str, *, now: datetime) -> bool:
    typed = latin_digits(proof.strip())
    known = {p.birth_date for p in (kept, merged) if p.birth_date}
    if len(known) == 1 and known <= days_of(typed, now=now):
        return True
    return bool(typed) and typed in {latin_digits(p.external_id) for p in (kept, merged)}


def _give(visit: Appointment, kept: Patient, stands_for: dict[int, Contact], now: datetime) -> int:
    contact = stands_for.get(visit.contact_id) if visit.contact_id else None
    try:
        registered_twice.give_to(visit, kept, contact, now=now)
    except NotBooked as refusal:
        raise BothCome from refusal
    return visit.pk


def _fill(kept: Patient, merged: Patient) -> dict[str, Any]:
    """Give the kept record what it did not know; an identifier changes hands."""
    filled: dict[str, Any] = {}
    if kept.birth_date is None and merged.birth_date is not None:
        kept.birth_date, filled["birth_date"] = merged.birth_date, merged.birth_date.isoformat()
    if kept.sex == Sex.UNKNOWN != merged.sex:
        kept.sex, filled["sex"] = merged.sex, merged.sex
    if new := [need for need in merged.needs if need not in kept.needs]:
        kept.needs, filled["needs"] = [*kept.needs, *new], new
    if not kept.external_id and merged.external_id:
        filled["external_id"] = merged.external_id
        Patient.objects.filter(pk=merged.pk).update(external_id="")
        kept.external_id = merged.external_id
    kept.save(update_fields=["birth_date", "sex", "needs", "external_id"])
    return filled


def _empty(kept: Patient, merged: Patient, filled: dict[str, Any]) -> None:
    """Take out again what is still as it was filled in."""
    if filled.get("birth_date") and str(kept.birth_date) == filled["birth_date"]:
        kept.birth_date = None
    if filled.get("sex") and kept.sex == filled["sex"]:
        kept.sex = Sex.UNKNOWN
    kept.needs = [need for need in kept.needs if need not in filled.get("needs", ())]
    identifier = latin_digits(filled.get("external_id", ""))
    if identifier and kept.external_id == identifier:
        kept.external_id = ""
    kept.save(update_fields=["birth_date", "sex", "needs", "external_id"])
    if identifier and not kept.external_id:
        Patient.objects.filter(pk=merged.pk).update(external_id=identifier)


def _pause_too(kept: Patient, merged: Patient, now: datetime) -> bool:
    """Whoever was paused on either record is paused."""
    if merged.state != PatientState.PAUSED or kept.state == PatientState.PAUSED:
        return False
    return patients.pause(kept, until=merged.paused_until, reason=merged.state_reason, now=now)


def _remember_pause(done: PatientMerge, merged: Patient) -> None:
    if merged.state == PatientState.PAUSED:
        until = merged.paused_until.isoformat() if merged.paused_until else ""
        done.filled["pause"] = [until, merged.state_reason]
        done.save(update_fields=["filled"])


def _pause_again(done: PatientMerge, merged: Patient, now: datetime) -> None:
    if "pause" in done.filled:
        until, reason = done.filled["pause"]
        day = date.fromisoformat(until) if until else None
        patients.pause(merged, until=day, reason=reason, now=now)


def _settle_suspicion(kept: Patient, merged: Patient, by: StaffUser, now: datetime) -> None:
    ids = sorted((kept.pk, merged.pk))
    pair = SuspectedDuplicate.objects.filter(one=ids[0], other=ids[1], dismissed_at=None)
    pair.update(dismissed_at=now, dismissed_by=by)
