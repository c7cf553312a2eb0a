"""A patient writes STOP: nothing more goes, what waited is taken back; visits may be kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from campaigns import launching
from campaigns.models import Campaign
from healthmsg import clock
from healthmsg.clinic import consent
from healthmsg.clinic.models import Appointment, Change, Purpose
from healthmsg.desk import switches
from healthmsg.desk.demo import cards, inviting
from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.phones import Taken
from healthmsg.desk.demo.running import Running
from healthmsg.desk.demo.scenarios import people, signs
from healthmsg.desk.demo.scenarios.scenario import Finding
from whatsapp.models import Message, ReplyOutcome, Switch
from whatsapp.status import Reason, Status

ONLY_APPOINTMENTS = 0  # the first button of what we answer to a STOP


@dataclass(frozen=True)
class Stop:
    """A reminder and an invitation wait for two people, one of whom will write STOP."""

    home: House
    visit: Appointment
    neighbor: Appointment
    campaign: Campaign

    def cards(self) -> tuple[Card, ...]:
        return (
            Card(
                title=_("STOP, and keep the appointments"),
                steps=(
                    _("A reminder and an invitation wait, as reception holds all messages."),
                    *_written(self.visit),
                    _(
                        "As admin let “reminders and campaigns” go on under Main switches: the"
                        " reminder leaves, the invitation never."
                    ),
                ),
                desk_path=cards.page_of(self.visit.patient),
                phone=cards.digits_of(cards.phone_of(self.visit)),
            ),
        )

    def begin(self, running: Running) -> None:
        running.let_clock_go(seconds=1.0, passes=timedelta(seconds=1))
        launching.start(self.campaign, by=self.home.reception, now=clock.now())
        phone = cards.phone_of(self.visit)
        running.until(
            lambda: signs.waits(phone, signs.DAY_BEFORE) and signs.waits(phone, inviting.TEMPLATE),
            what="a reminder and an invitation wait",
        )

    def play(self, running: Running) -> None:
        phone = cards.phone_of(self.visit)
        running.phones.write(phone.number, "STOP")
        running.until(
            lambda: signs.was_taken_as(phone, ReplyOutcome.STOPPED) and signs.was_answered(phone),
            what="the STOP was taken and answered",
        )
        running.phones.tap(phone.number, ONLY_APPOINTMENTS)
        running.until(
            lambda: (
                signs.was_taken_as(phone, ReplyOutcome.KEPT)
                and signs.waits(phone, signs.DAY_BEFORE)
            ),
            what="messages about appointments are kept, and the reminder waits again",
        )
        switches.release(Switch.objects.get(name=Switch.Name.REMINDERS))
        neighbor = cards.phone_of(self.neighbor)
        running.until(
            lambda: (
                signs.has_arrived(phone, signs.DAY_BEFORE)
                and signs.has_arrived(neighbor, signs.DAY_BEFORE)
                and signs.has_arrived(neighbor, inviting.TEMPLATE)
            ),
            what="what may go has arrived",
        )

    def judge(self, taken: Sequence[Taken], *, now: datetime) -> list[Finding]:
        phone = cards.phone_of(self.visit)
        withheld = Message.objects.filter(
            phone=phone, status=Status.WITHHELD, reason=Reason.ASKED_US_TO_STOP
        )
        names = set(withheld.values_list("template_version__template__name", flat=True))
        return [
            Finding(
                _("the STOP took back the reminder and the invitation that waited"),
                names == {signs.DAY_BEFORE, inviting.TEMPLATE} and withheld.count() == 2,
            ),
            Finding(
                _("appointments are allowed again, and nothing else is"),
                self._allowed(now) == {Purpose.APPOINTMENTS},
            ),
            Finding(
                _("the reminder came back and left once, the invitation never did"),
                _templates(taken, self.visit) == [signs.DAY_BEFORE],
            ),
            Finding(
                _("somebody else got both"),
                sorted(_templates(taken, self.neighbor)) == [signs.DAY_BEFORE, inviting.TEMPLATE],
            ),
        ]

    def _allowed(self, now: datetime) -> set[Purpose]:
        who, phone = self.visit.patient, cards.phone_of(self.visit)
        return {
            purpose
            for purpose in people.EVERYTHING
            if consent.standing(who, phone, purpose, at=now) == Change.GRANTED
        }


def stage(home: House, *, now: datetime) -> Stop:
    people.others(home, now=now)
    dana = people.patient(home, "Dana Costa", people.phone(home), now=now)
    eli = people.patient(home, "Eli Brandt", people.phone(home), now=now)
    switches.hold(
        Switch(name=Switch.Name.REMINDERS),
        reason="reception looks through tomorrow's visits",
        now=now,
        by=home.reception,
    )
    return Stop(
        home=home,
        visit=people.visit(home, dana, people.local(home, 10, now=now), now=now),
        neighbor=people.visit(home, eli, people.local(home, 11, now=now), now=now),
        campaign=inviting.write(home, [dana, eli], now=now),
    )


def of_visit(visit: Appointment) -> Card:
    """Return the card of somebody who has a visit ahead."""
    return Card(
        title=_("STOP, and keep the appointments"),
        steps=_written(visit),
        desk_path=cards.page_of(visit.patient),
        phone=cards.digits_of(cards.phone_of(visit)),
    )


def _written(visit: Appointment) -> tuple[str, ...]:
    names = {"name": visit.patient.given_name}
    return (
        _("On the phone: write STOP."),
        _("On the desk %(name)s's page says so; what waited was taken back.") % names,
        _("Tap “Only appointments”: reminders are planned again, invitations are not."),
    )


def _templates(taken: Sequence[Taken], visit: Appointment) -> list[str]:
    digits = cards.digits_of(cards.phone_of(visit))
    return [one.template for one in taken if one.to == digits and one.template]
