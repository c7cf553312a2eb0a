"""Repeat prescriptions: noted with a deadline for staff, who answer them; no machine does."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from healthmsg.clinic.models import Patient, Phone, Purpose, StaffUser
from whatsapp import answers, household, outbox
from whatsapp.buttons import Tap, Verb
from whatsapp.draft import Button, Draft, FreeText
from whatsapp.fill_ins import moment_in_words
from whatsapp.models import Conversation, Menu, Message, RepeatRequest, Reply, ReplyOutcome
from whatsapp.status import Lane

_USUAL_HOURS = 24
_ROWS = 10


def ask(reply: Reply, phone: Phone, tap: Tap, *, now: datetime) -> ReplyOutcome:
    """Note who wants a prescription again; of a family ask who first."""
    patients = household.named(phone, today=now.astimezone(reply.clinic.zone).date())
    if tap.about is None and len(patients) > 1:
        rows = tuple(
            Button(Verb.REPEAT, patient.given_name, about=patient.pk, callback=tap.callback)
            for patient in patients[:_ROWS]
        )
        answers.send(reply, phone, "which_patient", now=now, buttons=rows)
        return ReplyOutcome.ASKED_WHICH
    meant = next((p for p in patients if tap.about in {None, p.pk}), None)
    if tap.about is not None and meant is None:
        answers.send(reply, phone, "out_of_date", now=now)
        return ReplyOutcome.OUT_OF_DATE
    request, is_new = _note(reply, phone, meant, now)
    until = moment_in_words(
        request.due_at, zone=reply.clinic.zone, language=answers.language_of(reply, phone)
    )
    key = "repeat_noted" if is_new else "repeat_known"
    answers.send(reply, phone, key, now=now, until=until)
    return ReplyOutcome.WANTS_REPEAT


def take(request: RepeatRequest, *, by: StaffUser, now: datetime) -> bool:
    """Say who looks after it; True where nobody had taken or answered it."""
    free = RepeatRequest.objects.filter(pk=request.pk, taken_at=None, done_at=None)
    return bool(free.update(taken_by=by, taken_at=now))


@transaction.atomic
def finish(
    request: RepeatRequest, *, by: StaffUser, words: str, now: datetime
) -> tuple[bool, Message | None]:
    """
    Close it, and send what a person wrote, where there are words.

    :returns: whether it was still open, and the message that answers it
    """
    still_open = RepeatRequest.objects.filter(pk=request.pk, done_at=None)
    if not still_open.update(done_by=by, done_at=now):
        return False, None
    if not words:
        return True, None
    draft = Draft(
        dedupe_key=f"repeat:{request.pk}:answer",
        clinic=request.clinic,
        phone=request.phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        expires_at=now + answers.WINDOW,
        sender=request.reply.sender,
    )
    return True, outbox.queue(draft, FreeText(words), now=now)


def window_is_open(request: RepeatRequest, *, now: datetime) -> bool:
    """True while WhatsApp lets us answer in our own words."""
    talks = Conversation.objects.filter(phone=request.phone_id, sender=request.reply.sender_id)
    return talks.filter(last_inbound_at__gt=now - answers.WINDOW).exists()


def _note(
    reply: Reply, phone: Phone, patient: Patient | None, now: datetime
) -> tuple[RepeatRequest, bool]:
    standing = RepeatRequest.objects.filter(phone=phone, patient=patient, done_at=None)
    if found := standing.first():
        return found, False
    hours = Menu.objects.filter(clinic=reply.clinic_id).values_list("repeat_hours", flat=True)
    due_at = now + timedelta(hours=hours.first() or _USUAL_HOURS)
    try:
        with transaction.atomic():
            request = RepeatRequest.objects.create(
                clinic_id=reply.clinic_id,
                phone=phone,
                patient=patient,
                reply=reply,
                asked_at=now,
                due_at=due_at,
            )
    except IntegrityError:
        # Another of our numbers has just noted it.
        return standing.get(), False
    return request, True
