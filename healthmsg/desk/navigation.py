"""The side bar: what somebody may open, grouped as a clinic thinks."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from healthmsg.desk.status import page

# (what it says, icon, model, further query)
GROUPS: tuple[tuple[Any, tuple[tuple[Any, str, str, str], ...]], ...] = (
    (
        _("Today"),
        (
            (_("Visits"), "calendar_month", "clinic.appointment", ""),
            (_("Messages from patients"), "inbox", "whatsapp.thread", ""),
            (_("Waiting list"), "event_upcoming", "reminders.earlierwish", "?ended_at__isempty=1"),
            (_("Repeat prescriptions"), "medication", "whatsapp.repeatrequest", ""),
            (_("May be a stop"), "pan_tool", "whatsapp.stopdoubt", ""),
            (_("Numbers to check"), "person_search", "whatsapp.numberincident", ""),
            (_("Alarms"), "notifications_active", "desk.alarm", ""),
        ),
    ),
    (
        _("Patients"),
        (
            (_("Patients"), "person", "clinic.patient", ""),
            (_("Phones"), "call", "clinic.phone", ""),
            (_("Imports"), "upload_file", "desk.import", ""),
        ),
    ),
    (
        _("Messages"),
        (
            (_("Messages"), "chat", "whatsapp.message", ""),
            (_("Campaigns"), "campaign", "campaigns.campaign", ""),
            (_("How campaigns go"), "monitoring", "campaigns.run", ""),
            (_("Audiences"), "groups", "campaigns.audience", ""),
            (_("Deputies of approvers"), "supervisor_account", "campaigns.deputy", ""),
            (_("Lists of patients"), "checklist", "campaigns.patientlist", ""),
            (_("Vaccination schedules"), "calendar_clock", "campaigns.schedule", ""),
            (_("Vaccination seasons"), "date_range", "campaigns.season", ""),
            (_("Declined topics"), "do_not_disturb_on", "campaigns.declinedtopic", ""),
            (_("Rates"), "payments", "campaigns.rate", ""),
        ),
    ),
    (
        _("WhatsApp"),
        (
            (_("Main switches"), "power_settings_new", "whatsapp.switch", ""),
            (_("WhatsApp numbers"), "phone_in_talk", "whatsapp.sender", ""),
            (_("Templates"), "description", "whatsapp.template", ""),
            (_("Drafts of templates"), "draft", "whatsapp.templatedraft", ""),
            (_("Files on top of messages"), "attach_file", "whatsapp.headerfile", ""),
            (_("Saved answers"), "quickreply", "whatsapp.savedanswer", ""),
            (_("Fill-ins"), "edit_note", "whatsapp.binding", ""),
            (_("People stopped at once"), "front_hand", "whatsapp.breaker", ""),
            (_("Stopped by codes"), "person_off", "whatsapp.suppression", ""),
            (_("WhatsApp accounts"), "account_tree", "whatsapp.account", ""),
            (_("Business portfolios"), "business_center", "whatsapp.portfolio", ""),
        ),
    ),
    (
        _("Setup"),
        (
            (_("Clinics"), "local_hospital", "clinic.clinic", ""),
            (_("Sites"), "location_on", "clinic.site", ""),
            (_("Clinicians"), "stethoscope", "clinic.clinician", ""),
            (_("Kinds of visit"), "category", "clinic.visitkind", ""),
            (_("Tags"), "sell", "clinic.tag", ""),
            (_("Vaccines"), "vaccines", "clinic.vaccine", ""),
            (_("Reminder rules"), "schedule", "reminders.reminderrule", ""),
            (_("Automatic texts"), "record_voice_over", "whatsapp.clinicwords", ""),
            (_("Menu for patients"), "list_alt", "whatsapp.menu", ""),
            (_("Wordings of the permission"), "gavel", "clinic.wording", ""),
            (_("Words that need haste"), "e911_emergency", "whatsapp.urgentword", ""),
            (_("Staff"), "badge", "clinic.staffuser", ""),
            (_("Who looked and changed"), "history", "clinic.auditline", ""),
            (_("Incident register"), "report", "desk.incident", ""),
            (_("Certificates of deletion"), "verified", "desk.removal", ""),
            (_("Removals by rules"), "rule", "desk.retentionrun", ""),
            (_("Who is told of alarms"), "contact_emergency", "desk.watcher", ""),
        ),
    ),
    (
        _("Technical"),
        (
            (_("Every message from patients"), "forum", "whatsapp.reply", ""),
            (_("Notices not understood"), "help", "whatsapp.notice", ""),
            (_("Notices as they came"), "mail", "whatsapp.delivery", ""),
        ),
    ),
)

# Pages of the desk's own, behind the lists of their group: title, icon, address, permissions.
_DETAILS = "clinic.view_patient_details"
BESIDE: dict[int, tuple[tuple[Any, str, str, tuple[str, ...]], ...]] = {
    0: (
        (_("Cancelled lists"), "event_busy", "cancelled_lists", ("desk.view_cancelledlist",)),
        (_("Day list"), "print", "day_list", ("clinic.view_appointment", _DETAILS)),
        (_("Why, and why not"), "contact_support", "why", ("whatsapp.view_message",)),
        (_("Report an incident"), "report", "admin:desk_incident_add", ("desk.add_incident",)),
    ),
    1: (
        (_("Registered twice?"), "join", "duplicates", ("desk.add_patientmerge", _DETAILS)),
        (
            _("Not reached by WhatsApp"),
            "phone_disabled",
            "unreached",
            ("clinic.view_patient", _DETAILS),
        ),
    ),
    4: (
        (_("Setup guide"), "checklist_rtl", "setup", ("clinic.change_clinic",)),
        (_("How long things are kept"), "auto_delete", "kept", ("desk.change_retentionrule",)),
    ),
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the side bar without what the person may not look at."""
    today = [
        {
            "title": _("Overview"),
            "icon": "home",
            "link": reverse("overview"),
            "permission": None,
        },
        {
            "title": _("To call"),
            "icon": "call_log",
            "link": reverse("to_call"),
            "permission": None,
        },
    ]
    groups: list[dict[str, Any]] = []
    for place, (title, entries) in enumerate(GROUPS):
        links = [link for entry in entries if (link := _link(request, *entry))]
        links += _beside(request, place)
        groups.append({"title": title, "separator": bool(groups), "items": links})
    if page.may_look(request.user):
        groups[-1]["items"] = [_status(), *groups[-1]["items"]]
    if request.user.has_perm("clinic.view_appointment"):
        groups[0]["items"] = [today[0], *groups[0]["items"][:1], today[1], *groups[0]["items"][1:]]
    else:
        groups[0]["items"] = [today[0], *groups[0]["items"]]
    return [group for group in groups if group["items"]]


def everything(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Show on the admin's first page what the side bar shows, as it is hidden on telephones."""
    return context | {"title": _("Everything"), "groups": navigation(request)}


def _beside(request: HttpRequest, place: int) -> list[dict[str, Any]]:
    return [
        {"title": title, "icon": icon, "link": reverse(name), "permission": None}
        for title, icon, name, permissions in BESIDE.get(place, ())
        if request.user.has_perms(permissions)
    ]


def _status() -> dict[str, Any]:
    return {
        "title": _("How everything stands"),
        "icon": "monitor_heart",
        "link": reverse("status"),
        "permission": None,
    }


def _link(request: HttpRequest, title: Any, icon: str, model: str, query: str) -> Any:
    rows = admin.site.get_model_admin(apps.get_model(model))
    if not rows.has_view_permission(request):
        return None
    link = reverse(f"admin:{rows.opts.app_label}_{rows.opts.model_name}_changelist")
    return {"title": title, "icon": icon, "link": link + query, "permission": None}
