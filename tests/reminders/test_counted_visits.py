"""Visits that are only counted: read in less, they stand as everywhere else."""

from datetime import datetime

from pytest_django import DjangoAssertNumQueries

from healthmsg.clinic.models import Answer
from reminders import adding_up, call_list
from reminders.models import Outcome
from reminders.standing import Row, Standing
from tests import factories
from tests.reminders.desk import Desk, tick
from tests.reminders.test_call_list import DAY, HOUR, WEEK, suffer, this_morning
from tests.reminders.test_calling import said
from whatsapp.status import Status


def test_counted_visits_stand_as_the_listed_ones_and_ask_three_questions(
    desk: Desk, noon: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n, fate in enumerate([*Status, *Answer, "stopped", "no number", "died", "not planned"]):
        visit = desk.book(factories.make_patient(desk.clinic), noon + WEEK + n * HOUR / 6, now=noon)
        if n % 3:
            tick(this_morning(noon))
        suffer(visit, fate, noon)
        if fate == Status.FAILED:
            said(visit, Outcome.LEFT_MESSAGE, factories.make_person("ana"), noon)
    now = noon + WEEK - 20 * HOUR

    listed = call_list.standings(desk.clinic, after=now, before=now + 2 * DAY, now=now)
    with django_assert_num_queries(3):
        counted = call_list.counted(desk.clinic, after=now, before=now + 2 * DAY, now=now)
        adding_up.tally(counted, desk.clinic, now=now)

    assert [at_a_glance(row) for row in counted] == [at_a_glance(row) for row in listed]
    assert len({row.standing for row in counted}) > 5


def at_a_glance(row: Row) -> tuple[object, ...]:
    visit = row.appointment
    return (visit.pk, visit.version, row.standing, row.reason, row.is_strangers, row.calls)


def test_of_who_said_that_they_come_only_those_who_will_not_are_looked_at_for_calls(
    desk: Desk, noon: datetime
) -> None:
    comes, has_died = (
        desk.book(factories.make_patient(desk.clinic), noon + DAY + n * HOUR, now=noon)
        for n in range(2)
    )
    for visit in (comes, has_died):
        suffer(visit, Answer.CONFIRMED, noon)
    suffer(has_died, "died", noon)

    rows = call_list.ahead_and_missed(desk.clinic, now=noon, within=2 * DAY)

    assert [(row.appointment.pk, row.standing) for row in rows] == [
        (has_died.pk, Standing.NOT_COMING)
    ]
