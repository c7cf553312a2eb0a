"""Which tables the audit watches and what of them, and why it leaves out all others."""

from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.db.models import Model

INSERT, UPDATE, DELETE = "INSERT", "UPDATE", "DELETE"


@dataclass(frozen=True)
class Watched:
    """What is noted of a table. Columns are the database's, `clinic` and `patient` are look-ups."""

    clinic: str = ""
    patient: str = ""
    # SQL over r, where no look-up leads to one clinic.
    clinic_sql: str = ""
    on: tuple[str, ...] = (INSERT, UPDATE, DELETE)
    # Where programs write most columns: those that people change, and no others.
    only: tuple[str, ...] = ()
    # Changed by programs alone: never noted.
    silent: tuple[str, ...] = ()
    # That it changed is noted, what it was and is never.
    hidden: tuple[str, ...] = ()
    # Words that a rule of retention blanks: the rule notes that it did, and the audit does not keep
    # once more what has just been let go of. Whoever else blanks them is noted.
    let_go: tuple[str, ...] = ()
    # A rule of retention removes whole rows of it, and its removals are no more noted than those.
    goes_by_rule: bool = False
    # SQL over OLD and NEW.
    when: str = ""

    @property
    def names_columns(self) -> bool:
        """True where its trigger names columns, and so stands in the way of altering them."""
        return bool(self.only or self.silent or self.let_go or self.when)


