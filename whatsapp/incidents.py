"""Numbers that stopped being the patient's: what had gone there, and how it was settled."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from healthmsg.clinic.models import Phone, StaffUser
from whatsapp.models import IncidentCause, IncidentEnd, Message, NumberIncident, Reply
from whatsapp.status import LEFT_US

# The newest; how many there were in all stands beside them.
LISTED = 200


def begin(
    phone: Phone,
    cause: IncidentCause,
    *,
    now: datetime,
    reply: Reply | None = None,
    new_number: str = "",
) -> NumberIncident | None:
    """Open a task for reception; None where one is open for this number already."""
    gone = Message.objects.filter(phone=phone, status__in=LEFT_US)
    fields = {
        "clinic_id": phone.clinic_id,
        "cause": cause,
        "reply": reply,
        "at": now,
        "new_number": new_number,
        "told": [_line(row) for row in _newest(gone)],
        "told_in_all": gone.count(),
    }
    incident, is_new = NumberIncident.objects.get_or_create(
        phone=phone, settled_at=None, defaults=fields
    )
    if new_number and not is_new and not incident.new_number:
        NumberIncident.objects.filter(pk=incident.pk).update(new_number=new_number)
    return incident if is_new else None


def settle(phone_id: int, end: IncidentEnd, *, by: StaffUser | None, now: datetime) -> bool:
    """Close what is open for a number; True where something was."""
    still_open = NumberIncident.objects.filter(phone=phone_id, settled_at=None)
    return bool(still_open.update(settled_at=now, settled_as=end, settled_by=by))


_COLUMNS = (
    "pk",
    "accepted_at",
    "created_at",
    "purpose",
    "template_version__template__name",
    "status",
)


def _newest(gone: QuerySet[Message]) -> list[tuple[Any, ...]]:
    return list(gone.order_by("-created_at", "-pk").values_list(*_COLUMNS)[:LISTED])


def _line(row: tuple[Any, ...]) -> dict[str, Any]:
    """Name a message, when and of which kind it was; never its words."""
    pk, accepted_at, created_at, purpose, template, status = row
    at = (accepted_at or created_at).isoformat()
    return {"message": pk, "at": at, "kind": purpose, "template": template or "", "status": status}
