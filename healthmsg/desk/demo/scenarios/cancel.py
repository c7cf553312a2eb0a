"""A patient cancels with a tap: at once, or asked for, as the kind of visit says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.utils.translation import gettext as _

from healthmsg.clinic.models import Answer, Appointment, VisitStatus
from healthmsg.desk.demo import cards
from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.phones import Taken
from healthmsg.desk.demo.running import Running
from healthmsg.desk.demo.scenarios import people, signs
from healthmsg.desk.demo.scenarios.scenario import Finding
from reminders import call_list
from reminders.standing import Standing
from whatsapp.models import ReplyOutcome

CANCEL = -1  # the last button of a reminder
WITHIN = timedelta(hours=48)


@dataclass(frozen=True)
class Cancel:
    """Two visits tomorrow, of which messages may cancel one alone."""

    free: Appointment
    asked: Appointment

    def cards(self) -> tuple[Card, ...]:
        return (
            of_free(self.free),
            Card(
                title=_("Cancel what a person has to agree to"),
                steps=(
                    _("On the phone: tap “Cancel” under the reminder of tomorrow's procedure."),
                    _("The answer says that somebody will call: nothing is cancelled yet."),
                    _("On the desk, “To call” names the visit: wants to cancel."),
                ),
                desk_path=cards.page_named("to_call"),
                phone=cards.digits_of(cards.phone_of(self.asked)),
            ),
        )

    def begin(self, running: Running) -> None:
        running.let_clock_go(seconds=1.0, passes=timedelta(seconds=1))

    def play(self, running: Running) -> None:
        wanted = {
            cards.phone_of(self.free): ReplyOutcome.CANCELLED,
            cards.phone_of(self.asked): ReplyOutcome.WANTS_TO_CANCEL,
        }
        for phone in wanted:
            running.until(
                partial(signs.has_arrived, phone, signs.DAY_BEFORE),
                what="the reminder of tomorrow's visit has arrived",
            )
            running.phones.tap(phone.number, CANCEL)
        for phone, outcome in wanted.items():
            running.until(partial(signs.was_taken_as, phone, outcome), what="the tap was taken")
            running.until(partial(signs.was_answered, phone), what="the tap was answered")

    def judge(self, taken: Sequence[Taken], *, now: datetime) -> list[Finding]:
        free, asked = (Appointment.objects.get(pk=v.pk) for v in (self.free, self.asked))
        rows = call_list.to_call(free.clinic, now=now, within=WITHIN)
        standing = {row.appointment.pk: row.standing for row in rows}
        return [
            Finding(
                _("the consultation is cancelled by the patient"),
                free.status == VisitStatus.CANCELLED_BY_PATIENT,
            ),
            Finding(
                _("the procedure stands, and its patient wants to cancel"),
                (asked.status, asked.answer) == (VisitStatus.BOOKED, Answer.WANTS_TO_CANCEL),
            ),
            Finding(
                _("reception's list names the procedure, and not the consultation"),
                standing.get(asked.pk) == Standing.WANTS_TO_CANCEL and free.pk not in standing,
            ),
            Finding(
                _("each phone got one reminder and one answer"),
                all(_got(taken, v) == [signs.DAY_BEFORE, ""] for v in (free, asked)),
            ),
        ]


def stage(home: House, *, now: datetime) -> Cancel:
    people.others(home, now=now)
    ana = people.patient(home, "Ana Ruiz", people.phone(home), now=now)
    omar = people.patient(home, "Omar Nasr", people.phone(home), now=now)
    procedure = home.kinds[2]
    return Cancel(
        free=people.visit(home, ana, people.local(home, 10, now=now), now=now),
        asked=people.visit(home, omar, people.local(home, 11, now=now), kind=procedure, now=now),
    )


def of_free(visit: Appointment) -> Card:
    """Return the card of a visit that a tap cancels."""
    return Card(
        title=_("Cancel with a tap"),
        steps=(
            _("On the phone: tap “Cancel” under the reminder of tomorrow's visit."),
            _("On the desk the visit is cancelled by the patient, and its time is free."),
            _("Tap “Undo” on the phone, and it is booked again."),
        ),
        desk_path=cards.page_of(visit),
        phone=cards.digits_of(cards.phone_of(visit)),
    )


def _got(taken: Sequence[Taken], visit: Appointment) -> list[str]:
    digits = cards.digits_of(cards.phone_of(visit))
    return [one.template for one in taken if one.to == digits]