# Of a person who works for one clinic; changes of others are for those who work for all.
_ONE_CLINIC = (
    "(SELECT min(works.clinic_id) FROM clinic_staffuser_clinics works"
    " WHERE works.staffuser_id = {} HAVING count(*) = 1)"
)
_OF_PEOPLE = ("StaffUser_groups", "StaffUser_user_permissions")
# What a machine makes and people only decide about.
_DECIDED = (UPDATE, DELETE)
WATCHED = {
    "auth.Group": Watched(),
    "clinic.Clinic": Watched(clinic="id"),
    "clinic.Site": Watched(),
    "clinic.ClosingDay": Watched(clinic="site__clinic"),
    "clinic.Patient": Watched(patient="id", silent=("state_changed_at",)),
    # It is no one patient's, so there is no key under which its number could be kept.
    "clinic.Phone": Watched(
        on=_DECIDED,
        only=("number", "state", "is_test"),
        hidden=("number", "wa_id", "user_id", "parent_user_id"),
        # Receipts say NEW, REACHED and FAILING by themselves, a million a day.
        when="OLD.number <> NEW.number OR OLD.is_test <> NEW.is_test OR OLD.state <> NEW.state"
        " AND ARRAY[OLD.state, NEW.state] && ARRAY['STOPPED', 'WRONG_PERSON']::varchar[]",
    ),
    "clinic.Contact": Watched(clinic="patient__clinic"),
    "clinic.VisitKind": Watched(),
    "clinic.VisitPreparation": Watched(clinic="kind__clinic"),
    "clinic.Clinician": Watched(),
    "clinic.Appointment": Watched(
        silent=("status_changed_at",),
        let_go=("cancel_reason", "external_id"),
        goes_by_rule=True,
    ),
    "clinic.WorkingHours": Watched(clinic="clinician__clinic"),
    "clinic.Leave": Watched(clinic="clinician__clinic"),
    "clinic.Wording": Watched(),
    "clinic.ConsentRecord": Watched(goes_by_rule=True),
    "clinic.LegalBasis": Watched(),
    "clinic.ConsentEvidence": Watched(
        # Their own keys keep the words; here a number's would stand in clear.
        clinic="record__clinic",
        patient="record__patient",
        hidden=("text", "secret"),
        goes_by_rule=True,
    ),
    "clinic.StaffUser": Watched(
        clinic_sql=_ONE_CLINIC.format("r.id"), silent=("last_login",), hidden=("password",)
    ),
    "clinic.Tag": Watched(),
    "clinic.PatientTag": Watched(clinic="patient__clinic"),
    "clinic.Vaccine": Watched(),
    "clinic.Immunisation": Watched(clinic="patient__clinic"),
    "whatsapp.Portfolio": Watched(only=("name", "held_at", "held_reason"), on=_DECIDED),
    "whatsapp.Account": Watched(
        only=("name", "waba_id", "held_at", "held_reason", "held_until"), on=_DECIDED
    ),
    "whatsapp.Sender": Watched(
        only=(
            *("clinic_id", "account_id", "phone_number_id", "rate_per_second"),
            *("held_at", "held_reason", "held_until"),
        )
    ),
    "whatsapp.Switch": Watched(),
    "whatsapp.HeaderFile": Watched(hidden=("content",)),
    "whatsapp.Template": Watched(
        only=("file_id", "uses_preparation", "held_at", "held_reason"), on=_DECIDED
    ),
    "whatsapp.Binding": Watched(),
    "whatsapp.Stream": Watched(only=("goes_first", "held_at", "held_reason"), on=(UPDATE,)),
    "whatsapp.Menu": Watched(),
    "whatsapp.RepeatRequest": Watched(only=("taken_by_id", "done_by_id"), on=_DECIDED),
    "whatsapp.StopDoubt": Watched(only=("decided_by_id", "was_stop"), on=_DECIDED),
    "whatsapp.TemplateDraft": Watched(silent=("changed_at", "handed_in_until")),
    "whatsapp.DraftButton": Watched(),
    "whatsapp.TemplateSubmission": Watched(),
    "whatsapp.NumberIncident": Watched(
        only=("settled_by_id", "settled_as"), on=_DECIDED, hidden=("new_number",)
    ),
    "whatsapp.Breaker": Watched(
        clinic="sender__clinic", only=("decided_by_id", "was_applied"), on=_DECIDED
    ),
    "whatsapp.Thread": Watched(only=("taken_by_id", "done_by_id"), on=_DECIDED),
    "whatsapp.SavedAnswer": Watched(),
    "whatsapp.UrgentWord": Watched(),
    "whatsapp.ClinicWords": Watched(),
    "reminders.ReminderRule": Watched(),
    "reminders.EarlierWish": Watched(silent=("offers", "last_offer_at"), goes_by_rule=True),
    "campaigns.Schedule": Watched(),
    "campaigns.ScheduleDose": Watched(clinic="schedule__clinic"),
    "campaigns.Season": Watched(),
    "campaigns.PatientList": Watched(
        only=("name", "due_by", "schedule_id", "season_id", "approved_by_id")
    ),
    "campaigns.Audience": Watched(),
    "campaigns.Campaign": Watched(silent=("next_run_at", "not_started_because")),
    "campaigns.Deputy": Watched(),
    "campaigns.PriorityGroup": Watched(clinic="campaign__clinic"),
    "campaigns.FreeSlots": Watched(clinic="campaign__clinic"),
    "campaigns.Rate": Watched(),
    "campaigns.Run": Watched(
        clinic="campaign__clinic",
        only=("campaign_id", "status", "status_reason", "started_by_id", "approved_by_id"),
    ),
    "campaigns.DeclinedTopic": Watched(clinic="patient__clinic"),
    "desk.Alarm": Watched(only=("acknowledged_by_id", "acknowledged_as"), on=_DECIDED),
    "desk.Watcher": Watched(hidden=("secret", "address", "sealed_room")),
    "desk.AskLater": Watched(clinic="patient__clinic"),
    "desk.SuspectedDuplicate": Watched(patient="one", only=("dismissed_by_id",), on=_DECIDED),
    "desk.RetentionRule": Watched(),
    # What people write in it stands in it, and its steps are lines that nobody changes.
    "desk.Incident": Watched(hidden=("story", "consequences")),
    "desk.IncidentPatient": Watched(clinic="incident__clinic"),
    "desk.Silence": Watched(only=("looked_by_id",), on=_DECIDED),
    "desk.Import": Watched(
        only=(
            *("clinic_id", "kind", "state", "is_complete", "date_order"),
            *("created_by_id", "approved_by_id"),
        )
    ),
    "otp_totp.TOTPDevice": Watched(
        clinic_sql=_ONE_CLINIC.format("r.user_id"), only=("confirmed",), hidden=("key",)
    ),
    "django_celery_beat.PeriodicTask": Watched(
        silent=("last_run_at", "total_run_count", "date_changed")
    ),
}

