"""Lists that were moved or handed over are taken back, as far as it is known how they stood."""

from datetime import datetime

import pytest

from healthmsg.clinic.models import Answer, Appointment, Clinician, Leave, StaffUser
from healthmsg.desk.cancelled_lists import back
from healthmsg.desk.cancelled_lists.models import Back, CancelledList, ListAct
from reminders import booking
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
    worker,
)
from tests.healthmsg.test_lists_taken_back import ends, message_of, seen, take_back
from tests.reminders.desk import Desk, leaves, reminder, tick
from whatsapp.models import Message
from whatsapp.status import Status

__all__ = ["desk", "lead", "paz"]


@pytest.mark.parametrize("minutes", [20, -20], ids=["later", "earlier"])
def test_moved_by_some_minutes_each_gets_its_time_back(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime, minutes: int
) -> None:
    visits = list_of(desk, paz, noon)
    begun = decide(wanted(desk, paz, noon, ListAct.LATER, by=minutes * MINUTE), lead, noon)
    leaves(message_of(visits[0]), at=noon)
    assert seen(begun, noon + HOUR) == [("", True, None), ("", False, None), ("", False, None)]

    take_back(begun, lead, noon + HOUR)

    stand = [Appointment.objects.get(pk=v.pk) for v in visits]
    assert [v.starts_at for v in stand] == [v.starts_at for v in visits]
    tick(noon + HOUR + 5 * MINUTE)
    news = Message.objects.filter(created_at__gt=noon + HOUR, status=Status.QUEUED)
    assert [one.appointment for one in news] == [visits[0]]
    assert reminder(visits[0], "appointment_moved").message in news


def test_one_that_stays_where_it_was_moved_keeps_its_neighbor_from_its_time(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon)
    begun = decide(wanted(desk, paz, noon, ListAct.LATER, by=20 * MINUTE), lead, noon)
    moved = Appointment.objects.get(pk=visits[0].pk)
    booking.answer(moved, version=moved.version, answer=Answer.CONFIRMED, now=noon + MINUTE)
    expected = [Back.ANSWERED, Back.TAKEN, Back.TAKEN]

    assert [why for why, _knows, _reason in seen(begun, noon + HOUR)] == expected
    take_back(begun, lead, noon + HOUR)

    assert ends(begun) == expected


def test_handed_over_it_goes_back_to_whose_list_it_was_and_nobody_is_written_to(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon)
    sol = worker(desk, "Dr. Sol")
    begun = decide(wanted(desk, paz, noon, ListAct.HAND_OVER, to_clinician=sol), lead, noon)
    desk.book(factories.make_patient(desk.clinic), visits[1].starts_at, now=noon, clinician=paz)
    expected = [Back.BACK, Back.TAKEN, Back.BACK]

    assert back.may_be(begun)
    assert seen(begun, noon) == [("", False, None), (Back.TAKEN, False, None), ("", False, None)]
    take_back(begun, lead, noon + HOUR)

    assert ends(begun) == expected
    stand = [Appointment.objects.get(pk=v.pk) for v in visits]
    assert [v.clinician for v in stand] == [paz, sol, paz]
    tick(noon + 2 * HOUR)
    mine = Message.objects.filter(appointment__in=visits, created_at__gt=noon + HOUR)
    assert not mine.filter(status=Status.QUEUED).exists()


def test_of_a_sites_list_that_was_handed_over_nobody_knows_whose_each_was(
    desk: Desk, lead: StaffUser, noon: datetime
) -> None:
    begun = CancelledList(act=ListAct.HAND_OVER, clinic=desk.clinic, site=desk.site)

    assert not back.may_be(begun)


def test_who_is_entered_as_away_on_that_day_is_said(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    list_of(desk, paz, noon)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon)
    tomorrow = (noon + DAY).date()
    Leave.objects.create(clinician=paz, first_day=tomorrow, last_day=tomorrow)

    assert back.away(back.look(begun, now=noon), begun) == 3
