"""The machine that works is off for hours: answers first, reminders then, campaigns by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.utils.translation import gettext as _

from campaigns import launching
from campaigns.models import Campaign
from healthmsg import clock
from healthmsg.clinic.models import Appointment
from healthmsg.desk.alarms import signs as life
from healthmsg.desk.alarms import silences
from healthmsg.desk.demo import cards, inviting
from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.phones import Taken
from healthmsg.desk.demo.running import WORKERS, Running
from healthmsg.desk.demo.scenarios import people, signs
from healthmsg.desk.demo.scenarios.scenario import Finding
from healthmsg.desk.models import Silence
from whatsapp.models import Reply, ReplyOutcome, Switch

# While it is off the clinic's clock runs so much faster, and a silence of two hours is a quarter
# of a minute: what is real there is real here.
FASTER = 480
SILENCE = timedelta(hours=2)
OFF = timedelta(hours=2, minutes=40)
OFF_SECONDS = OFF.total_seconds() / FASTER
# Everything but the pages, and the door that keeps what patients answer.
OFF_PARTS = ("beat", *WORKERS)
ENVIRONMENT = {
    "SILENCE_HOURS": str(SILENCE.total_seconds() / 3600 / FASTER),
    # A turn of sending is over before the machine goes off.
    "WHATSAPP_TURN_SECONDS": "3",
}


@dataclass(frozen=True)
class Outage:
    """Reminders fall due and a campaign is started while nothing works; somebody writes STOP."""

    home: House
    stopping: Appointment
    neighbor: Appointment
    campaign: Campaign

    def cards(self) -> tuple[Card, ...]:
        names = {"name": self.stopping.patient.given_name}
        return (
            Card(
                title=_("Back after two and a half hours"),
                steps=(
                    _(
                        "On the desk “After the silence” says what became too late, what goes, and"
                        " what waits."
                    ),
                    _("%(name)s wrote STOP meanwhile: it was read first, and no reminder came.")
                    % names,
                    _("Reminders to others have left by themselves; the campaign waits."),
                    _("As admin press the page's button: the campaign goes on."),
                ),
                desk_path=cards.page_named("after_silence"),
                phone=cards.digits_of(cards.phone_of(self.neighbor)),
            ),
        )

    def begin(self, running: Running) -> None:
        running.until(lambda: life.last(life.BEAT) is not None, what="beat has given a sign")
        running.say(
            _(
                "All but the pages and the receiver goes off for two and a half hours; the clinic's"
                " clock runs %(times)d times as fast meanwhile …"
            )
            % {"times": FASTER}
        )
        running.end(*OFF_PARTS)
        running.let_clock_go(seconds=OFF_SECONDS, passes=OFF)
        ends_at = clock.now() + OFF
        launching.start(self.campaign, by=self.home.reception, now=clock.now())
        running.phones.write(cards.phone_of(self.stopping).number, "STOP")
        running.until(
            lambda: clock.now() >= ends_at, what="the outage is over", seconds=2 * OFF_SECONDS
        )
        running.start(*OFF_PARTS)
        running.wait_for_workers()

    def play(self, running: Running) -> None:
        neighbor = cards.phone_of(self.neighbor)
        running.until(
            partial(signs.has_arrived, neighbor, signs.DAY_BEFORE),
            what="reminders go once the answers are read",
        )
        silence = silences.current()
        if silence is not None:
            silences.end(silence, by=self.home.admin, now=life.real_now())
        running.until(
            partial(signs.has_arrived, neighbor, inviting.TEMPLATE),
            what="the campaign goes on once somebody has looked",
        )

    def judge(self, taken: Sequence[Taken], *, now: datetime) -> list[Finding]:
        silence = Silence.objects.first()
        stop = Reply.objects.filter(
            phone=cards.phone_of(self.stopping), outcome=ReplyOutcome.STOPPED
        ).first()
        reminded = [one for one in taken if one.template == signs.DAY_BEFORE]
        invited = [one for one in taken if one.template == inviting.TEMPLATE]
        stopped = cards.digits_of(cards.phone_of(self.stopping))
        handled_at = stop.handled_at if stop is not None else None
        looked_at = silence.looked_at if silence is not None else None
        return [
            Finding(_("the silence was noticed, once"), Silence.objects.count() == 1),
            Finding(
                _("the STOP that came meanwhile was read before any reminder left"),
                bool(reminded)
                and handled_at is not None
                and all(one.at >= handled_at for one in reminded)
                and silence is not None
                and silence.taps_in_time,
            ),
            Finding(
                _("whoever wrote STOP got neither reminder nor invitation"),
                stopped not in {one.to for one in (*reminded, *invited)},
            ),
            Finding(
                _("the campaign waited until somebody had looked, then left"),
                bool(invited)
                and looked_at is not None
                and all(one.real_at >= looked_at for one in invited),
            ),
            Finding(
                _("nothing is stopped any more"),
                not Switch.objects.filter(held_at__isnull=False).exists(),
            ),
        ]


def stage(home: House, *, now: datetime) -> Outage:
    crowd = people.others(home, now=now)
    dana = people.patient(home, "Dana Costa", people.phone(home), now=now)
    eli = people.patient(home, "Eli Brandt", people.phone(home), now=now)
    return Outage(
        home=home,
        stopping=people.visit(home, dana, people.local(home, 10, now=now), now=now),
        neighbor=people.visit(home, eli, people.local(home, 11, now=now), now=now),
        campaign=inviting.write(home, [dana, eli, *crowd], now=now),
    )
