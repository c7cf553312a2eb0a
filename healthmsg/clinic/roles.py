"""The groups a clinic starts with, and what each may do; later edits in the admin stay."""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.migrations.state import StateApps
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import OfferedPermission

APPS = ("clinic", "whatsapp", "reminders", "campaigns", "desk")


def _may(verbs: str, app: str, *models: str) -> list[str]:
    return [f"{app}.{verb}_{model}" for verb in verbs.split() for model in models]


_LOOK_AROUND = [
    *_may("view", "clinic", "clinic", "site", "clinician", "visitkind", "closingday"),
    *_may("view", "clinic", "workinghours", "leave"),
    *_may("view", "clinic", "patient", "contact", "appointment", "consentrecord", "phone"),
    *_may("view", "whatsapp", "message", "reply", "template", "sender", "thread"),
    *_may("view", "reminders", "reminder", "reminderrule", "earlierwish", "freedslot"),
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
    *_may("change", "whatsapp", "message", "reply", "thread"),
    *_may("view add change delete", "whatsapp", "savedanswer"),
    *_may("change", "reminders", "earlierwish"),
    *_may("view change", "whatsapp", "repeatrequest", "stopdoubt", "numberincident"),
    *_may("view change", "campaigns", "declinedtopic"),
    *_may("change", "desk", "alarm"),
    # Whoever notices something writes it down; who else was there, leads and admins read.
    *_may("add", "desk", "incident"),
    *_may("view", "clinic", "wording"),
    *_may("view", "campaigns", "patientlist", "listentry"),
    *_may("view add change delete", "clinic", "patienttag"),
    *_may("view add change", "clinic", "immunisation"),
    *_may("view", "clinic", "tag", "vaccine"),
]
_SETUP = [
    *_may("add change", "clinic", "site", "clinician", "visitkind", "staffuser", "wording"),
    *_may("add change delete", "clinic", "closingday", "visitpreparation"),
    *_may("add change delete", "clinic", "workinghours", "leave"),
    *_may("view", "clinic", "staffuser", "wording", "closingday", "visitpreparation"),
    *_may("change", "clinic", "clinic"),
    *_may("add change", "reminders", "reminderrule"),
    *_may("change", "whatsapp", "sender", "template"),
    *_may("view change", "whatsapp", "account", "portfolio", "switch", "breaker"),
    *_may("view", "whatsapp", "suppression"),
    *_may("view add change", "whatsapp", "menu"),
    *_may("view add", "whatsapp", "clinicwords"),
    *_may("view add change", "clinic", "tag", "vaccine"),
    *_may("view add change delete", "whatsapp", "binding", "urgentword"),
    *_may("view add change delete", "whatsapp", "templatedraft", "draftbutton", "headerfile"),
    *_may("view", "whatsapp", "notice", "delivery", "templateversion"),
    *_may("view add change delete", "desk", "watcher"),
    *_may("change", "desk", "silence", "standstill", "retentionrule", "incident"),
    *_may("copy erase", "clinic", "patient"),
    "clinic.prove_permission",
    *_may("view add change delete", "clinic", "legalbasis"),
    *_may("view add change", "desk", "import"),
    # Everybody's changes and looks, the clinic's own admins' too.
    *_may("view", "clinic", "auditline"),
    *_may("view", "desk", "removal", "retentionrun"),
]
_SCHEDULES = _may(
    "view", "campaigns", "schedule", "scheduledose", "season", "patientlist", "listentry"
)
_WRITES_SCHEDULES = [
    *_may("add change", "campaigns", "schedule", "scheduledose", "season"),
    *_may("delete", "campaigns", "scheduledose"),
    *_may("view", "clinic", "vaccine"),
]
_CAMPAIGNS = [
    *_SCHEDULES,
    *_may("view add change", "campaigns", "campaign", "audience", "patientlist", "listentry"),
    *_may("delete", "campaigns", "audience", "listentry"),
    *_may("view", "campaigns", "run", "recipient", "rate"),
]
# Writing a campaign, approving it and letting it leave are three people's, where there are three.
_SENDS = ["campaigns.start_campaign", *_may("change", "campaigns", "run")]
_STATES = [
    *_may("view", "clinic", "clinic", "site", "visitkind", "closingday", "workinghours"),
    *_may("view", "whatsapp", "message", "template", "templateversion", "sender", "account"),
    *_may("view", "whatsapp", "portfolio", "switch", "breaker", "sweep"),
    *_may("view", "reminders", "reminderrule"),
    *_may("view", "campaigns", "campaign", "run", "rate"),
    *_may("view", "desk", "alarm"),
]

# What changes many visits, or whole patients, at once.
_LEADS = [
    *_may("view add", "desk", "cancelledlist", "patientmerge"),
    *_may("view", "desk", "incident"),
]

