"""A removal that is killed (`kill -9`) leaves no half of anything, and ends with right counts."""

import os
import signal
import subprocess
import sys
from datetime import datetime

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models import Sum

from healthmsg.clinic.models import Appointment
from healthmsg.desk.models import CountedDay, DayCount
from healthmsg.desk.privacy import retention
from healthmsg.desk.privacy.models import Kept, RetentionRun, RunState
from reminders.models import Reminder
from tests import at_rest, factories
from tests.door_process import surroundings
from tests.healthmsg.test_days_in_numbers import Stage
from tests.healthmsg.test_past_visits import DAY, LONG, stage, told
from tests.healthmsg.test_retention import YEAR, begin
from tests.healthmsg.test_retention_of_notes import note
from whatsapp.forgetting import REMOVED
from whatsapp.models import Message, Sender, ThreadLine

__all__ = ["stage"]
pytestmark = pytest.mark.django_db(transaction=True)

OLD = 3
_KILLED = """
import os, signal, sys
from datetime import datetime
import django
django.setup()
from django.db import connection
from healthmsg.desk.privacy import retention

words, when, now = sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3])
seen = 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def killed(execute, sql, *rest):
    global seen
    seen += words in sql
    is_it = words in sql and seen == 2
    if is_it and when == "before":
        die()
    done = execute(sql, *rest)
    if is_it:
        die()
    return done

with connection.execute_wrapper(killed):
    retention.go_on(now=now, seconds=60, piece=1)
"""
# It dies at the second: of the second piece, where a piece says it once.
BETWEEN = ('FOR UPDATE OF "desk_retentionrun"', "before")
UNCOMMITTED = ('UPDATE "desk_retentionrun"', "after")


def kill(moment: tuple[str, str], now: datetime, settings: LazySettings) -> int:
    variables = surroundings(settings.EMBEDDED, database=str(connection.settings_dict["NAME"]))
    variables |= {"INBOUND_FILES_DIRECTORY": settings.INBOUND_FILES_DIRECTORY}
    command = [sys.executable, "-c", _KILLED, *moment, now.isoformat()]
    ended_with = subprocess.run(command, env={**os.environ, **variables}, check=False).returncode
    # Until PostgreSQL has noticed, what it held stays locked, and whoever goes on passes it over.
    at_rest.until_nobody_works(still_for=0)
    return ended_with


def ended(run: RetentionRun, now: datetime) -> None:
    """Let it go on to its end, and look at its certificate."""
    retention.go_on(now=now, seconds=LONG)
    run.refresh_from_db()
    assert (run.state, run.removed, run.expected) == (RunState.DONE, OLD, OLD)
    assert retention.go_on(now=now, seconds=LONG) == 0


@pytest.mark.parametrize(
    ("moment", "gone"),
    [
        (BETWEEN, 1),
        # Said twice in a piece: once more when a visit takes with it what points to it.
        (('DELETE FROM "reminders_reminder"', "after"), 0),
        (('DELETE FROM "clinic_appointment"', "after"), 1),
        (UNCOMMITTED, 1),
        (('INTO "desk_countedday"', "after"), 0),
    ],
)
def test_past_visits_go_whole_and_their_days_are_counted_once(
    stage: Stage, noon: datetime, settings: LazySettings, moment: tuple[str, str], gone: int
) -> None:
    for n in range(OLD):
        told(stage, noon - YEAR - (n + 1) * DAY)
    run = begin(stage.clinic, Kept.PAST_VISITS, noon)

    assert kill(moment, noon, settings) == -signal.SIGKILL

    run.refresh_from_db()
    left = set(Appointment.objects.values_list("pk", flat=True))
    assert (run.state, run.removed, len(left)) == (RunState.GOING, gone, OLD - gone)
    assert set(Reminder.objects.values_list("appointment", flat=True)) == left
    assert set(Message.objects.exclude(appointment=None).values_list("appointment", flat=True)) == (
        left
    )
    settled = CountedDay.objects.exclude(settled_at=None)
    before = dict(settled.values_list("day", "settled_at"))

    later = noon + DAY / 24
    ended(run, later)

    assert not Appointment.objects.exists()
    assert not Reminder.objects.exists()
    assert Message.objects.filter(appointment=None).count() == OLD
    after = dict(settled.values_list("day", "settled_at"))
    assert before.items() <= after.items(), "none is counted again for good"
    assert set(after.values()) <= {noon, later}
    whole = DayCount.objects.filter(cut="WHOLE").aggregate(Sum("visits"), Sum("missed"))
    assert whole == {"visits__sum": OLD, "missed__sum": OLD}


@pytest.mark.parametrize(
    "moment", [BETWEEN, ('UPDATE "whatsapp_threadline"', "after"), UNCOMMITTED]
)
def test_notes_go_once_and_are_counted_as_they_went(
    sender: Sender, noon: datetime, settings: LazySettings, moment: tuple[str, str]
) -> None:
    for _n in range(OLD):
        note(sender, factories.make_patient(sender.clinic), noon)
    run = begin(sender.clinic, Kept.NOTES, noon)
    blanked = ThreadLine.objects.filter(text=REMOVED)

    assert kill(moment, noon, settings) == -signal.SIGKILL

    run.refresh_from_db()
    assert run.state == RunState.GOING
    assert run.removed == blanked.count() < OLD
    ended(run, noon)
    assert blanked.count() == OLD
