"""What staff did about a patient, kind by kind, for the copy of their data."""

from django.utils.translation import gettext as _

from campaigns.models import ListEntry
from healthmsg.clinic.models import LegalHold
from healthmsg.desk.agenda.models import AskLater
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.privacy.known import Rows, Subject
from healthmsg.desk.register.models import IncidentPatient
from healthmsg.desk.unreached.models import UnreachedOutcome
from reminders.models import CallOutcome, Reminder, ReminderStatus
from whatsapp.models import LineKind, ThreadLine


def reminders(subject: Subject) -> Rows:
    planned = Reminder.objects.filter(
        appointment__patient__in=subject.records, status=ReminderStatus.PLANNED
    )
    return [{"visit": row.starts_at, "due": row.due_at} for row in planned.order_by("due_at")]


def calls(subject: Subject) -> Rows:
    rows = CallOutcome.objects.filter(appointment__patient__in=subject.records)
    return [
        {
            "called": row.called_at,
            "number": row.phone.masked if row.phone else "",
            "visit": row.appointment.starts_at,
            "outcome": row.get_outcome_display(),
            "undone": row.undone_at,
        }
        for row in rows.select_related("phone", "appointment").order_by("called_at")
    ]


def staff_notes(subject: Subject) -> Rows:
    """On a number that others share nobody can say of whom a note speaks: it is left out."""
    rows = ThreadLine.objects.filter(kind=LineKind.NOTE, thread__phone__in=subject.own_phones)
    return [
        {
            "written": row.written_at,
            "words": row.text,
            "words_removed": row.words_removed_at,
        }
        for row in rows.order_by("written_at")
    ]


def on_lists(subject: Subject) -> Rows:
    rows = ListEntry.objects.filter(patient__in=subject.records).select_related("patient_list")
    return [{"list": row.patient_list.name, "due": row.due_on} for row in rows.order_by("pk")]


def handled(subject: Subject) -> Rows:
    """
    Single acts, oldest first.

    Why somebody's data must be kept, and the words of an incident, tell of others too: left out.
    """
    found = [*_without_whatsapp(subject), *_put_off(subject), *_merged(subject)]
    found += [*_holds(subject), *_incidents(subject)]
    return sorted(found, key=lambda row: str(row["when"]))


def _without_whatsapp(subject: Subject) -> Rows:
    rows = UnreachedOutcome.objects.filter(patient__in=subject.records, undone_at=None)
    return [{"what": row.get_how_display(), "when": row.written_at} for row in rows.order_by("pk")]


def _put_off(subject: Subject) -> Rows:
    rows = AskLater.objects.filter(patient__in=subject.records)
    what = _("to be asked later whether we may write")
    return [{"what": what, "when": row.put_off_at} for row in rows]


def _merged(subject: Subject) -> Rows:
    rows = PatientMerge.objects.filter(kept__in=subject.records)
    what = _("two records of you were joined")
    return [{"what": what, "when": row.merged_at} for row in rows]


def _holds(subject: Subject) -> Rows:
    what = _("your data must be kept by law")
    return [
        {"what": what, "when": row.placed_at, "until": row.ended_at}
        for row in LegalHold.objects.filter(patient__in=subject.records)
    ]


def _incidents(subject: Subject) -> Rows:
    rows = IncidentPatient.objects.filter(patient__in=subject.records).select_related("incident")
    return [
        {
            "what": _("incident: %(what)s") % {"what": row.incident.get_what_display()},
            "when": row.incident.known_at,
            "until": row.incident.closed_at,
        }
        for row in rows
    ]
