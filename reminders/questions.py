"""What reminders still ask a phone: a confirming button, no answer yet, the visit ahead."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F
from django.dispatch import receiver

from healthmsg.clinic.models import Answer, Appointment, Phone, PhoneState, Purpose, VisitStatus
from reminders.wording import hour_and_name
from whatsapp import phrases
from whatsapp.buttons import Tap, Verb
from whatsapp.fill_ins import short_day
from whatsapp.models import Message
from whatsapp.questions import Question, taps_on
from whatsapp.signals import questions_asked
from whatsapp.status import LEFT_US, Lane

_LONGEST_TITLE = 24


@receiver(questions_asked)
def about_visits(*, phone: Phone, now: datetime, **_kwargs: Any) -> list[Question]:
    """Return one question for each visit, or visits, that were asked about: its newest message."""
    if phone.state == PhoneState.WRONG_PERSON:
        return []
    asked: dict[frozenset[int], Question] = {}
    for message in _told(phone, now):
        visits = _unanswered(message, now)
        taps = taps_on(message)
        if not visits or Verb.CONFIRM not in {tap.verb for tap in taps}:
            continue
        asked[frozenset(visit.pk for visit in visits)] = _question(message, taps, visits)
    return list(asked.values())


def visits_of(message: Message) -> list[Appointment]:
    """Return the visits a message names that have the version it spoke of, earliest first."""
    versions = {message.appointment_id: message.appointment_version}
    if message.is_shared:
        versions |= dict(message.also_about.values_list("appointment_id", "appointment_version"))
    visits = Appointment.objects.filter(pk__in=[pk for pk in versions if pk is not None])
    rows = visits.select_related("site__clinic", "patient", "kind", "contact").order_by("starts_at")
    return [visit for visit in rows if visit.version == versions[visit.pk]]


def _told(phone: Phone, now: datetime) -> Iterable[Message]:
    messages = Message.objects.filter(
        phone=phone,
        purpose=Purpose.APPOINTMENTS,
        lane=int(Lane.REMINDER),
        status__in=LEFT_US,
        appointment__starts_at__gt=now,
        appointment__version=F("appointment_version"),
    )
    return messages.select_related("clinic").order_by("created_at", "pk")


def _unanswered(message: Message, now: datetime) -> list[Appointment]:
    return [
        visit
        for visit in visits_of(message)
        if visit.status == VisitStatus.BOOKED
        and visit.starts_at > now
        and visit.answer == Answer.NONE
    ]


def _question(message: Message, taps: tuple[Tap, ...], visits: list[Appointment]) -> Question:
    first = visits[0]
    yes = next(tap for tap in taps if tap.verb == Verb.CONFIRM)
    # "No" may mean another day or never: they choose.
    no = Tap(Verb.CHANGE_VISIT, message.callback)
    title = phrases.say(
        message.language,
        "row_visit_question",
        clinic=message.clinic,
        day=short_day(first.starts_at, zone=first.site.zone, language=message.language),
        name=", ".join(dict.fromkeys(visit.patient.given_name for visit in visits)),
    )
    return Question(message, taps, yes=yes, no=no, title=title[:_LONGEST_TITLE])


def named(visit: Appointment, language: str) -> str:
    """Return such as "10 Mar, 10:30 Ana", for one among several visits on different days."""
    day = short_day(visit.starts_at, zone=visit.site.zone, language=language)
    return f"{day}, {hour_and_name(visit, language)}"
