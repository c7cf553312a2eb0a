"""The groups a clinic starts with, and what each may do; later edits in the admin stay."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

APPS = ("clinic", "whatsapp", "reminders", "campaigns", "desk")


def _may(verbs: str, app: str, *models: str) -> list[str]:
    return [f"{app}.{verb}_{model}" for verb in verbs.split() for model in models]


_LOOK_AROUND = [
    *_may("view", "clinic", "clinic", "site", "clinician", "visitkind", "closingday"),
    *_may("view", "clinic", "patient", "contact", "appointment", "consentrecord", "phone"),
    *_may("view", "whatsapp", "message", "reply", "template", "sender"),
    *_may("view", "reminders", "reminder", "reminderrule"),
    *_may("view", "desk", "alarm"),
]
_DESK = [
    *_LOOK_AROUND,
    "clinic.view_patient_details",
    "clinic.overbook",
    *_may("add change", "clinic", "patient", "contact", "appointment"),
    *_may("delete", "clinic", "contact"),
    *_may("add", "clinic", "consentrecord"),
    *_may("change", "clinic", "phone"),
    *_may("change", "whatsapp", "message", "reply"),
    *_may("change", "desk", "alarm"),
    *_may("view", "clinic", "wording"),
    *_may("view", "campaigns", "patientlist", "listentry"),
    *_may("view add change delete", "clinic", "patienttag"),
    *_may("view add change", "clinic", "immunisation"),
    *_may("view", "clinic", "tag", "vaccine"),
]
_SETUP = [
    *_may("add change", "clinic", "site", "clinician", "visitkind", "staffuser", "wording"),
    *_may("add change delete", "clinic", "closingday", "visitpreparation"),
    *_may("view", "clinic", "staffuser", "wording", "closingday", "visitpreparation"),
    *_may("change", "clinic", "clinic"),
    *_may("add change", "reminders", "reminderrule"),
    *_may("change", "whatsapp", "sender", "template"),
    *_may("view change", "whatsapp", "account", "portfolio", "switch", "breaker"),
    *_may("view", "whatsapp", "suppression"),
    *_may("view add change", "clinic", "tag", "vaccine"),
    *_may("view add change delete", "whatsapp", "binding"),
    *_may("view", "whatsapp", "notice", "delivery", "templateversion"),
    *_may("view add change delete", "desk", "watcher"),
    *_may("change", "desk", "silence"),
]
_CAMPAIGNS = [
    *_may("view add change", "campaigns", "campaign", "audience", "patientlist", "listentry"),
    *_may("delete", "campaigns", "audience", "listentry"),
    *_may("view", "campaigns", "run", "recipient", "rate"),
    *_may("change", "campaigns", "run"),
    "campaigns.start_campaign",
]

ROLES: dict[str, tuple[str, ...]] = {
    "Reception": tuple(_DESK),
    "Clinician": (
        *_LOOK_AROUND,
        "clinic.view_patient_details",
        *_may("change", "clinic", "appointment"),
        *_may("change", "whatsapp", "reply"),
    ),
    "Campaign author": (*_CAMPAIGNS, *_may("view", "whatsapp", "template", "message")),
    "Approver": (
        *_may("view", "campaigns", "campaign", "audience", "patientlist", "run", "recipient"),
        *_may("view", "campaigns", "rate"),
        *_may("view", "whatsapp", "template", "message"),
        "campaigns.approve_campaign",
        *_may("view add change delete", "campaigns", "deputy"),
        *_may("change", "desk", "silence"),
    ),
    "Clinic admin": (
        *_DESK,
        *_SETUP,
        *_CAMPAIGNS,
        "campaigns.approve_campaign",
        *_may("view add change delete", "campaigns", "deputy"),
        *_may("add change delete", "campaigns", "rate"),
    ),
}


def install(**_signal: Any) -> None:
    """Make the groups that do not exist yet; runs after every migrate, once for the clinic app."""
    if Group.objects.filter(name__in=ROLES).count() == len(ROLES):
        return
    for label in APPS:
        create_permissions(apps.get_app_config(label), verbosity=0)
    for name, permissions in ROLES.items():
        _install(name, permissions)


@transaction.atomic
def _install(name: str, permissions: Iterable[str]) -> None:
    group, is_new = Group.objects.get_or_create(name=name)
    if not is_new:
        return
    wanted = Q()
    for permission in permissions:
        label, codename = permission.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    group.permissions.set(Permission.objects.filter(wanted))
