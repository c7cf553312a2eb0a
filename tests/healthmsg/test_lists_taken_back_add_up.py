"""Whatever happened to a list before it is taken back, the counts add up."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from healthmsg.clinic.models import Answer, Appointment, Clinician, StaffUser, VisitStatus
from healthmsg.desk.cancelled_lists import back, taking_back, working
from healthmsg.desk.cancelled_lists.models import AffectedVisit, Back, CancelledList, ListAct
from reminders import booking
from reminders.models import Reminder
from reminders.refusals import NotBooked
from tests import factories
from tests.healthmsg.test_cancelled_lists import (
    DAY,
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
from whatsapp.models import Message
from whatsapp.status import Status

__all__ = ["desk", "lead", "paz"]


def nothing(_desk: Desk, _visit: Appointment, _at: datetime) -> None:
    return None


def told(_desk: Desk, visit: Appointment, at: datetime) -> None:
    leaves(AffectedVisit.objects.get(appointment=visit).message, at=at)


def restored(_desk: Desk, visit: Appointment, at: datetime) -> None:
    if Appointment.objects.get(pk=visit.pk).status != VisitStatus.BOOKED:
        booking.undo_cancel(visit, now=at)
    else:
        booking.move(visit, booking.Change(visit.starts_at + 3 * DAY), by=None, now=at)


def taken(desk: Desk, visit: Appointment, at: datetime) -> None:
    other = factories.make_patient(desk.clinic)
    desk.book(other, visit.starts_at, now=at, clinician=visit.clinician)


def rebooked(desk: Desk, visit: Appointment, at: datetime) -> None:
    desk.book(visit.patient, visit.starts_at + 9 * DAY, now=at)


def answered(_desk: Desk, visit: Appointment, at: datetime) -> None:
    now = Appointment.objects.get(pk=visit.pk)
    booking.answer(now, version=now.version, answer=Answer.CONFIRMED, now=at)


def died(_desk: Desk, visit: Appointment, _at: datetime) -> None:
    visit.patient.state = "DECEASED"
    visit.patient.save(update_fields=["state"])


HAPPENS = (nothing, told, restored, taken, rebooked, answered, died)


@given_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    act=st.sampled_from([ListAct.CANCEL, ListAct.LATER]),
    happens=st.lists(st.lists(st.sampled_from(HAPPENS), max_size=2), min_size=1, max_size=4),
    stops=st.integers(0, 4),
)
def test_whatever_happened_before_the_counts_add_up_and_nobody_is_told_twice(
    desk: Desk,
    paz: Clinician,
    lead: StaffUser,
    noon: datetime,
    act: ListAct,
    happens: list[list[Callable[[Desk, Appointment, datetime], None]]],
    stops: int,
) -> None:
    with transaction.atomic():
        visits = list_of(desk, paz, noon, count=len(happens))
        by = {"by": 20 * MINUTE} if act == ListAct.LATER else {}
        begun = decide(wanted(desk, paz, noon, act, **by), lead, noon + HOUR)
        for visit, acts in zip(visits, happens, strict=True):
            for one in acts:
                # Some cannot follow each other: then nothing was changed.
                with suppress(NotBooked):
                    one(desk, visit, noon + HOUR + MINUTE)
        now = noon + 2 * HOUR
        looked = back.look(begun, now=now)
        _taken_back_in_pieces(begun, lead, now, stops)

        rows = list(AffectedVisit.objects.filter(cancelled_list=begun).order_by("starts_at", "pk"))
        assert len(rows) == len(looked) == len(visits)
        assert [row.back or "" for row in rows] == [one.why_not or Back.BACK for one in looked]
        assert [row.must_be_told for row in rows] == [one.must_be_told for one in looked]
        _stand_as_said(rows, now)
        transaction.set_rollback(True)


def _taken_back_in_pieces(begun: CancelledList, lead: StaffUser, now: datetime, stops: int) -> None:
    assert taking_back.begin(begun, because="well", by=lead, now=now)
    assert not taking_back.begin(begun, because="well", by=lead, now=now)
    for _n in range(stops):
        taking_back.work_on_one(begun, now)
    working.go_on_all(now=now, seconds=60)
    assert not AffectedVisit.objects.filter(cancelled_list=begun, back_at=None).exists()


def _stand_as_said(rows: list[AffectedVisit], now: datetime) -> None:
    for row in rows:
        visit = Appointment.objects.get(pk=row.appointment_id)
        is_as_it_was = (visit.status, visit.starts_at) == (VisitStatus.BOOKED, row.starts_at)
        assert is_as_it_was or row.back != Back.BACK
        planned = Reminder.objects.filter(
            appointment=visit, planned_at__gte=now, rule__anchor__in=["BOOKED", "MOVED"]
        )
        assert planned.count() == int(row.must_be_told)
        waiting = Message.objects.filter(affected_visit=row, status=Status.QUEUED)
        assert row.back != Back.BACK or not waiting.exists()
