"""A flu campaign larger than the daily limit of 2,000 people leaves reminders their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from campaigns import forecast, launching, progress
from campaigns.models import Campaign, Run, RunStatus
from healthmsg import clock
from healthmsg.clinic.models import Appointment
from healthmsg.desk.demo import cards, inviting
from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.phones import Taken
from healthmsg.desk.demo.running import Running
from healthmsg.desk.demo.scenarios import crowd, people, signs
from healthmsg.desk.demo.scenarios.scenario import Finding
from reminders.models import Reminder, ReminderStatus
from whatsapp import seats
from whatsapp.models import Message, Portfolio
from whatsapp.status import Reason, Status

LIMIT = 2000
INVITED = 2200
VISITS_A_DAY = 30
# A number may do 80 a second by itself; on a fast one the day's part is through in ten seconds.
RATE_PER_SECOND = 200


@dataclass(frozen=True)
class FluOn2k:
    """More people to invite than may be written to, and visits tomorrow and the day after."""

    home: House
    campaign: Campaign
    tomorrow: tuple[Appointment, ...]
    day_after: tuple[Appointment, ...]

    def cards(self) -> tuple[Card, ...]:
        return (
            Card(
                title=_("A campaign larger than the daily limit"),
                steps=(
                    _(
                        "On the desk, as admin: start the campaign. Its start page says how many"
                        " messages leave today, and when the last one does."
                    ),
                    _(
                        "Follow its run under “How campaigns go”: most of it leaves now, then it"
                        " waits and says when it will be done."
                    ),
                    _(
                        "Under Messages: the reminders of %(count)d visits left at ten, and"
                        " those of tomorrow keep their places."
                    )
                    % {"count": VISITS_A_DAY},
                ),
                desk_path=cards.page_of(self.campaign),
                phone=cards.digits_of(cards.phone_of(self.tomorrow[0])),
            ),
        )

    def begin(self, running: Running) -> None:
        running.phones.change_settings(daily_limit=LIMIT)
        running.let_clock_go(seconds=1.0, passes=timedelta(seconds=1))
        running.until(
            lambda: Portfolio.objects.filter(plan_made_at__isnull=False).exists(),
            what="the day's places are given out",
        )

    def play(self, running: Running) -> None:
        reminded = cards.phone_of(self.tomorrow[-1])
        running.until(
            lambda: signs.has_arrived(reminded, signs.DAY_BEFORE),
            what="the reminders of ten o'clock have left",
        )
        launching.start(self.campaign, by=self.home.reception, now=clock.now())
        running.until(
            self._has_used_its_places, what="the campaign has used its places of today", seconds=60
        )

    def judge(self, taken: Sequence[Taken], *, now: datetime) -> list[Finding]:
        run = Run.objects.select_related("campaign__clinic", "stream").first()
        if run is None:
            return [Finding(_("the campaign was started"), is_so=False)]
        so_far = progress.of(run, now=now)
        sent = so_far.by_status.total()
        people_told = {one.to for one in taken if one.template}
        free = LIMIT - seats.in_use(self._portfolio.pk, now=now)
        done_at = forecast.of_run(run, now=now)
        zone = self.home.clinic.zone
        today = now.astimezone(zone).date()
        counts = {
            "people": len(people_told),
            "limit": LIMIT,
            "sent": sent,
            "waiting": so_far.waiting,
            "visits": VISITS_A_DAY,
        }
        return [
            Finding(
                _("%(people)d people were written to, of %(limit)d that WhatsApp lets us") % counts,
                0 < len(people_told) <= LIMIT,
            ),
            Finding(
                _("%(sent)d invitations left, %(waiting)d wait; together everybody") % counts,
                so_far.adds_up
                and 0 < sent < INVITED
                and sent + so_far.waiting == INVITED
                and run.status == RunStatus.POURING,
            ),
            Finding(
                _("today's %(visits)d reminders left, tomorrow's %(visits)d have their places")
                % counts,
                self._reminded(taken) and self._are_planned() and free >= VISITS_A_DAY,
            ),
            Finding(
                _("the run's page says when it will be done: %(when)s")
                % {"when": f"{done_at.astimezone(zone):%A %H:%M}" if done_at else _("it does not")},
                done_at is not None and done_at.astimezone(zone).date() > today,
            ),
        ]

    @property
    def _portfolio(self) -> Portfolio:
        return self.home.sender.account.portfolio

    def _has_used_its_places(self) -> bool:
        """True where campaigns have no place left, and nothing of it is on its way."""
        mine = Message.objects.filter(stream__run__campaign=self.campaign)
        left = seats.for_campaigns(self._portfolio.pk, now=clock.now())
        is_going = mine.filter(status__in=[Status.SENDING, Status.ACCEPTED]).exists()
        return mine.exists() and left == 0 and not is_going

    def _reminded(self, taken: Sequence[Taken]) -> bool:
        told = [one.to for one in taken if one.template == signs.DAY_BEFORE]
        wanted = [cards.digits_of(cards.phone_of(visit)) for visit in self.tomorrow]
        return sorted(told) == sorted(wanted)

    def _are_planned(self) -> bool:
        later = Reminder.objects.filter(
            appointment__in=[visit.pk for visit in self.day_after],
            rule__template_name=signs.DAY_BEFORE,
            status=ReminderStatus.PLANNED,
        )
        left_out = Reminder.objects.filter(reason=Reason.DAILY_LIMIT)
        return later.count() == VISITS_A_DAY and not left_out.exists()


def stage(home: House, *, now: datetime) -> FluOn2k:
    home.sender.rate_per_second = RATE_PER_SECOND
    home.sender.save(update_fields=["rate_per_second"])
    everybody = crowd.bring(home, INVITED + 2 * VISITS_A_DAY, now=now)
    invited, visitors = everybody[:INVITED], everybody[INVITED:]
    visits = [
        people.visit(home, one, _slot(home, place, now), clinician=place % 3, now=now)
        for place, one in enumerate(visitors)
    ]
    return FluOn2k(
        home=home,
        campaign=inviting.write(home, invited, now=now),
        tomorrow=tuple(visits[:VISITS_A_DAY]),
        day_after=tuple(visits[VISITS_A_DAY:]),
    )


def _slot(home: House, place: int, now: datetime) -> datetime:
    """Return a time tomorrow for the first ones, the day after for the others; three at once."""
    days, row = 1 + place // VISITS_A_DAY, place % VISITS_A_DAY // 3
    return people.local(home, 9 + row // 2, 30 * (row % 2), days=days, now=now)
