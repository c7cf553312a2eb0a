"""Visits that are only counted: read in less, they stand as everywhere else."""

from datetime import datetime

from pytest_django import DjangoAssertNumQueries

from healthmsg.clinic.models import Answer
from reminders import call_list
from tests import factories
from tests.reminders.desk import Desk, tick
from tests.reminders.test_call_list import DAY, HOUR, WEEK, suffer, this_morning
from whatsapp.status import Status


def test_counted_visits_stand_as_the_listed_ones_and_ask_three_questions(
    desk: Desk, noon: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n, fate in enumerate([*Status, *Answer, "stopped", "no number", "died", "not planned"]):
        visit = desk.book(factories.make_patient(desk.clinic), noon + WEEK + n * HOUR / 6, now=noon)
        if n % 3:
            tick(this_morning(noon))
        suffer(visit, fate, noon)
    now = noon + WEEK - 20 * HOUR

    listed = call_list.standings(desk.clinic, after=now, before=now + 2 * DAY, now=now)
    with django_assert_num_queries(3):
        counted = call_list.counted(desk.clinic, after=now, before=now + 2 * DAY, now=now)
        call_list.tally(counted)

    assert [(row.appointment, row.standing, row.reason) for row in counted] == [
        (row.appointment, row.standing, row.reason) for row in listed
    ]
    assert len({row.standing for row in counted}) > 5
