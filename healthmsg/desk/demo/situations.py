"""What can be tried on the demo once its day is over: cards of visits that are there."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Answer, Appointment, Clinic, PhoneState, Saying, VisitStatus
from healthmsg.desk.demo import cards
from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.scenarios import cancel, family, signs, stop, wrong_person
from whatsapp.models import Message
from whatsapp.status import TOLD

_ONE = (signs.DAY_BEFORE, "appointment_reminder_days")


def of_day(clinic: Clinic, *, now: datetime) -> tuple[Card, ...]:
    """Return a card for each situation that somebody's visit allows, each on another phone."""
    alone = _unanswered(clinic, now).filter(template_version__template__name__in=_ONE)
    at_once = list(alone.filter(appointment__kind__cancel=Saying.AT_ONCE)[:20])
    visits = _on_different_phones(at_once)
    shared = _unanswered(clinic, now).filter(template_version__template__name=signs.SEVERAL)
    return tuple(_cards(visits, shared.annotate(others=Count("also_about")).filter(others=1)))


def _cards(visits: Iterator[Appointment], shared: QuerySet[Message]) -> Iterator[Card]:
    """Yield as many as there are visits for."""
    makers = (
        cancel.of_free,
        stop.of_visit,
        wrong_person.of_visit,
        _of_booking,
        _of_inbox,
        _of_repeat,
        _of_new_visit,
    )
    for of_visit, visit in zip(makers, visits, strict=False):
        yield of_visit(visit)
    message = shared.first()
    also = message.also_about.select_related("appointment__patient").first() if message else None
    if message and message.appointment and also and also.appointment:
        yield family.of_visits(message.appointment, also.appointment)


def _unanswered(clinic: Clinic, now: datetime) -> QuerySet[Message]:
    """Messages that arrived about visits ahead and were not answered, soonest first."""
    rows = Message.objects.filter(
        clinic=clinic,
        status__in=TOLD,
        phone__state=PhoneState.REACHED,
        appointment__status=VisitStatus.BOOKED,
        appointment__answer=Answer.NONE,
        appointment__version=F("appointment_version"),
        appointment__starts_at__gt=now,
        replies=None,
    )
    rows = rows.select_related("appointment__patient", "appointment__contact__phone")
    return rows.order_by("appointment__starts_at", "pk")


def _on_different_phones(messages: list[Message]) -> Iterator[Appointment]:
    seen: set[int] = set()
    for message in messages:
        if message.appointment is not None and message.phone_id not in seen:
            seen.add(message.phone_id)
            yield message.appointment


def _of_booking(visit: Appointment) -> Card:
    names = {"name": visit.patient.full_name}
    return Card(
        title=_("Book a visit, and see it told"),
        steps=(
            _("On the desk: book a visit for %(name)s on another day.") % names,
            _("On its page press “Send now”, or wait two minutes."),
            _("On the phone the confirmation arrives, and the desk says when it was read."),
        ),
        desk_path=cards.page_named("admin:clinic_appointment_add"),
        phone=cards.digits_of(cards.phone_of(visit)),
    )


def _of_inbox(visit: Appointment) -> Card:
    return Card(
        title=_("Write to the clinic, and be answered"),
        steps=(
            _("On the phone write “May my sister come along?”"),
            _("On the desk it stands under the messages from patients: take it, and answer."),
            _("Write “chest pain” on the phone: the desk shows an alarm, and no menu is offered."),
        ),
        desk_path=cards.page_named("admin:whatsapp_thread_changelist"),
        phone=cards.digits_of(cards.phone_of(visit)),
    )


def _of_repeat(visit: Appointment) -> Card:
    return Card(
        title=_("Ask for a prescription again"),
        steps=(
            _("On the phone write “hello” and choose “Repeat prescription”."),
            _("On the desk it is a task with a deadline: look after it, and answer."),
        ),
        desk_path=cards.page_named("admin:whatsapp_repeatrequest_changelist"),
        phone=cards.digits_of(cards.phone_of(visit)),
    )


def _of_new_visit(visit: Appointment) -> Card:
    return Card(
        title=_("Book a visit from the phone"),
        steps=(
            _("On the phone write “I want an appointment” and choose where, a day and a time."),
            _("Tap “Yes, book it”. On the desk the visit stands in the book."),
        ),
        desk_path=cards.page_named("admin:clinic_appointment_changelist"),
        phone=cards.digits_of(cards.phone_of(visit)),
    )
