"""A clinician falls ill: tomorrow's list is cancelled, and whoever cannot be told is called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from django.utils.translation import gettext as _

from healthmsg import clock
from healthmsg.clinic.models import Appointment, VisitStatus
from healthmsg.desk.cancelled_lists import looking, progress, working
from healthmsg.desk.cancelled_lists.looking import Wanted
from healthmsg.desk.cancelled_lists.models import AffectedVisit, ListAct
from healthmsg.desk.demo import cards
from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.phones import Taken
from healthmsg.desk.demo.running import Running
from healthmsg.desk.demo.scenarios import people, signs
from healthmsg.desk.demo.scenarios.scenario import Finding

SEEN = 0  # the only button of the message
CANCELLED = "list_cancelled"


@dataclass(frozen=True)
class DoctorIll:
    """Three visits tomorrow with one clinician; the last patient has no number."""

    home: House
    sees: Appointment
    reads: Appointment
    unreached: Appointment

    def cards(self) -> tuple[Card, ...]:
        phone = cards.digits_of(cards.phone_of(self.sees))
        doctor = self.home.clinicians[0].name
        return (
            Card(
                title=_("A doctor is ill: cancel the list"),
                steps=(
                    _("As admin: “Cancel or move a list”, whose list: %(doctor)s, for tomorrow.")
                    % {"doctor": doctor},
                    _("Choose “cancel all” and look at who would be told, and who must be called."),
                    _("Cancel the three visits. The page shows how each of them stands."),
                    _("On the phone: tap the button that says it was seen; the page counts it."),
                ),
                desk_path=cards.page_named("cancelled_lists"),
                phone=phone,
            ),
            Card(
                title=_("Call who could not be told"),
                steps=(
                    _("“To call” names the patient without a number from the first minute."),
                    _("Write down that they were told, and book them again from the same line."),
                ),
                desk_path=cards.page_named("to_call"),
                phone=phone,
            ),
        )

    def begin(self, running: Running) -> None:
        running.let_clock_go(seconds=1.0, passes=timedelta(seconds=1))

    def play(self, running: Running) -> None:
        phones = [cards.phone_of(visit) for visit in (self.sees, self.reads)]
        for phone in phones:
            running.until(
                partial(signs.has_arrived, phone, signs.DAY_BEFORE),
                what="the reminder of tomorrow's visit has arrived",
            )
        self.cancel(now=clock.now())
        for phone in phones:
            running.until(
                partial(signs.has_arrived, phone, CANCELLED),
                what="the message that the visit is cancelled has arrived",
            )
        running.phones.tap(phones[0].number, SEEN)
        running.until(
            lambda: AffectedVisit.objects.exclude(seen_at=None).exists(), what="the tap was taken"
        )

    def cancel(self, *, now: datetime) -> None:
        """Decide it as reception's lead does; what follows is worked through by the tick."""
        wanted = Wanted(
            self.home.clinic,
            begins_at=people.local(self.home, 0, now=now),
            ends_at=people.local(self.home, 0, days=2, now=now),
            act=ListAct.CANCEL,
            clinician=self.home.clinicians[0],
        )
        found = looking.look(wanted, now=now)
        working.begin(wanted, found, key=uuid4(), reason="ill", by=self.home.admin, now=now)

    def judge(self, taken: Sequence[Taken], *, now: datetime) -> list[Finding]:
        ours = (self.sees, self.reads, self.unreached)
        visits = Appointment.objects.filter(pk__in=[visit.pk for visit in ours])
        by_clinic = visits.filter(status=VisitStatus.CANCELLED_BY_CLINIC)
        rows = AffectedVisit.objects.filter(appointment__in=visits)
        to_call = {row.appointment.pk for row in progress.untold(self.home.clinic, now=now)}
        told = (self.sees, self.reads)
        return [
            Finding(_("the clinic has cancelled all three visits"), by_clinic.count() == len(ours)),
            Finding(
                _("one of them has seen it, as the tap says"),
                list(rows.exclude(seen_at=None).values_list("appointment", flat=True))
                == [self.sees.pk],
            ),
            Finding(
                _("reception's list names whom no message reaches, and nobody else"),
                to_call == {self.unreached.pk},
            ),
            Finding(
                _("each phone got one reminder, and one message that the visit is off"),
                all(_templates(taken, visit) == [signs.DAY_BEFORE, CANCELLED] for visit in told),
            ),
        ]


def stage(home: House, *, now: datetime) -> DoctorIll:
    people.others(home, now=now)
    ana = people.patient(home, "Ana Ruiz", people.phone(home), now=now)
    omar = people.patient(home, "Omar Nasr", people.phone(home), now=now)
    lia = people.patient(home, "Lia Sosa", people.phone(home), now=now)
    lia.contacts.update(phone=None)
    at = [people.local(home, hour, now=now) for hour in (10, 11, 12)]
    return DoctorIll(
        home,
        sees=people.visit(home, ana, at[0], now=now),
        reads=people.visit(home, omar, at[1], now=now),
        unreached=people.visit(home, lia, at[2], now=now),
    )


def _templates(taken: Sequence[Taken], visit: Appointment) -> list[str]:
    digits = cards.digits_of(cards.phone_of(visit))
    return [one.template for one in taken if one.to == digits and one.template]
