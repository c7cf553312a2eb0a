"""What patients of a cancelled list read: looked at beforehand as it is queued afterwards."""

from copy import copy
from datetime import datetime

from healthmsg.clinic.models import Appointment, Purpose
from healthmsg.desk.cancelled_lists.models import ListAct, VisitEnd
from whatsapp.draft import Draft, FromTemplate, Subject
from whatsapp.fill_ins import moment_in_words
from whatsapp.models import Stream
from whatsapp.status import Lane

# Ours first, then what the clinic has for single visits.
TEMPLATES = {
    VisitEnd.CANCELLED: ("list_cancelled", "appointment_cancelled"),
    VisitEnd.MOVED: ("list_moved", "appointment_moved"),
}
_ENDS = {
    ListAct.CANCEL: VisitEnd.CANCELLED,
    ListAct.HAND_OVER: VisitEnd.HANDED_OVER,
}
Pair = tuple[Draft, FromTemplate]


def end_of(act: ListAct) -> VisitEnd:
    """Return what becomes of a visit of such a list."""
    return _ENDS.get(act, VisitEnd.MOVED)


def ahead(visit: Appointment, act: ListAct, *, starts_at: datetime | None) -> Pair | None:
    """Return what would be queued about a visit that still stands as it was."""
    after = copy(visit)
    if starts_at is not None:
        after.starts_at, after.ends_at = starts_at, starts_at + (visit.ends_at - visit.starts_at)
    return draft(after, end_of(act), was_at=visit.starts_at, dedupe_key=f"visit:{visit.pk}")


def draft(
    visit: Appointment,
    end: VisitEnd,
    *,
    was_at: datetime,
    dedupe_key: str,
    send_after: datetime | None = None,
    stream: Stream | None = None,
) -> Pair | None:
    """
    Return the message about a visit as it stands now; None where there is nobody to write to.

    :param was_at: when the patient would come
    """
    contact = visit.contact
    if end not in TEMPLATES or contact is None or contact.phone is None:
        return None
    made = Draft(
        dedupe_key=dedupe_key,
        clinic=visit.clinic,
        phone=contact.phone,
        lane=int(Lane.REMINDER),
        purpose=Purpose.APPOINTMENTS,
        expires_at=was_at if end == VisitEnd.CANCELLED else visit.starts_at,
        subjects=(Subject(visit.patient, contact, visit),),
        language=contact.language,
        send_after=send_after,
        stream=stream,
    )
    old = moment_in_words(was_at, zone=visit.site.zone, language=contact.language)
    values = {"old_when": old} if end == VisitEnd.MOVED else {}
    return made, FromTemplate(TEMPLATES[end], values)
