"""What is known of a patient, kind by kind: theirs alone, also where numbers are shared."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import DeclinedTopic, Recipient
from healthmsg.clinic import proof
from healthmsg.clinic.models import (
    Appointment,
    ConsentRecord,
    Contact,
    Immunisation,
    Need,
    Patient,
    PatientTag,
    Phone,
    Relationship,
)
from reminders.models import EarlierWish
from whatsapp.models import AlsoAbout, FileState, InboundFile, Message, RepeatRequest, Reply

Rows = list[dict[str, Any]]
_SHARED = gettext_lazy("(speaks of other people too, so its words are not in this copy)")


@dataclass(frozen=True)
class Subject:
    """The patient, and the numbers on which nobody else is reached."""

    patient: Patient
    whole: tuple[Patient, ...]  # the patient's own record, and what was put to it
    own_phones: frozenset[int]

    @property
    def records(self) -> tuple[int, ...]:
        return tuple(record.pk for record in self.whole)


def person(subject: Subject) -> Rows:
    """Return each record of the person, the kept one first."""
    rows: Rows = []
    for patient in subject.whole:
        needs = [str(Need(need).label) for need in patient.needs]
        rows.append(
            {
                "given_name": patient.given_name,
                "family_name": patient.family_name,
                "birth_date": patient.birth_date,
                "sex": patient.get_sex_display(),
                "identifier": patient.external_id,
                "usual_site": str(patient.site or ""),
                "needs": ", ".join(needs),
                "state": patient.get_state_display(),
                "state_reason": patient.state_reason,
                "known_since": patient.created_at,
            }
        )
    return rows


def contacts(subject: Subject) -> Rows:
    """Whoever else is written to about the patient is a person of their own: masked."""
    rows = Contact.objects.filter(patient__in=subject.records).select_related("phone")
    return [
        {
            "who": contact.get_relationship_display(),
            "name": contact.name if contact.relationship == Relationship.SELF else "",
            "number": _number(contact, subject),
            "language": contact.language,
            "may_be_told": contact.get_may_be_told_display(),
            "until": contact.until,
            "agreed_on": contact.agreed_on,
        }
        for contact in rows.order_by("rank", "pk")
    ]


def _number(contact: Contact, subject: Subject) -> str:
    phone: Phone | None = contact.phone
    if phone is None:
        return ""
    is_theirs = contact.relationship == Relationship.SELF
    return phone.number if is_theirs or phone.pk in subject.own_phones else phone.masked


def permissions(subject: Subject) -> Rows:
    theirs = Q(patient__in=subject.records) | Q(patient=None, phone__in=subject.own_phones)
    found = ConsentRecord.objects.filter(theirs).select_related("wording", "evidence", "phone")
    lines = list(found.order_by("given_at", "pk"))
    words = proof.read(lines)
    return [
        {
            "for": line.get_purpose_display(),
            "what": line.get_change_display(),
            "how": line.get_given_how_display(),
            "when": line.given_at,
            "runs_out": line.expires_at,
            "number": line.phone.masked,
            "words_agreed_to": line.wording.text if line.wording else "",
            "evidence": words.get(line.pk, ""),
        }
        for line in lines
    ]


def visits(subject: Subject) -> Rows:
    rows = Appointment.objects.filter(patient__in=subject.records)
    return [
        {
            "starts": visit.starts_at,
            "kind": visit.kind.name,
            "where": visit.site.name,
            "with": str(visit.clinician or ""),
            "status": visit.get_status_display(),
            "answer": visit.get_answer_display(),
            "reason": visit.cancel_reason,
            "identifier": visit.external_id,
            "booked": visit.booked_at,
        }
        for visit in rows.select_related("kind", "site", "clinician").order_by("starts_at")
    ]


def messages(subject: Subject) -> Rows:
    shared = AlsoAbout.objects.filter(patient__in=subject.records).values("message_id")
    rows = Message.objects.filter(Q(patient__in=subject.records) | Q(pk__in=shared))
    return [
        _message(row, subject) for row in rows.order_by("created_at", "pk").defer("clear_payload")
    ]


def _message(row: Message, subject: Subject) -> dict[str, Any]:
    is_alone = row.patient_id in subject.records and not row.is_shared
    return {
        "written": row.created_at,
        "for": row.get_purpose_display(),
        "words": row.body if is_alone else str(_SHARED),
        "status": row.get_status_display(),
        "because": row.get_reason_display() if row.reason else "",
        "arrived": row.delivered_at,
        "read": row.read_at,
        "words_removed": row.words_removed_at,
    }


def _theirs(subject: Subject) -> Q:
    """On a number that others share only what answers a message to this patient alone is theirs."""
    alone = Q(answers__patient__in=subject.records, answers__is_shared=False)
    return Q(phone__in=subject.own_phones) | alone


def replies(subject: Subject) -> Rows:
    return [
        {
            "written": row.written_at,
            "words": row.text,
            "understood_as": row.get_outcome_display(),
            "words_removed": row.words_removed_at,
        }
        for row in Reply.objects.filter(_theirs(subject)).order_by("written_at", "pk")
    ]


def files(subject: Subject) -> Rows:
    replies = Reply.objects.filter(_theirs(subject)).values("pk")
    rows = InboundFile.objects.filter(reply__in=replies).select_related("reply")
    return [
        {
            "sent": row.reply.written_at,
            "called": row.called,
            "kind": row.mime_type or row.said_type,
            "state": row.get_state_display(),
        }
        for row in rows.order_by("pk")
    ]


def kept_files(subject: Subject) -> QuerySet[InboundFile]:
    replies = Reply.objects.filter(_theirs(subject)).values("pk")
    return InboundFile.objects.filter(reply__in=replies, state=FileState.KEPT).order_by("pk")


def doses(subject: Subject) -> Rows:
    rows = Immunisation.objects.filter(patient__in=subject.records).select_related("vaccine")
    return [
        {
            "vaccine": row.vaccine.name,
            "given": row.given_on,
            "known_from": row.get_source_display(),
            "entered_by_mistake": row.entered_in_error_at,
        }
        for row in rows.order_by("recorded_at")
    ]


def wishes(subject: Subject) -> Rows:
    mine = {"patient__in": subject.records}
    tags = PatientTag.objects.filter(**mine).select_related("tag")
    topics = DeclinedTopic.objects.filter(**mine)
    topics = topics.select_related("vaccine", "visit_kind", "campaign")
    earlier = EarlierWish.objects.filter(**mine).select_related("kind")
    repeats = RepeatRequest.objects.filter(**mine)
    return [
        *({"what": _("tag"), "about": tag.tag.name} for tag in tags),
        *(
            {"what": _("wants no invitations about"), "about": t.about, "since": t.declined_at}
            for t in topics
        ),
        *(
            {"what": _("would come earlier"), "about": w.kind.name, "since": w.wished_at}
            for w in earlier
        ),
        *({"what": _("repeat prescription"), "about": "", "since": r.asked_at} for r in repeats),
    ]


def invitations(subject: Subject) -> Rows:
    rows = Recipient.objects.filter(patient__in=subject.records)
    return [
        {
            "campaign": row.run.campaign.name,
            "when": row.run.started_at,
            "not_sent_because": row.get_reason_display() if row.reason else "",
            "answer": row.get_answer_display() if row.answer else "",
        }
        for row in rows.select_related("run__campaign").order_by("pk")
    ]
