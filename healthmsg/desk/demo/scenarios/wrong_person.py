"""Somebody is not the patient: the number is left alone, and the patient's yes stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from campaigns import launching
from campaigns.models import Campaign
from healthmsg import clock
from healthmsg.clinic import consent
from healthmsg.clinic.models import Appointment, Change, ConsentRecord, Phone, Purpose
from healthmsg.desk import switches
from healthmsg.desk.demo import cards, inviting
from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.phones import Taken
from healthmsg.desk.demo.running import Running
from healthmsg.desk.demo.scenarios import people, signs
from healthmsg.desk.demo.scenarios.scenario import Finding
from reminders import booking, call_list
from reminders.booking import Change as Move
from reminders.models import Reminder, ReminderStatus
from reminders.standing import Standing
from whatsapp.models import Message, ReplyOutcome, Switch
from whatsapp.status import Reason, Status

WITHIN = timedelta(hours=48)


@dataclass(frozen=True)
class WrongPerson:
    """A stranger gets a patient's reminders; an invitation waits, and a later visit is booked."""

    home: House
    visit: Appointment
    later: Appointment
    neighbor: Appointment
    campaign: Campaign

    def cards(self) -> tuple[Card, ...]:
        return (of_visit(self.visit),)

    def begin(self, running: Running) -> None:
        running.let_clock_go(seconds=1.0, passes=timedelta(seconds=1))
        launching.start(self.campaign, by=self.home.reception, now=clock.now())
        phone = cards.phone_of(self.visit)
        running.until(
            lambda: (
                signs.has_arrived(phone, signs.DAY_BEFORE) and signs.waits(phone, inviting.TEMPLATE)
            ),
            what="a reminder has arrived, and an invitation waits",
        )

    def play(self, running: Running) -> None:
        phone = cards.phone_of(self.visit)
        running.phones.write(phone.number, "You have the wrong number, I am nobody's patient.")
        running.until(
            lambda: (
                signs.was_taken_as(phone, ReplyOutcome.WRONG_PERSON) and signs.was_answered(phone)
            ),
            what="what the stranger wrote has stopped the number, and waits for a person",
        )
        at = self.later.starts_at + timedelta(hours=1)
        moved = booking.move(self.later, Move(at), by=self.home.reception, now=clock.now())
        booking.send_now(moved, now=clock.now())
        switches.release(Switch.objects.get(name=Switch.Name.BROADCASTS))
        neighbor = cards.phone_of(self.neighbor)
        running.until(
            lambda: signs.has_arrived(neighbor, inviting.TEMPLATE) and self._is_refused(),
            what="the invitation went to others, and the news of the move was held back",
        )

    def judge(self, taken: Sequence[Taken], *, now: datetime) -> list[Finding]:
        phone = Phone.objects.get(pk=cards.phone_of(self.visit).pk)
        marked_at = phone.state_changed_at or now
        digits, patient = cards.digits_of(phone), self.visit.patient
        # But the word of thanks, which names nobody.
        since = [one for one in taken if one.to == digits and one.at > marked_at and one.template]
        taken_back = Message.objects.filter(
            phone=phone,
            template_version__template__name=inviting.TEMPLATE,
            status=Status.WITHHELD,
            reason=Reason.WRONG_PERSON,
        )
        rows = call_list.to_call(self.home.clinic, now=now, within=WITHIN)
        standing = {row.appointment.pk: row.standing for row in rows}
        yes = consent.standing(patient, phone, Purpose.APPOINTMENTS, at=now)
        withdrawn = ConsentRecord.objects.filter(phone=phone, change=Change.WITHDRAWN)
        return [
            Finding(
                _("nothing has left to the stranger since, not even news of a visit"),
                not since and self._is_refused(),
            ),
            Finding(_("the invitation that waited was taken back"), taken_back.exists()),
            Finding(
                _("it is no withdrawal of the patient's: the permission stands"),
                yes == Change.GRANTED and not withdrawn.exists(),
            ),
            Finding(
                _("reception's list names the visit that only a stranger was told of"),
                standing.get(self.visit.pk) == Standing.CANNOT_BE_REACHED,
            ),
        ]

    def _is_refused(self) -> bool:
        """True where the news that the later visit was moved will not go."""
        news = Reminder.objects.filter(appointment=self.later, version=2).exclude(
            status=ReminderStatus.PLANNED
        )
        return any(
            Reason.WRONG_PERSON in (row.reason, row.message.reason if row.message else "")
            for row in news.select_related("message")
        )


def stage(home: House, *, now: datetime) -> WrongPerson:
    people.others(home, now=now)
    ines = people.patient(home, "Ines Prado", people.phone(home), now=now)
    eli = people.patient(home, "Eli Brandt", people.phone(home), now=now)
    switches.hold(
        Switch(name=Switch.Name.BROADCASTS),
        reason="its author looks at the words again",
        now=now,
        by=home.reception,
    )
    return WrongPerson(
        home=home,
        visit=people.visit(home, ines, people.local(home, 10, now=now), now=now),
        later=people.visit(home, ines, people.local(home, 12, days=6, now=now), now=now),
        neighbor=people.visit(home, eli, people.local(home, 11, now=now), now=now),
        campaign=inviting.write(home, [ines, eli], now=now),
    )


def of_visit(visit: Appointment) -> Card:
    """Return the card of somebody whose number turns out to be a stranger's."""
    phone = cards.phone_of(visit)
    names = {"name": visit.patient.given_name}
    return Card(
        title=_("You have the wrong number"),
        steps=(
            _("On the phone: write that you are not %(name)s.") % names,
            _("Nothing more goes to it; on the desk it stands under “Numbers to check”."),
            _("There is what had been sent to it, and three ways to settle it."),
            _("“To call” names %(name)s's visit, whose permission stands.") % names,
        ),
        desk_path=cards.page_of(phone),
        phone=cards.digits_of(phone),
    )