ROLES: dict[str, tuple[str, ...]] = {
    "Reception": tuple(_DESK),
    "Reception lead": (*_DESK, *_LEADS),
    "Clinician": (
        *_LOOK_AROUND,
        "clinic.view_patient_details",
        *_may("change", "clinic", "appointment"),
        *_may("change", "whatsapp", "reply", "thread"),
        *_may("view", "whatsapp", "savedanswer"),
        *_may("add", "desk", "incident"),
        *_may("view change", "whatsapp", "repeatrequest"),
        *_may("view", "campaigns", "campaign", "audience"),
        *_SCHEDULES,
        *_WRITES_SCHEDULES,
        # Nobody else decides who is due for what: whoever runs the clinic writes schedules too, and
        # is given this role as well where they are a clinician.
        "campaigns.approve_schedule",
    ),
    # Writes templates as well; handing them in to WhatsApp is the clinic admin's.
    "Campaign author": (
        *_CAMPAIGNS,
        *_may("view", "whatsapp", "template", "message", "headerfile"),
        *_may("view add change delete", "whatsapp", "templatedraft", "draftbutton"),
    ),
    "Campaign sender": (
        *_SCHEDULES,
        *_may("view", "campaigns", "campaign", "audience", "run", "recipient", "rate"),
        *_may("view", "whatsapp", "template", "message"),
        *_SENDS,
    ),
    "Approver": (
        *_SCHEDULES,
        *_may("view", "campaigns", "campaign", "audience", "patientlist", "run", "recipient"),
        *_may("view", "campaigns", "rate"),
        *_may("view", "whatsapp", "template", "message"),
        "campaigns.approve_campaign",
        *_may("view add change delete", "campaigns", "deputy"),
        *_may("change", "desk", "silence"),
    ),
    "Clinic admin": (
        *_DESK,
        *_LEADS,
        *_SETUP,
        *_CAMPAIGNS,
        *_SENDS,
        *_WRITES_SCHEDULES,
        "campaigns.approve_campaign",
        *_may("view add change delete", "campaigns", "deputy"),
        *_may("add change delete", "campaigns", "rate"),
    ),
    # Sees everything, names too: who cannot see whose permission it was can prove nothing.
    "Auditor": (
        *_LOOK_AROUND,
        *_STATES,
        *_SCHEDULES,
        "clinic.view_patient_details",
        "clinic.prove_permission",
        *_may(
            "view",
            "clinic",
            "auditline",
            "staffuser",
            "wording",
            "legalbasis",
            "patienttag",
            "immunisation",
            "vaccine",
        ),
        *_may("view", "clinic", "tag", "leave", "visitpreparation"),
        *_may("view", "whatsapp", "suppression", "notice", "delivery", "clinicwords", "menu"),
        *_may("view", "whatsapp", "repeatrequest", "stopdoubt", "numberincident", "binding"),
        *_may("view", "whatsapp", "savedanswer", "urgentword", "templatedraft", "headerfile"),
        *_may("view", "campaigns", "audience", "recipient", "declinedtopic", "deputy"),
        *_may("view", "desk", "watcher", "import", "incident", "removal", "retentionrun"),
    ),
    # Sees how everything stands, and of patients that there are some.
    "Support": tuple(_STATES),
}


# A group's name is its key too, and stays English in the database.
_IN_WORDS = {
    "Reception": _("Reception"),
    "Reception lead": _("Reception lead"),
    "Clinician": _("Clinician"),
    "Campaign author": _("Campaign author"),
    "Campaign sender": _("Campaign sender"),
    "Approver": _("Approver"),
    "Clinic admin": _("Clinic admin"),
    "Auditor": _("Auditor"),
    "Support": _("Support"),
}


def in_words(role: str) -> str:
    """Return a role in the reader's language; a group that a clinic made keeps its name."""
    return str(_IN_WORDS.get(role, role))


def install(**signal: Any) -> None:
    """
    Make the groups, and give them what this release has added; after every migrate.

    A permission is given to a role once. What a clinic took away, and a group it deleted, stay so.
    """
    known = signal.get("apps")
    if known is not None and not _is_there(known):
        return
    offered = set(OfferedPermission.objects.values_list("role", "permission"))
    wanted = {(role, one) for role, permissions in ROLES.items() for one in permissions}
    if not wanted - offered:
        return
    for label in APPS:
        create_permissions(apps.get_app_config(label), verbosity=0)
    for role in ROLES:
        new = [one for name, one in sorted(wanted - offered) if name == role]
        _offer(role, new, is_known=any(name == role for name, _one in offered))


@transaction.atomic
def _offer(role: str, permissions: list[str], *, is_known: bool) -> None:
    OfferedPermission.objects.bulk_create(
        OfferedPermission(role=role, permission=one) for one in permissions
    )
    group = Group.objects.filter(name=role).first()
    if group is None and is_known:
        return
    group = group or Group.objects.create(name=role)
    wanted = Q(pk__in=[])
    for one in permissions:
        label, codename = one.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    group.permissions.add(*Permission.objects.filter(wanted))


def _is_there(known: StateApps) -> bool:
    """Say whether the tables stand as far as this: one may migrate back, or one app alone."""
    try:
        known.get_model("clinic", "OfferedPermission")
    except LookupError:
        return False
    return True
