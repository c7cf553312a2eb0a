"""Two at one list that is taken back, and a process that is killed in the middle of it."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection

from healthmsg.clinic.models import Appointment, Clinician, StaffUser, VisitStatus
from healthmsg.desk.cancelled_lists import looking, taking_back, working
from healthmsg.desk.cancelled_lists.models import AffectedVisit, Back, ListAct
from reminders.models import Reminder
from tests import at_rest, factories
from tests.door_process import surroundings
from tests.healthmsg.test_cancelled_lists import (
    HOUR,
    MINUTE,
    decide,
    desk,
    lead,
    list_of,
    paz,
    wanted,
)
from tests.reminders.desk import Desk, leaves

__all__ = ["desk", "lead", "paz"]

_KILLED = """
import os, signal, sys
from datetime import datetime
from uuid import uuid4
import django
django.setup()
from django.db import connection
from healthmsg.desk.cancelled_lists import working

words, when, now = sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3])
seen = 0

def killed(execute, sql, *rest):
    global seen
    seen += words in sql
    is_it = words in sql and seen == 2
    if is_it and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done = execute(sql, *rest)
    if is_it:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

with connection.execute_wrapper(killed):
    working.go_on_all(now=now, seconds=60)
"""


def kill(words: str, when: str, now: datetime, settings: LazySettings) -> int:
    variables = surroundings(settings.EMBEDDED, database=str(connection.settings_dict["NAME"]))
    command = [sys.executable, "-c", _KILLED, words, when, now.isoformat()]
    ended_with = subprocess.run(command, env={**os.environ, **variables}, check=False).returncode
    # Until PostgreSQL has noticed, what it held stays locked, and whoever goes on passes it over.
    at_rest.until_nobody_works(still_for=0)
    return ended_with


def news(visits: list[Appointment], after: datetime) -> Counter[int | None]:
    """Return how often each patient is to hear of it."""
    planned = Reminder.objects.filter(
        appointment__in=visits, planned_at__gte=after, rule__anchor__in=["BOOKED", "MOVED"]
    )
    return Counter(planned.values_list("appointment", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("words", "when", "done"),
    [
        ('UPDATE "clinic_appointment"', "before", 1),
        ('UPDATE "clinic_appointment"', "after", 1),
        ('INSERT INTO "reminders_reminder"', "after", 1),
        ('UPDATE "desk_affectedvisit"', "before", 1),
        ('UPDATE "desk_affectedvisit"', "after", 1),
    ],
)
def test_killed_in_the_middle_it_goes_on_and_tells_each_once(
    desk: Desk,
    paz: Clinician,
    lead: StaffUser,
    noon: datetime,
    settings: LazySettings,
    words: str,
    when: str,
    done: int,
) -> None:
    visits = list_of(desk, paz, noon)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    for visit in visits:
        leaves(AffectedVisit.objects.get(appointment=visit).message, at=noon + HOUR)
    now = noon + 2 * HOUR
    taking_back.begin(begun, because="well", by=lead, now=now)

    assert kill(words, when, now, settings) == -signal.SIGKILL

    rows = AffectedVisit.objects.filter(cancelled_list=begun)
    stand = Appointment.objects.filter(status=VisitStatus.BOOKED)
    assert rows.filter(back=Back.BACK).count() == stand.count() == done
    begun.refresh_from_db()
    assert begun.back_ended_at is None
    assert working.go_on_all(now=now + MINUTE, seconds=60) == 3 - done
    assert working.go_on_all(now=now + MINUTE, seconds=60) == 0
    begun.refresh_from_db()
    assert begun.back_ended_at == now + MINUTE
    assert set(rows.values_list("back", "must_be_told")) == {(Back.BACK, True)}
    assert news(visits, now) == {visit.pk: 1 for visit in visits}


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Begin all of them at one moment; return what each said, in no order."""
    start, said = threading.Barrier(len(acts)), list[object]()

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            said.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [ListAct.CANCEL, ListAct.LATER])
def test_two_who_take_one_list_back_at_once_do_it_once_and_share_the_work(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime, act: ListAct
) -> None:
    visits = list_of(desk, paz, noon, count=6)
    by = {"by": 20 * MINUTE} if act == ListAct.LATER else {}
    begun = decide(wanted(desk, paz, noon, act, **by), lead, noon + HOUR)
    for visit in visits[:3]:
        leaves(AffectedVisit.objects.get(appointment=visit).message, at=noon + HOUR)
    other, now = factories.make_person("other"), noon + 2 * HOUR

    def press(who: StaffUser) -> bool:
        did = taking_back.begin(begun, because=f"{who}", by=who, now=now)
        working.go_on(begun, now=now, seconds=60)
        return did

    said = at_once(lambda: press(lead), lambda: press(other))

    assert sorted(map(bool, said)) == [False, True]
    working.go_on_all(now=now, seconds=60)
    begun.refresh_from_db()
    assert begun.taken_back_because == str(begun.taken_back_by)
    rows = AffectedVisit.objects.filter(cancelled_list=begun)
    assert set(rows.values_list("back", flat=True)) == {Back.BACK}
    assert rows.filter(must_be_told=True).count() == 3
    assert news(visits, now) == {visit.pk: 1 for visit in visits[:3]}
    stand = dict(Appointment.objects.values_list("pk", "starts_at"))
    assert stand == {visit.pk: visit.starts_at for visit in visits}


@pytest.mark.django_db(transaction=True)
def test_stopped_and_taken_back_while_it_is_worked_through_leaves_no_visit_between(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon, count=8)
    asked, now = wanted(desk, paz, noon, ListAct.CANCEL), noon + HOUR
    found = looking.look(asked, now=now)
    begun = working.begin(asked, found, key=uuid4(), reason="", by=lead, now=now)

    def turn() -> bool:
        working.stop(begun, by=lead, now=now)
        return taking_back.begin(begun, because="well", by=lead, now=now)

    at_once(lambda: working.go_on(begun, now=now, seconds=60), turn)
    working.go_on_all(now=now, seconds=60)

    begun.refresh_from_db()
    assert begun.is_through
    stand = Appointment.objects.filter(pk__in=[v.pk for v in visits])
    if begun.taken_back_at:
        assert {v.status for v in stand} == {VisitStatus.BOOKED}
        ends = Counter(AffectedVisit.objects.values_list("back", flat=True))
        assert ends[Back.BACK] + ends[Back.UNTOUCHED] == 8
    else:
        assert {v.status for v in stand} == {VisitStatus.CANCELLED_BY_CLINIC}


@pytest.mark.django_db(transaction=True)
def test_two_who_stop_it_or_let_it_go_on_at_once_are_one_and_one_who_comes_second(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    list_of(desk, paz, noon, count=1)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon)
    other = factories.make_person("other")

    stopped = at_once(*(partial(working.stop, begun, by=who, now=noon) for who in (lead, other)))
    went_on = at_once(
        *(partial(working.let_go_on, begun, by=who, now=noon) for who in (lead, other))
    )

    assert (sorted(map(bool, stopped)), sorted(map(bool, went_on))) == ([False, True],) * 2
    begun.refresh_from_db()
    assert (begun.stopped_by, begun.stopped_at) == (None, None)
    assert begun.let_go_on_by in {lead, other}
