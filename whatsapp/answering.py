"""What a person writes to a patient: inside the window anything, outside it approved templates."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Appointment,
    Change,
    Contact,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
    VisitStatus,
)
from whatsapp import files, obstacles, outbox, threads
from whatsapp.answers import WINDOW
from whatsapp.catalog import Catalogs
from whatsapp.draft import Draft, FreeFile, FreeText, FromTemplate, Subject
from whatsapp.errors import SendError
from whatsapp.graph import Graph
from whatsapp.models import (
    Answer,
    Category,
    Conversation,
    Message,
    Thread,
    TierSeat,
)
from whatsapp.outbox import Words
from whatsapp.rendering import Rendered
from whatsapp.status import Lane, Status

# A template outside the window is no answer anymore when the day is over.
_USEFUL = timedelta(hours=24)


@dataclass(frozen=True)
class Attached:
    """A file that somebody chose."""

    name: str
    content: bytes
    caption: str = ""


@dataclass(frozen=True)
class Offer:
    """An approved template as it would be sent to one patient."""

    name: str
    rendered: Rendered


def window_until(thread: Thread) -> datetime | None:
    """Return until when anything may be written, counted from the patient's last message."""
    talk = Conversation.objects.filter(sender=thread.sender_id, phone=thread.phone_id).first()
    return talk.last_inbound_at + WINDOW if talk and thread.phone_id else None


def say(thread: Thread, text: str, *, by: StaffUser, once: str, now: datetime) -> Message:
    """
    Queue a person's words.

    :param once: names this very answer: sent twice it is one
    :raises ValidationError: nothing was queued, and why, in words for that person
    """
    draft = _inside(thread, once, now=now)
    return _queue(thread, draft, FreeText(text.strip()), by=by, now=now)


def say_file(
    thread: Thread, attached: Attached, *, graph: Graph, by: StaffUser, once: str, now: datetime
) -> Message:
    """Give WhatsApp a file and queue it with a person's words. Raises as `say`."""
    draft = _inside(thread, once, now=now)
    known = Message.objects.filter(dedupe_key=draft.dedupe_key).first()
    if known is not None:
        return known
    mime_type = files.kind_of(attached.content)
    try:
        media_id = graph.upload(
            thread.sender.phone_number_id,
            name=attached.name,
            mime_type=mime_type,
            content=attached.content,
        )
    except SendError as error:
        raise ValidationError(
            _("WhatsApp did not take the file. Your words still stand here; choose the file again.")
        ) from error
    kind = "document" if mime_type == "application/pdf" else "image"
    words = FreeFile(media_id, kind, attached.name, attached.caption.strip())
    return _queue(thread, draft, words, by=by, now=now)


@transaction.atomic
def say_template(
    thread: Thread, patient: Patient, name: str, *, by: StaffUser, once: str, now: datetime
) -> Message:
    """Queue an approved template about one patient, who has allowed it. Raises as `say`."""
    phone = _reachable(thread)
    if not may_be_written_to(patient, phone, now=now):
        raise ValidationError(_("Nobody on this number has allowed messages about this patient."))
    draft = _outside(thread, phone, patient, once, now=now)
    known = Message.objects.filter(dedupe_key=draft.dedupe_key).first()
    if known is not None:
        return known
    if obstacle := obstacle_to_templates(thread, now=now, holds=True):
        raise ValidationError(_("Nothing was sent. %(why)s") % {"why": obstacle})
    message = _queue(thread, draft, FromTemplate((name,)), by=by, now=now)
    # Who is written to first counts for WhatsApp's daily limit; answers take no seat by themselves.
    if (until := window_until(thread)) is None or until <= now:
        TierSeat.objects.update_or_create(
            portfolio=thread.sender.account.portfolio, phone=phone, defaults={"last_at": now}
        )
    return message


def obstacle_to_templates(
    thread: Thread, *, now: datetime, holds: bool = False, is_fresh: bool = False
) -> str:
    """
    Return why no template would leave now, in words for people; "" where one would.

    :param holds: within a transaction: nobody else takes the day's last place until it ends
    :param is_fresh: the conversation was read just now, with its number
    """
    if thread.phone is None:
        return ""
    return obstacles.stopped(thread.sender, is_fresh=is_fresh) or obstacles.day_is_full(
        thread.sender, thread.phone, now=now, holds=holds
    )


def waits_because(thread: Thread) -> str:
    """Return why an answer waits that was queued just now; "" where it leaves at once."""
    return obstacles.stopped(thread.sender)


def offers(thread: Thread, patient: Patient, *, now: datetime) -> list[Offer]:
    """Return the approved templates that can be filled in for a patient, as they would be sent."""
    catalogs = Catalogs()
    names = catalogs.of(thread.sender).approved_as(Category.UTILITY)
    draft = _outside(thread, _reachable(thread), patient, "preview", now=now)
    made = outbox.previews([(draft, FromTemplate((name,))) for name in names], catalogs)
    return [Offer(name, one) for name, one in zip(names, made, strict=True) if not one.reason]


def may_be_written_to(patient: Patient, phone: Phone, *, now: datetime) -> bool:
    """True where a template about appointments may go to this number about the patient."""
    return consent.standing(patient, phone, Purpose.APPOINTMENTS, at=now) == Change.GRANTED


def _inside(thread: Thread, once: str, *, now: datetime) -> Draft:
    phone = _reachable(thread)
    until = window_until(thread)
    if until is None or until <= now:
        raise ValidationError(
            _("The 24 hours are over: WhatsApp takes approved templates only. Nothing was sent.")
        )
    about = consent.patients_on(phone)
    return Draft(
        dedupe_key=_key(thread, once),
        clinic=thread.clinic,
        phone=phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        expires_at=until,
        # Of several nobody knows whom it is about.
        subjects=(Subject(about[0]),) if len(about) == 1 else (),
        sender=thread.sender,
    )


def _outside(thread: Thread, phone: Phone, patient: Patient, once: str, *, now: datetime) -> Draft:
    contact = Contact.objects.filter(patient=patient, phone=phone).first()
    visits = Appointment.objects.filter(
        patient=patient, status=VisitStatus.BOOKED, starts_at__gt=now
    )
    visit = visits.select_related("site__clinic", "kind", "clinician").order_by("starts_at").first()
    return Draft(
        dedupe_key=_key(thread, once),
        clinic=thread.clinic,
        phone=phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.APPOINTMENTS,
        expires_at=now + _USEFUL,
        subjects=(Subject(patient, contact, visit),),
        language=contact.language if contact else "",
        sender=thread.sender,
    )


def _key(thread: Thread, once: str) -> str:
    return f"answer:{thread.pk}:{once}"[:120]


def _reachable(thread: Thread) -> Phone:
    if thread.phone is None:
        raise ValidationError(_("WhatsApp hides this number: nobody can be answered on it."))
    if thread.phone.state == PhoneState.WRONG_PERSON:
        raise ValidationError(_("This number belongs to somebody else: nothing is sent to it."))
    return thread.phone


@transaction.atomic
def _queue(thread: Thread, draft: Draft, words: Words, *, by: StaffUser, now: datetime) -> Message:
    looked_at = outbox.preview(draft, words, now=now)
    if looked_at.reason is not None:
        raise ValidationError(_("Not sent: %(why)s.") % {"why": looked_at.reason.label})
    message = outbox.queue(draft, words, now=now)
    unsettled = now if message.status == Status.QUEUED else None
    Answer.objects.get_or_create(
        message=message,
        defaults={"thread": thread, "written_by": by, "unsettled_since": unsettled},
    )
    threads.answered(thread, by=by, now=now)
    return message
