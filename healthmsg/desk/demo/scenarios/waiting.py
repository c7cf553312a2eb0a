"""A freed time is offered to those who would come earlier: the first tap has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.utils.translation import gettext as _

from healthmsg.clinic.models import Appointment, VisitStatus
from healthmsg.desk.demo import cards
from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.phones import Taken
from healthmsg.desk.demo.running import Running
from healthmsg.desk.demo.scenarios import people, signs
from healthmsg.desk.demo.scenarios.scenario import Finding
from reminders import waiting_list
from reminders.models import FreedSlot, SlotEnd
from whatsapp.models import ReplyOutcome

CANCEL, TAKE = -1, 0  # among the buttons of a reminder, and of an offer
DAYS_BEFORE = "appointment_reminder_days"


@dataclass(frozen=True)
class Waiting:
    """A visit in three days that is cancelled, and two in two weeks that would be earlier."""

    leaving: Appointment
    quick: Appointment
    slow: Appointment

    def cards(self) -> tuple[Card, ...]:
        names = {
            "leaving": self.leaving.patient.given_name,
            "quick": self.quick.patient.given_name,
            "slow": self.slow.patient.given_name,
        }
        return (
            Card(
                title=_("Leave a time to others"),
                steps=(
                    _("On %(leaving)s's phone: tap “Cancel” under the reminder.") % names,
                    _("On the desk the time has become free, and is offered within seconds."),
                ),
                desk_path=cards.page_named("admin:reminders_freedslot_changelist"),
                phone=cards.digits_of(cards.phone_of(self.leaving)),
            ),
            Card(
                title=_("Take a time that became free"),
                steps=(
                    _("%(quick)s would come earlier, and is asked on this phone.") % names,
                    _("Tap “Yes, take it”: the visit is moved, and the answer says so."),
                ),
                desk_path=cards.page_of(self.quick),
                phone=cards.digits_of(cards.phone_of(self.quick)),
            ),
            Card(
                title=_("Be too late for it"),
                steps=(
                    _("%(slow)s was asked as well. Tap “Yes, take it” after %(quick)s.") % names,
                    _("The answer is kind; the visit stays, and the wish stays on the list."),
                ),
                desk_path=cards.page_named("admin:reminders_earlierwish_changelist"),
                phone=cards.digits_of(cards.phone_of(self.slow)),
            ),
        )

    def begin(self, running: Running) -> None:
        running.let_clock_go(seconds=1.0, passes=timedelta(seconds=1))

    def play(self, running: Running) -> None:
        leaving = cards.phone_of(self.leaving)
        running.until(
            partial(signs.has_arrived, leaving, DAYS_BEFORE),
            what="the reminder of the visit in three days has arrived",
        )
        running.phones.tap(leaving.number, CANCEL)
        asked = {
            cards.phone_of(self.quick): ReplyOutcome.MOVED,
            cards.phone_of(self.slow): ReplyOutcome.SLOT_GONE,
        }
        for phone in asked:
            running.until(
                partial(signs.has_arrived, phone, waiting_list.TEMPLATE),
                what="the freed time was offered",
            )
        for phone, outcome in asked.items():
            running.phones.tap(phone.number, TAKE)
            running.until(partial(signs.was_taken_as, phone, outcome), what="the tap was taken")
            running.until(partial(signs.was_answered, phone), what="the tap was answered")

    def judge(self, taken: Sequence[Taken], *, now: datetime) -> list[Finding]:
        leaving, quick, slow = (
            Appointment.objects.get(pk=v.pk) for v in (self.leaving, self.quick, self.slow)
        )
        given = FreedSlot.objects.filter(left_by=leaving, ended=SlotEnd.TAKEN, taken_by=quick)
        return [
            Finding(
                _("the patient who cancelled has no visit any more"),
                leaving.status == VisitStatus.CANCELLED_BY_PATIENT,
            ),
            Finding(
                _("the first tap has the freed time"),
                (quick.status, quick.starts_at) == (VisitStatus.BOOKED, self.leaving.starts_at),
            ),
            Finding(
                _("who was too late keeps the visit, and stays on the waiting list"),
                (slow.status, slow.starts_at) == (VisitStatus.BOOKED, self.slow.starts_at)
                and slow.earlier_wishes.filter(ended_at=None).exists(),
            ),
            Finding(
                _("both were asked once, and answered once"),
                all(_was_asked_and_answered_once(taken, v) for v in (quick, slow)),
            ),
            Finding(
                _("one freed time is counted as given to the waiting list"), given.count() == 1
            ),
        ]


def stage(home: House, *, now: datetime) -> Waiting:
    people.others(home, now=now)
    leaving, quick, slow = (
        people.patient(home, name, people.phone(home), now=now)
        for name in ("Nina Berg", "Rosa Lima", "Tariq Saleh")
    )
    wished = [
        people.visit(home, one, people.local(home, hour, days=14, now=now), now=now)
        for one, hour in ((quick, 10), (slow, 11))
    ]
    for visit in wished:
        waiting_list.wish(visit, by=home.reception, now=now - people.BOOKED_BEFORE)
    return Waiting(
        leaving=people.visit(home, leaving, people.local(home, 10, days=3, now=now), now=now),
        quick=wished[0],
        slow=wished[1],
    )


def _was_asked_and_answered_once(taken: Sequence[Taken], visit: Appointment) -> bool:
    digits = cards.digits_of(cards.phone_of(visit))
    got = [one.template for one in taken if one.to == digits]
    return (got.count(waiting_list.TEMPLATE), got.count("")) == (1, 1)
