"""Everything that happened around a patient, newest first, in one line of time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Exists, Model, Q, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from healthmsg.clinic.models import (
    Appointment,
    ConsentRecord,
    Contact,
    LegalHold,
    Patient,
    VisitStatus,
)
from healthmsg.cockpit import owned
from healthmsg.cockpit.belonging import Person
from healthmsg.desk import changes, seldom
from healthmsg.desk.cancelled_lists.models import AffectedVisit
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.privacy.models import Kept, RetentionRun
from healthmsg.desk.unreached.models import UnreachedOutcome
from healthmsg.desk.unreached.shown import told
from reminders.models import CallOutcome, Outcome
from whatsapp.admin.story import Step, mark_of, removed, steps_of
from whatsapp.models import AlsoAbout, Message, Reply

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

M = TypeVar("M", bound=Model)
moment = changes.moment

# Each source is read as far back as the page shows.
LINES = 60
# Of whom more is known, the oldest visits are told of by their own pages.
_VISITS = 200


@dataclass(frozen=True)
class Entry:
    """One thing that happened."""

    at: datetime
    kind: str  # message, from-patient, permission, visit, person, call
    what: "_StrOrPromise"
    said: str = ""
    language: str = ""
    mark: str = ""
    link: str = ""
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Past:
    """What happened, newest first, and before when there is more."""

    entries: list[Entry]
    earlier: datetime | None = None


def of_patient(patient: Patient, person: Person, *, before: datetime | None = None) -> Past:
    """
    Return what happened last, or last before a moment, and the person may see.

    For people who may see details.
    """
    shared = owned(AlsoAbout.objects.filter(patient=patient), person)
    shared = shared.exclude(message__patient=patient)
    calls = owned(CallOutcome.objects.filter(appointment__patient=patient), person)
    otherwise = UnreachedOutcome.objects.filter(patient=patient)
    merges = PatientMerge.objects.filter(Q(kept=patient) | Q(merged=patient))
    around = seldom.Around(
        patient,
        otherwise=_until(otherwise, "written_at", before),
        merges=merges,
        shared=shared,
        removals=_until(_removals(patient), "before", before),
    )
    calls = _until(calls, "called_at", before)
    put_back = owned(AffectedVisit.objects.filter(appointment__patient=patient), person)
    put_back = _until(put_back, "back_at", before)
    acts = list(seldom.acts(calls, put_back, around=around, most=LINES + 1))
    is_shared = any(act.kind == seldom.SHARED for act in acts)
    messages = owned(Message.objects.filter(patient=patient), person)
    entries = chain(
        _newest(_until(messages, "created_at", before)),
        _others(_until(shared, "message__created_at", before)) if is_shared else (),
        _replies(owned(_replies_of(patient), person), before),
        _permissions(patient, before),
        _changes(patient, person),
        chain.from_iterable(_act(act) for act in acts),
    )
    told = [entry for entry in entries if before is None or entry.at < before]
    told.sort(key=lambda entry: entry.at, reverse=True)
    if len(told) <= LINES:
        return Past(told)
    # Whatever happened at one moment stays together: the next page begins before it.
    last = told[LINES - 1].at
    shown = [entry for entry in told if entry.at >= last]
    return Past(shown, last if len(shown) < len(told) else None)


def _removals(patient: Patient) -> QuerySet[RetentionRun]:
    """Return by what visits of a patient went; of whom there may have been none, it tells too."""
    runs = RetentionRun.objects.filter(clinic=patient.clinic_id, kind=Kept.PAST_VISITS)
    held = LegalHold.objects.filter(patient=patient, ended_at=None)
    return runs.filter(~Exists(held), removed__gt=0, before__gt=patient.created_at)


def of_visit(visit: Appointment) -> list[Entry]:
    """Return what was said and done about one visit, newest first."""
    own = Message.objects.filter(appointment=visit)
    shared = AlsoAbout.objects.filter(appointment=visit).exclude(message__appointment=visit)
    entries = chain(_newest(own), _others(shared), done_about(visit))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def done_about(visit: Appointment) -> Iterator[Entry]:
    """Tell what people did about one visit: without its messages, and in no order."""
    put_back = AffectedVisit.objects.filter(appointment=visit)
    calls = seldom.acts(CallOutcome.objects.filter(appointment=visit), put_back, most=LINES + 1)
    changed, booked = changes.of_visit(visit)
    kept = () if visit.pk in booked else _visit(visit)
    return chain(kept, map(_changed, changed), *map(_act, calls))


def _until(rows: QuerySet[M], column: str, before: datetime | None) -> QuerySet[M]:
    return rows if before is None else rows.filter(**{f"{column}__lt": before})


def _others(shared: QuerySet[AlsoAbout]) -> Iterator[Entry]:
    """Messages about somebody else too; with OR every message there is would be read."""
    rows = shared.select_related("message").defer("message__clear_payload").order_by("-message_id")
    return (_message(row.message) for row in rows[: LINES + 1])


def _newest(messages: QuerySet[Message]) -> Iterator[Entry]:
    return map(_message, messages.defer("clear_payload").order_by("-created_at")[: LINES + 1])


def _message(message: Message) -> Entry:
    return Entry(
        at=message.created_at,
        kind="message",
        what=_("Message about %(purpose)s") % {"purpose": message.get_purpose_display()},
        said=message.body or removed(message),
        language=message.language.split("_")[0],
        mark=mark_of(message),
        link=reverse("admin:whatsapp_message_change", args=[message.pk]),
        steps=steps_of(message),
    )


def _replies_of(patient: Patient) -> QuerySet[Reply]:
    phones = Contact.objects.filter(patient=patient, phone__isnull=False).values("phone_id")
    return Reply.objects.filter(phone__in=phones)


def _replies(replies: QuerySet[Reply], before: datetime | None) -> Iterator[Entry]:
    found = _until(replies, "written_at", before)
    for reply in found.order_by("-written_at")[: LINES + 1]:
        yield Entry(
            at=reply.written_at,
            kind="from-patient",
            what=_("From their number: %(outcome)s") % {"outcome": reply.get_outcome_display()},
            said=reply.text or removed(reply),
            link=reverse("admin:whatsapp_reply_change", args=[reply.pk]),
        )


def _permissions(patient: Patient, before: datetime | None) -> Iterator[Entry]:
    lines = _until(ConsentRecord.objects.filter(patient=patient), "given_at", before)
    lines = lines.select_related("recorded_by").order_by("-given_at", "-pk")
    for line in lines[: LINES + 1]:
        who = f" ({line.recorded_by})" if line.recorded_by else ""
        yield Entry(
            at=line.given_at,
            kind="permission",
            what=_("Permission for %(purpose)s: %(change)s, %(how)s")
            % {
                "purpose": line.get_purpose_display(),
                "change": line.get_change_display(),
                "how": line.get_given_how_display(),
            }
            + who,
        )


def _changes(patient: Patient, person: Person) -> Iterator[Entry]:
    mine = owned(Appointment.objects.filter(patient=patient), person)
    found = mine.select_related("site__clinic", "booked_by")
    visits = list(found.order_by("-starts_at")[:_VISITS])
    changed, booked = changes.of_patient(patient, visits)
    yield from map(_changed, changed)
    # Brought along from before the audit was kept.
    yield from chain.from_iterable(_visit(visit) for visit in visits if visit.pk not in booked)


def _changed(one: changes.Change) -> Entry:
    return Entry(one.at, one.kind, one.what, link=one.link)


def _visit(visit: Appointment) -> Iterator[Entry]:
    """Tell of a visit by what it is now: what it was before is not known."""
    link = reverse("admin:clinic_appointment_change", args=[visit.pk])
    when = moment(visit.starts_at, visit)
    words = _("Booked for %(when)s") if visit.version == 1 else _("Booked; now for %(when)s")
    who = f" ({visit.booked_by})" if visit.booked_by else ""
    yield Entry(visit.booked_at, "visit", words % {"when": when} + who, link=link)
    if visit.answered_at and visit.answer != "NONE":
        words = _("Answer about %(when)s: %(answer)s")
        words %= {"when": when, "answer": visit.get_answer_display()}
        yield Entry(visit.answered_at, "visit", words, link=link)
    if visit.status != VisitStatus.BOOKED:
        words = _("Visit of %(when)s: %(status)s")
        words %= {"when": when, "status": visit.get_status_display()}
        words += f": {visit.cancel_reason}" if visit.cancel_reason else ""
        yield Entry(visit.status_changed_at, "visit", words, link=link)


def _act(act: seldom.Act) -> Iterator[Entry]:
    """Tell what somebody did, and who took it back."""
    if act.kind == seldom.SHARED:
        return
    kind, link, done, undone, words = _WAYS[act.kind](act)
    yield Entry(act.at, kind, done % (words | {"who": act.by}), link=link)
    if act.undone_at is not None:
        yield Entry(act.undone_at, kind, undone % (words | {"who": act.undone_by}), link=link)


# Of which sort it is, where it leads, the words for it and for its end, and what stands in them.
_Told = tuple[str, str, str, str, dict[str, object]]


def _call(act: seldom.Act) -> _Told:
    link = reverse("admin:clinic_appointment_change", args=[act.visit_id])
    starts_at, zone = act.starts_at or act.at, ZoneInfo(act.zone or "UTC")
    when = changes.moment_in(starts_at, zone)
    words: dict[str, object] = {"when": when, "outcome": Outcome(act.code).label}
    done = _("Called about %(when)s: %(outcome)s (%(who)s)")
    return "call", link, done, _("Taken back: called about %(when)s, %(outcome)s (%(who)s)"), words


def _put_back(act: seldom.Act) -> _Told:
    link = reverse("admin:clinic_appointment_change", args=[act.visit_id])
    words: dict[str, object] = {"why": act.code}
    return "visit", link, _("Taken back with its list (%(who)s): %(why)s"), "", words


def _otherwise(act: seldom.Act) -> _Told:
    words: dict[str, object] = {"outcome": told(act.code, act.day or act.at.date())}
    done = _("Without WhatsApp: %(outcome)s (%(who)s)")
    return "call", "", done, _("Taken back: without WhatsApp, %(outcome)s (%(who)s)"), words


def _merge(act: seldom.Act) -> _Told:
    done = (
        _("Put together with another entry of the same person (%(who)s)")
        if act.code == seldom.KEPT
        else _("Put to another entry of the same person (%(who)s)")
    )
    return "person", "", done, _("Taken back: put together with another entry (%(who)s)"), {}


def _removal(act: seldom.Act) -> _Told:
    day = formats.date_format(timezone.localtime(act.at), "DATE_FORMAT")
    removed = formats.date_format(act.day or act.at, "DATE_FORMAT")
    words: dict[str, object] = {"day": day, "removed": removed}
    return "visit", "", _("Visits before %(day)s: removed by policy on %(removed)s"), "", words


_WAYS = {
    seldom.CALL: _call,
    seldom.OTHERWISE: _otherwise,
    seldom.MERGE: _merge,
    seldom.REMOVED: _removal,
    seldom.PUT_BACK: _put_back,
}
