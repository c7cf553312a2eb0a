"""Whose rows a person may see: every query for somebody starts from their clinics."""

from typing import TypeVar

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from healthmsg.clinic.models import Clinic, Purpose, StaffUser

M = TypeVar("M", bound=Model)
Person = StaffUser | AnonymousUser

# How a row without a clinic of its own comes to one.
_PATHS = {
    "clinic.clinic": "pk",
    "clinic.auditline": "clinic_id",
    "clinic.contact": "patient__clinic",
    "clinic.immunisation": "patient__clinic",
    "clinic.legalhold": "patient__clinic",
    "clinic.patienttag": "patient__clinic",
    "clinic.closingday": "site__clinic",
    "clinic.leave": "clinician__clinic",
    "clinic.workinghours": "clinician__clinic",
    "clinic.staffuser": "clinics",
    "clinic.visitpreparation": "kind__clinic",
    "whatsapp.account": "senders__clinic",
    "whatsapp.alsoabout": "message__clinic",
    "whatsapp.attempt": "message__clinic",
    "whatsapp.binding": "account__senders__clinic",
    "whatsapp.breaker": "sender__clinic",
    "whatsapp.answer": "thread__clinic",
    "whatsapp.inboundfile": "reply__clinic",
    "whatsapp.threadline": "thread__clinic",
    "whatsapp.portfolio": "accounts__senders__clinic",
    "whatsapp.suppression": "sender__clinic",
    "whatsapp.draftbutton": "draft__account__senders__clinic",
    "whatsapp.template": "account__senders__clinic",
    "whatsapp.templatedraft": "account__senders__clinic",
    "whatsapp.templateversion": "template__account__senders__clinic",
    "desk.affectedvisit": "cancelled_list__clinic",
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


# What happens at one site, for people who are limited to some; the rest is the whole clinic's.
_SITES = {
    "clinic.site": "pk",
    "clinic.appointment": "site",
    "clinic.closingday": "site",
    "clinic.workinghours": "site",
    "desk.cancelledlist": "site",
    "desk.affectedvisit": "appointment__site",
    "whatsapp.thread": "site",
    "whatsapp.threadline": "thread__site",
    "whatsapp.answer": "thread__site",
    "whatsapp.reply": "thread__site",
    "whatsapp.inboundfile": "reply__thread__site",
    "whatsapp.repeatrequest": "reply__thread__site",
    "whatsapp.stopdoubt": "reply__thread__site",
    "whatsapp.numberincident": "reply__thread__site",
    "whatsapp.message": "appointment__site",
    "whatsapp.alsoabout": "appointment__site",
    "whatsapp.attempt": "message__appointment__site",
    "reminders.calloutcome": "appointment__site",
    "reminders.reminder": "appointment__site",
    "reminders.earlierwish": "appointment__site",
    "reminders.freedslot": "site",
}
# These may be about no visit, and then are for everybody.
_OF_NO_SITE = {
    "desk.cancelledlist": "site",
    "whatsapp.thread": "site",
    "whatsapp.threadline": "thread__site",
    "whatsapp.answer": "thread__site",
    "whatsapp.reply": "thread__site",
    "whatsapp.inboundfile": "reply__thread__site",
    "whatsapp.repeatrequest": "reply__thread__site",
    "whatsapp.stopdoubt": "reply__thread__site",
    "whatsapp.numberincident": "reply__thread__site",
    "whatsapp.message": "appointment",
    "whatsapp.alsoabout": "appointment",
    "whatsapp.attempt": "message__appointment",
}

_TO_MANY = {path for path in _PATHS.values() if "senders" in path or path == "clinics"}


def clinics_of(person: Person) -> QuerySet[Clinic]:
    """Return the clinics somebody works for; all of them for a superuser."""
    if person.is_superuser:
        return Clinic.objects.all()
    if isinstance(person, StaffUser):
        return person.clinics.all()
    return Clinic.objects.none()


def first_clinic_of(person: Person) -> Clinic | None:
    """Return the clinic by whose clocks a person is shown times."""
    if person.is_superuser:
        return clinics_of(person).order_by("pk").first()
    found = known_clinics(person)
    return found[0] if found else None


def owned(rows: QuerySet[M], person: Person) -> QuerySet[M]:
    """Return those rows that belong to the person's clinics and sites; rows of no clinic pass."""
    path = path_of(rows.model)
    if person.is_superuser or not path:
        return rows
    mine = _clinic_ids(person)
    if path in _TO_MANY:
        # A join through many rows would repeat what it finds.
        found = rows.model._default_manager.filter(**{f"{path}__in": mine})
        return rows.filter(pk__in=found.values("pk"))
    # Equality, where there is one, lets an index that begins with the clinic keep its order.
    rows = rows.filter(**({path: mine[0]} if len(mine) == 1 else {f"{path}__in": mine}))
    return _at_sites(rows, sites_of(person))


def sites_of(person: Person) -> tuple[int, ...]:
    """Return the keys of the sites somebody is limited to; none of them means all sites."""
    if person.is_superuser or not isinstance(person, StaffUser):
        return ()
    known: tuple[int, ...] | None = getattr(person, "_site_ids", None)
    if known is None:
        known = tuple(person.sites.order_by("pk").values_list("pk", flat=True))
        person._site_ids = known  # type: ignore[attr-defined]
    return known


def is_at(person: Person, site_id: int | None) -> bool:
    """True where what happens at a site, or at none, may be shown to somebody."""
    sites = sites_of(person)
    return not sites or site_id is None or site_id in sites


def _at_sites(rows: QuerySet[M], sites: tuple[int, ...]) -> QuerySet[M]:
    label = rows.model._meta.label_lower
    path = _SITES.get(label)
    if not sites or path is None:
        return rows
    here = Q(**{f"{path}__in": sites})
    if label in _OF_NO_SITE:
        here |= Q(**{f"{_OF_NO_SITE[label]}__isnull": True})
    rows = rows.filter(here)
    return rows.exclude(_said_elsewhere(sites)) if label == "whatsapp.message" else rows


def _said_elsewhere(sites: tuple[int, ...]) -> Q:
    """An answer is about no visit, and belongs where its conversation does."""
    # By name: the cockpit stands below whatsapp.
    threads = apps.get_model("whatsapp.Thread")._default_manager
    same = threads.filter(sender=OuterRef("sender"), phone=OuterRef("phone"), site__isnull=False)
    elsewhere = Exists(same.exclude(site__in=sites))
    return Q(elsewhere, appointment=None, purpose=Purpose.REPLY)


def speaks_for(person: Person, clinics: QuerySet[Clinic]) -> bool:
    """True where somebody works for each of these clinics: what reaches all is theirs to stop."""
    return person.is_superuser or not clinics.exclude(pk__in=_clinic_ids(person)).exists()


def works_for_all(person: Person) -> bool:
    """True where somebody works for every clinic of the house; asked for once in a request."""
    known: bool | None = getattr(person, "_works_for_all", None)
    if known is None:
        known = speaks_for(person, Clinic.objects.all())
        person._works_for_all = known  # type: ignore[union-attr]
    return known


def countries_of(person: Person) -> set[str]:
    """Return the countries in which the person's clinics dial."""
    return set(clinics_of(person).values_list("country", flat=True))


def sees_details(person: Person) -> bool:
    """True where names, numbers and words may be shown."""
    return person.has_perm("clinic.view_patient_details")


def known_clinics(person: Person) -> list[Clinic]:
    """Return the clinics of `clinics_of`, oldest first; asked for once in a request."""
    # Asked many times for one page; the person is read anew for each request.
    known: list[Clinic] | None = getattr(person, "_clinics", None)
    if known is None:
        known = list(clinics_of(person).order_by("pk"))
        person._clinics = known  # type: ignore[union-attr]
    return known


def _clinic_ids(person: Person) -> list[int]:
    return [clinic.pk for clinic in known_clinics(person)]


def path_of(model: type[Model]) -> str:
    """Return the look-up from a row to its clinic, "" where it has none."""
    if path := _PATHS.get(model._meta.label_lower):
        return path
    try:
        model._meta.get_field("clinic")
    except FieldDoesNotExist:
        return ""
    return "clinic"
