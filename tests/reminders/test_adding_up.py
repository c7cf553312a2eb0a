"""A day's visits as a sum: it adds up, and says as many to call as the list does."""

import itertools
import random
from datetime import datetime, timedelta

from healthmsg.clinic.models import Answer, Appointment, VisitStatus
from reminders import adding_up, call_list
from tests import factories
from tests.reminders.desk import Desk, tick
from tests.reminders.test_call_list import DAY, HOUR, WEEK, suffer, this_morning
from whatsapp.status import Status


def test_the_sum_adds_up_whatever_happened(desk: Desk, noon: datetime) -> None:
    chance = random.Random(7)  # noqa: S311 - the same mishaps in every run
    fates = [*Status, *Answer, "stopped", "no number", "cancelled", "died", "not planned"]
    for n, fate in enumerate(itertools.islice(itertools.cycle(fates), 2 * len(fates))):
        patient = factories.make_patient(desk.clinic)
        visit = desk.book(patient, noon + WEEK + n * timedelta(minutes=5), now=noon)
        if chance.random() < 0.8:
            tick(this_morning(noon))
        suffer(visit, fate, noon)

    day = (noon + WEEK).date()
    tally = adding_up.tomorrow(desk.clinic, day=day, now=noon + WEEK - 20 * HOUR)

    booked = Appointment.objects.filter(status=VisitStatus.BOOKED).count()
    assert tally.not_coming == 2
    assert tally.visits == booked - 2
    assert tally.visits == tally.told + tally.to_tell + tally.to_call + tally.asked_not
    assert min(tally.told, tally.to_tell, tally.to_call, tally.asked_not) > 0


def test_as_many_are_to_be_called_as_stand_on_the_list(desk: Desk, noon: datetime) -> None:
    fates = [*Status, *Answer, "stopped", "no number", "died", "not planned"]
    for n, fate in enumerate(fates):
        patient = factories.make_patient(desk.clinic)
        visit = desk.book(patient, noon + WEEK + n * timedelta(minutes=5), now=noon)
        if n % 4:
            tick(this_morning(noon))
        suffer(visit, fate, noon)
    day = (noon + WEEK).date()

    for hours in (40, 28, 18, 12, 2):
        now = noon + WEEK - hours * HOUR
        tally = adding_up.tomorrow(desk.clinic, day=day, now=now)
        listed = call_list.to_call(desk.clinic, now=now, within=3 * DAY)
        assert tally.to_call == len(listed), f"{hours} hours before"
