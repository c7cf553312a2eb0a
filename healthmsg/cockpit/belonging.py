"""Whose rows a person may see: every query for somebody starts from their clinics."""

from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet

from healthmsg.clinic.models import Clinic, StaffUser

M = TypeVar("M", bound=Model)
Person = StaffUser | AnonymousUser

# How a row without a clinic of its own comes to one.
_PATHS = {
    "clinic.clinic": "pk",
    "clinic.contact": "patient__clinic",
    "clinic.immunisation": "patient__clinic",
    "clinic.patienttag": "patient__clinic",
    "clinic.closingday": "site__clinic",
    "clinic.staffuser": "clinics",
    "clinic.visitpreparation": "kind__clinic",
    "whatsapp.account": "senders__clinic",
    "whatsapp.attempt": "message__clinic",
    "whatsapp.binding": "account__senders__clinic",
    "whatsapp.breaker": "sender__clinic",
    "whatsapp.portfolio": "accounts__senders__clinic",
    "whatsapp.suppression": "sender__clinic",
    "whatsapp.draftbutton": "draft__account__senders__clinic",
    "whatsapp.template": "account__senders__clinic",
    "whatsapp.templatedraft": "account__senders__clinic",
    "whatsapp.templateversion": "template__account__senders__clinic",
    "reminders.reminder": "appointment__clinic",
    "campaigns.daycount": "campaign__clinic",
    "campaigns.declinedtopic": "patient__clinic",
    "campaigns.freeslots": "campaign__clinic",
    "campaigns.listentry": "patient_list__clinic",
    "campaigns.prioritygroup": "campaign__clinic",
    "campaigns.recipient": "run__campaign__clinic",
    "campaigns.run": "campaign__clinic",
    "campaigns.scheduledose": "schedule__clinic",
}


_TO_MANY = {path for path in _PATHS.values() if "senders" in path or path == "clinics"}


def clinics_of(person: Person) -> QuerySet[Clinic]:
    """Return the clinics somebody works for; all of them for a superuser."""
    if person.is_superuser:
        return Clinic.objects.all()
    if isinstance(person, StaffUser):
        return person.clinics.all()
    return Clinic.objects.none()


def owned(rows: QuerySet[M], person: Person) -> QuerySet[M]:
    """Return those rows that belong to the person's clinics; rows of no clinic pass."""
    path = path_of(rows.model)
    if person.is_superuser or not path:
        return rows
    mine = _clinic_ids(person)
    if path in _TO_MANY:
        # A join through many rows would repeat what it finds.
        found = rows.model._default_manager.filter(**{f"{path}__in": mine})
        return rows.filter(pk__in=found.values("pk"))
    # Equality, where there is one, lets an index that begins with the clinic keep its order.
    return rows.filter(**({path: mine[0]} if len(mine) == 1 else {f"{path}__in": mine}))


def speaks_for(person: Person, clinics: QuerySet[Clinic]) -> bool:
    """True where somebody works for each of these clinics: what reaches all is theirs to stop."""
    return person.is_superuser or not clinics.exclude(pk__in=_clinic_ids(person)).exists()


def countries_of(person: Person) -> set[str]:
    """Return the countries in which the person's clinics dial."""
    return set(clinics_of(person).values_list("country", flat=True))


def sees_details(person: Person) -> bool:
    """True where names, numbers and words may be shown."""
    return person.has_perm("clinic.view_patient_details")


def _clinic_ids(person: Person) -> list[int]:
    # Asked many times for one page; the person is read anew for each request.
    known: list[int] | None = getattr(person, "_clinic_ids", None)
    if known is None:
        known = list(clinics_of(person).order_by("pk").values_list("pk", flat=True))
        person._clinic_ids = known  # type: ignore[union-attr]
    return known


def path_of(model: type[Model]) -> str:
    """Return the look-up from a row to its clinic, "" where it has none."""
    if path := _PATHS.get(model._meta.label_lower):
        return path
    try:
        model._meta.get_field("clinic")
    except FieldDoesNotExist:
        return ""
    return "clinic"
