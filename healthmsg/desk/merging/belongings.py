"""What belongs to a patient, and how it is put to another one: nothing is ever deleted."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, Model

from healthmsg.clinic.models import Contact, Patient

# Visits go through booking, contacts by their numbers; the ledger is append-only; a patient's reach
# follows by itself; what must be kept is held on both; what was suspected or put together stays.
_NOT_BY_ITSELF = {
    *("clinic.appointment", "clinic.contact", "clinic.consentrecord", "clinic.reach"),
    "clinic.legalhold",
    *("desk.suspectedduplicate", "desk.patientmerge"),
}


def kinds() -> list[tuple[str, str]]:
    """Return every model with rows of a patient's, and the name of its field."""
    found = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            is_theirs = isinstance(field, ForeignKey) and field.related_model is Patient
            if is_theirs and model._meta.label_lower not in _NOT_BY_ITSELF:
                found.append((model._meta.label_lower, field.name))
    return sorted(found)


def give(giver: Patient, taker: Patient) -> dict[str, list[int]]:
    """
    Put everything of one patient to another; what the other has already stays where it is.

    :returns: by model, the primary keys that changed hands
    """
    moved = {}
    for label, field in kinds():
        manager = apps.get_model(label)._default_manager
        ids = list(manager.filter(**{field: giver}).order_by("pk").values_list("pk", flat=True))
        if taken := _hand_over(label, field, ids, taker):
            moved[label] = taken
    return moved


def take_back(moved: dict[str, list[int]], holder: Patient, owner: Patient) -> None:
    """Give back the rows that are still where they were put."""
    for label, field in kinds():
        manager = apps.get_model(label)._default_manager
        still = manager.filter(pk__in=moved.get(label, ()), **{field: holder})
        _hand_over(label, field, still.order_by("pk").values_list("pk", flat=True), owner)


def give_contacts(giver: Patient, taker: Patient) -> tuple[list[int], dict[int, Contact]]:
    """
    Put contacts to another patient, behind theirs; one on a number they have stays.

    :returns: what moved, and by contact of the giver who stands for it now
    """
    theirs = {c.phone_id: c for c in taker.contacts.all() if c.phone_id is not None}
    last = max((contact.rank for contact in taker.contacts.all()), default=0)
    moved, stands_for = [], {}
    for contact in giver.contacts.order_by("rank", "pk"):
        twin = theirs.get(contact.phone_id) if contact.phone_id else None
        if twin is not None:
            stands_for[contact.pk] = twin
            continue
        last += 1
        contact.patient, contact.rank = taker, last
        contact.save(update_fields=["patient", "rank"])
        moved.append(contact.pk)
        stands_for[contact.pk] = contact
    return moved, stands_for


def _hand_over(label: str, field: str, ids: Iterable[int], taker: Patient) -> list[int]:
    rows = list(ids)
    manager: Any = apps.get_model(label)._default_manager
    try:
        with transaction.atomic():
            manager.filter(pk__in=rows).update(**{field: taker})
    except IntegrityError:
        return [pk for pk in rows if _one(manager, pk, field, taker)]
    return rows


def _one(manager: Any, pk: int, field: str, taker: Model) -> bool:
    try:
        with transaction.atomic():
            return bool(manager.filter(pk=pk).update(**{field: taker}))
    except IntegrityError:
        return False
