"""Work that goes on by itself and breaks off again and again is told; a moment's fault is not."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from celery.app.task import Task
from django.conf import LazySettings
from django.utils import timezone

from healthmsg import worked
from healthmsg.desk.alarms import signs, words
from healthmsg.desk.alarms.broken import BROKEN_FOR
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.models import Alarm
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.tasks import make_day_lists
from tests import factories
from tests.healthmsg.test_alarms import look
from whatsapp import watching
from whatsapp.models import Sweep

pytestmark = pytest.mark.django_db

LISTS = "desk.make_day_lists"


def note(name: str, broke_with: str = "") -> None:
    watching.note(name, found=0, seconds=0.1, broke_with=broke_with)


def later(after: timedelta) -> Moment:
    return Moment(signs.real_now() + after, factories.NOON)


def since(name: str) -> datetime | None:
    return Sweep.objects.values_list("broke_since", flat=True).get(name=name)


def test_what_breaks_off_for_half_an_hour_is_told_until_it_ends_well(db: None) -> None:
    note(LISTS, "OSError")
    assert look(later(BROKEN_FOR - timedelta(minutes=1))) == []

    assert look(later(BROKEN_FOR)) == [Kind.WORK_BROKEN]

    alarm = Alarm.objects.get()
    assert (alarm.subject, alarm.clinic) == (f"sweep:{LISTS}", None)
    assert "Day lists for printing (OSError)" in words.headline(alarm)
    assert words.page_of(alarm) == "/admin/status/"
    note(LISTS)
    assert look(later(BROKEN_FOR + timedelta(hours=1))) == []


def test_it_counts_from_the_first_of_those_in_a_row(db: None) -> None:
    note(LISTS, "OSError")
    first = since(LISTS)
    note(LISTS, "ValueError")
    assert since(LISTS) == first

    note(LISTS)
    assert since(LISTS) is None
    note(LISTS, "OSError")
    assert since(LISTS) != first


def test_a_day_list_that_cannot_be_written_leads_there(
    sunrise_clinic: object, settings: LazySettings, tmp_path: Path
) -> None:
    factories.make_site(factories.make_clinic(name="Open", time_zone=_where_it_is_noon()))
    (tmp_path / "file").touch()
    settings.DAY_LISTS_DIRECTORY = str(tmp_path / "file" / "beneath")
    worked.forget()

    done = _run(make_day_lists)

    assert done == "NotADirectoryError"
    assert Sweep.objects.get(name=LISTS).broke_with == done
    assert since(LISTS) is not None


def _where_it_is_noon() -> str:
    return f"Etc/GMT{timezone.now().hour - 12:+d}"


def _run(task: "Task[[], int]") -> str:
    """As a worker does: with its own notes around it."""
    return type(task.apply().result).__name__