_NOT_WATCHED = {
    "Lines are only added, each with who and when: it is its own audit.": (
        *(
            "clinic.ClinicModeChange",
            "clinic.LegalHold",
            "clinic.AuditNote",
            "clinic.AuditLine",
            "clinic.AuditHead",
            "clinic.AuditStart",
        ),
        *("clinic.PatientKey", "whatsapp.ThreadLine", "whatsapp.Answer", "admin.LogEntry"),
        *("whatsapp.TemplateVersion", "whatsapp.InboundFile", "reminders.CallOutcome"),
        *("desk.CancelledList", "desk.PatientMerge", "desk.Removal", "desk.RetentionRun"),
        *("desk.Standstill", "desk.Machine", "desk.UnreachedOutcome", "desk.PermissionCode"),
        "desk.IncidentLine",
    ),
    "A message and what becomes of it: the row is its own story, and must stay fast.": (
        *("whatsapp.Message", "whatsapp.AlsoAbout", "whatsapp.Attempt", "whatsapp.Reply"),
        *("whatsapp.Delivery", "whatsapp.Notice", "whatsapp.Conversation", "campaigns.Recipient"),
    ),
    "Worked out by the database from what is watched.": ("clinic.Reach",),
    "The same rows as otp_totp.TOTPDevice, which is watched.": ("clinic.Telephone",),
    "Made by the million; who asked for a list, approved it or put somebody on it is noted.": (
        "campaigns.ListEntry",
    ),
    "The file as it came; what became of each row is watched in its own table.": (
        *("desk.ImportPiece", "desk.ImportRow", "desk.Finding", "desk.FolderFile"),
    ),
    "Who signed in and out is noted by itself.": (
        *("sessions.Session", "axes.AccessAttempt", "axes.AccessAttemptExpiration"),
        *("axes.AccessFailureLog", "axes.AccessLog"),
    ),
    "Written by programs alone, about their own work.": (
        *("clinic.SlotHold", "clinic.OfferedPermission", "whatsapp.TierSeat"),
        *("whatsapp.FileUpload", "whatsapp.LineBeat", "whatsapp.Measure", "whatsapp.MeasureMark"),
        *("whatsapp.Restriction", "whatsapp.SendTally", "whatsapp.UnknownCode"),
        *("whatsapp.ClosedCountry", "whatsapp.Suppression", "whatsapp.Heartbeat"),
        *("whatsapp.Sweep", "reminders.Reminder", "reminders.LimitDay", "reminders.TimeOffer"),
        *("reminders.FreedSlot", "reminders.SlotOffer", "campaigns.DayCount", "desk.Telling"),
        *("desk.MorningMail", "desk.ReceiverGap", "auth.Permission", "contenttypes.ContentType"),
        *("desk.AffectedVisit", "desk.DayCount", "desk.CountedDay", "clinic.RecoveryCode"),
        *("clinic.RememberedStop", "clinic.UnkeptStop", "django_celery_beat.PeriodicTasks"),
    ),
    "How often something is done; what is done, and whether, is watched.": (
        *("django_celery_beat.IntervalSchedule", "django_celery_beat.CrontabSchedule"),
        *("django_celery_beat.SolarSchedule", "django_celery_beat.ClockedSchedule"),
    ),
}
# Everything else, and why the audit leaves it out.
NOT_WATCHED = {label: why for why, labels in _NOT_WATCHED.items() for label in labels}


@cache
def watched() -> dict[type[Model], Watched]:
    """Return what is watched, with the tables that join one of them to others."""
    found: dict[type[Model], Watched] = {}
    for model in apps.get_models():
        how = WATCHED.get(model._meta.label)
        if how is None:
            continue
        found[model] = how
        for many in model._meta.many_to_many:
            joined = many.remote_field.through
            if joined is not None and joined._meta.auto_created:
                is_of_people = str(joined._meta.object_name) in _OF_PEOPLE
                found[joined] = Watched(
                    clinic_sql=_ONE_CLINIC.format("r.staffuser_id") if is_of_people else ""
                )
    return found
