"""What a scenario waits for: that a message has arrived, that an answer was taken."""

from django.db.models import QuerySet

from healthmsg.clinic.models import Phone
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.status import TOLD, Lane, Status

DAY_BEFORE = "appointment_reminder_tomorrow"
SEVERAL = "appointments_several"


def has_arrived(phone: Phone, template: str) -> bool:
    """True where a message from this template has arrived on the phone, as its receipt says."""
    return _from(phone, template).filter(status__in=TOLD).exists()


def waits(phone: Phone, template: str) -> bool:
    """True where a message from this template is written, and has not left."""
    return _from(phone, template).filter(status=Status.QUEUED).exists()


def was_taken_as(phone: Phone, outcome: ReplyOutcome) -> bool:
    """True where something that this phone wrote or tapped was understood so."""
    return Reply.objects.filter(phone=phone, outcome=outcome).exists()


def was_answered(phone: Phone, *, times: int = 1) -> bool:
    """True where so many answers of ours have arrived on the phone."""
    answers = Message.objects.filter(phone=phone, lane=int(Lane.REPLY), status__in=TOLD)
    return answers.count() >= times


def _from(phone: Phone, template: str) -> QuerySet[Message]:
    return Message.objects.filter(phone=phone, template_version__template__name=template)
