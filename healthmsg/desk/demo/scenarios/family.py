"""Two children on one parent's phone: one message for the day, and answers for the right visit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from healthmsg.clinic.models import Answer, Appointment, VisitStatus
from healthmsg.desk.demo import cards
from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.phones import Taken
from healthmsg.desk.demo.running import Running
from healthmsg.desk.demo.scenarios import people, signs
from healthmsg.desk.demo.scenarios.scenario import Finding
from whatsapp.models import ReplyOutcome

CONFIRM, CANCEL = 0, -1  # among a reminder's buttons
FIRST = 0  # among the visits to choose from


@dataclass(frozen=True)
class Family:
    """Two visits tomorrow, told to one phone; the earlier first."""

    first: Appointment
    second: Appointment

    def cards(self) -> tuple[Card, ...]:
        return (of_visits(self.first, self.second),)

    def begin(self, running: Running) -> None:
        running.let_clock_go(seconds=1.0, passes=timedelta(seconds=1))

    def play(self, running: Running) -> None:
        phone = cards.phone_of(self.first)
        running.until(
            lambda: signs.has_arrived(phone, signs.SEVERAL),
            what="the one message about both visits has arrived",
        )
        (shared,) = running.phones.taken(phone.number, template=signs.SEVERAL)
        running.phones.tap(phone.number, CANCEL, under=shared.wamid)
        running.until(
            lambda: signs.was_answered(phone), what="the parent was asked which visit it is"
        )
        running.phones.tap(phone.number, FIRST)
        running.until(
            lambda: signs.was_taken_as(phone, ReplyOutcome.CANCELLED),
            what="the chosen visit is cancelled",
        )
        running.phones.tap(phone.number, CONFIRM, under=shared.wamid)
        running.until(
            lambda: signs.was_answered(phone, times=3), what="the confirmation was answered"
        )

    def judge(self, taken: Sequence[Taken], *, now: datetime) -> list[Finding]:
        first, second = (Appointment.objects.get(pk=v.pk) for v in (self.first, self.second))
        digits = cards.digits_of(cards.phone_of(self.first))
        told = [one for one in taken if one.to == digits and one.template]
        names = [visit.patient.given_name for visit in (first, second)]
        return [
            Finding(
                _("one message told the parent of both visits"),
                [one.template for one in told] == [signs.SEVERAL]
                and all(name in told[0].text for name in names),
            ),
            Finding(
                _("the chosen child's visit is cancelled by the patient"),
                first.status == VisitStatus.CANCELLED_BY_PATIENT,
            ),
            Finding(
                _("the other child's visit stands, and is confirmed"),
                (second.status, second.answer) == (VisitStatus.BOOKED, Answer.CONFIRMED),
            ),
        ]


def stage(home: House, *, now: datetime) -> Family:
    people.others(home, now=now)
    phone = people.phone(home)
    lea, ben = (
        people.patient(home, f"{name} Moreno", phone, parent="Carla", now=now)
        for name in ("Lea", "Ben")
    )
    return Family(
        first=people.visit(home, lea, people.local(home, 10, now=now), now=now),
        second=people.visit(home, ben, people.local(home, 10, 20, now=now), now=now),
    )


def of_visits(first: Appointment, second: Appointment) -> Card:
    """Return the card of a message that speaks of two visits."""
    names = {"first": first.patient.given_name, "second": second.patient.given_name}
    return Card(
        title=_("Two children, one phone"),
        steps=(
            _("On the phone: one message speaks of %(first)s and %(second)s.") % names,
            _("Tap “Cancel”: it asks which visit. Choose %(first)s's.") % names,
            _("Tap “Confirm” under the message: it holds for %(second)s alone.") % names,
            _("On the desk one visit is cancelled, the other confirmed."),
        ),
        desk_path=cards.page_of(first),
        phone=cards.digits_of(cards.phone_of(first)),
    )
