"""Replies as they come in by the inbox, with all floors listening."""

from datetime import datetime, timedelta

from healthmsg.clinic.models import Appointment, Patient, Purpose
from tests import factories
from tests.reminders.desk import Desk, plan_of, reminder, tick
from whatsapp import buttons, inbox
from whatsapp.buttons import Verb
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.status import Reason, Status

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
THREE_DAYS = "appointment_reminder_days"


def hear(desk: Desk, patient: Patient, now: datetime, **fields: str) -> Reply:
    reply = factories.make_reply(
        clinic=desk.clinic,
        sender=desk.sender,
        wamid=f"wamid.{now.timestamp()}",
        from_number=factories.phone_of(patient).number.lstrip("+"),
        written_at=now,
        **fields,
    )
    assert inbox.handle_replies(now=now) == 1
    reply.refresh_from_db()
    return reply


def test_who_was_asked_which_visit_waits_for_nobody(desk: Desk, noon: datetime) -> None:
    family = desk.family(2)
    for patient in family:
        desk.book(patient, noon + WEEK, now=noon)
    tick(noon + 4 * DAY)
    message = Message.objects.get(is_shared=True)
    Message.objects.update(status=Status.READ, send_after=None)

    cancel = buttons.payload(Verb.CANCEL, message.callback)
    reply = hear(desk, family[0], noon + 4 * DAY, kind="button", button=cancel)

    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.ASKED_WHICH, None)


def test_keep_plans_again_what_the_stop_had_held_back(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    tick(noon + timedelta(minutes=2))
    hear(desk, willing_patient, noon + HOUR, kind="text", text="BAJA")
    tick(noon + 4 * DAY)
    _withhold_what_waits_for(visit)
    stopped = plan_of(visit)
    acknowledged = Message.objects.get(purpose=Purpose.REPLY)

    keep = buttons.payload(Verb.KEEP_APPOINTMENTS, acknowledged.callback)
    reply = hear(desk, willing_patient, noon + 4 * DAY + HOUR, kind="button", button=keep)

    assert reply.outcome == ReplyOutcome.KEPT
    assert (stopped[THREE_DAYS], plan_of(visit)[THREE_DAYS]) == ("QUEUED", "PLANNED")
    tick(noon + 4 * DAY + HOUR)
    again = reminder(visit, THREE_DAYS).message
    assert again is not None
    assert again.status == Status.QUEUED


def _withhold_what_waits_for(visit: Appointment) -> None:
    """As the claim does, which asks the ledger."""
    Message.objects.filter(reminders__appointment=visit, status=Status.QUEUED).update(
        status=Status.WITHHELD, reason=Reason.ASKED_US_TO_STOP, send_after=None
    )
