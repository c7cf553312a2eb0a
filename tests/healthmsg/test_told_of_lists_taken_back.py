"""Who hears that a list was taken back: whoever was told otherwise, once, or is called."""

from datetime import datetime

from healthmsg.clinic import consent
from healthmsg.clinic.models import Appointment, Clinician, GivenHow, Purpose, StaffUser
from healthmsg.desk.cancelled_lists.models import ListAct
from healthmsg.desk.cancelled_lists.stands import Stands
from reminders import booking, calling
from reminders.models import Outcome
from reminders.standing import Standing
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
    stands,
    wanted,
)
from tests.healthmsg.test_lists_taken_back import message_of, seen, take_back, to_call
from tests.reminders.desk import Desk, leaves, plan_of, reminder, tick
from whatsapp.models import Message, Template
from whatsapp.status import Reason, Status

__all__ = ["desk", "lead", "paz"]


def test_whoever_read_that_it_is_off_reads_once_that_it_takes_place(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    knows, not_yet = list_of(desk, paz, noon, count=2)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    leaves(message_of(knows), at=noon + HOUR)
    now = noon + 2 * HOUR
    assert seen(begun, now) == [("", True, None), ("", False, None)]

    take_back(begun, lead, now)
    assert stands(begun, now) == [Stands.BACK_ON_ITS_WAY, Stands.BACK]
    tick(now + 5 * MINUTE)
    tick(now + 6 * MINUTE)

    news = reminder(knows, "appointment_confirmation", version=2).message
    written = Message.objects.filter(appointment=knows, created_at__gt=now)
    assert list(written) == [news]
    leaves(news, at=now + 6 * MINUTE)
    assert stands(begun, now + 7 * MINUTE) == [Stands.BACK_TOLD, Stands.BACK]
    assert Standing.RESTORED_BY_US not in to_call(desk, now + 2 * HOUR).values()
    assert message_of(not_yet).status == Status.WITHHELD


def test_whom_no_message_can_tell_stands_on_the_list_to_call_with_that_reason(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon, count=2)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    for one in visits:
        leaves(message_of(one), at=noon + HOUR)
    # The rule's own template, and the one that asks to call the clinic.
    Template.objects.exclude(name__startswith="list_").update(status="REJECTED")
    now = noon + 2 * HOUR
    assert {reason for _why, _knows, reason in seen(begun, now)} == {Reason.TEMPLATE_NOT_APPROVED}

    take_back(begun, lead, now)
    tick(now + 5 * MINUTE)

    assert to_call(desk, now + 6 * MINUTE) == dict.fromkeys(visits, Standing.RESTORED_BY_US)
    assert stands(begun, now + 6 * MINUTE) == [Stands.BACK_TO_CALL] * 2
    visit = Appointment.objects.get(pk=visits[0].pk)
    at = now + 7 * MINUTE
    calling.log(visit, Outcome.LEFT_MESSAGE, version=visit.version, known=0, by=lead, now=at)
    assert to_call(desk, now + 8 * MINUTE) == {visits[1]: Standing.RESTORED_BY_US}
    assert stands(begun, now + 8 * MINUTE) == [Stands.CALLED, Stands.BACK_TO_CALL]


def test_without_permission_nobody_is_written_to_but_called(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    (visit,) = list_of(desk, paz, noon, count=1)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    leaves(message_of(visit), at=noon + HOUR)
    phone, asked_us = factories.phone_of(visit.patient), consent.Evidence(GivenHow.AT_DESK)
    purposes = [Purpose.APPOINTMENTS]
    consent.withdraw(visit.patient, phone, purposes, evidence=asked_us, at=noon + HOUR + MINUTE)
    now = noon + 2 * HOUR
    assert seen(begun, now) == [("", True, Reason.ASKED_US_TO_STOP)]

    take_back(begun, lead, now)
    tick(now + 5 * MINUTE)
    news = reminder(visit, "appointment_confirmation", version=2).message
    # The sender asks the ledger, as of every message.
    assert news is not None
    standing = Message.objects.filter(pk=news.pk)
    standing.update(status=Status.WITHHELD, reason=Reason.ASKED_US_TO_STOP, send_after=None)

    assert to_call(desk, now + 6 * MINUTE) == {visit: Standing.RESTORED_BY_US}


def test_whoever_was_called_that_it_is_off_is_told_though_the_message_never_left(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    (visit,) = list_of(desk, paz, noon, count=1)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    off = Appointment.objects.get(pk=visit.pk)
    calling.log(off, Outcome.TOLD, version=off.version, known=0, by=lead, now=noon + HOUR + MINUTE)

    assert seen(begun, noon + 2 * HOUR) == [("", True, None)]
    take_back(begun, lead, noon + 2 * HOUR)

    assert plan_of(visit)["appointment_confirmation"] == "PLANNED"
    assert stands(begun, noon + 2 * HOUR) == [Stands.BACK_ON_ITS_WAY]


def test_who_was_to_be_called_and_was_not_has_heard_nothing_and_need_not_be(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visit = desk.book(factories.make_patient(desk.clinic), noon + DAY, now=noon, clinician=paz)
    visit.patient.contacts.update(phone=None)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)

    assert seen(begun, noon + 2 * HOUR) == [("", False, None)]
    take_back(begun, lead, noon + 2 * HOUR)

    assert stands(begun, noon + 3 * HOUR) == [Stands.BACK]
    assert Standing.RESTORED_BY_US not in to_call(desk, noon + 3 * HOUR).values()


def test_where_no_rule_tells_of_cancellations_the_lists_own_message_counts(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    desk.rules["appointment_cancelled"].is_active = False
    desk.rules["appointment_cancelled"].save()
    with_list, alone = list_of(desk, paz, noon, count=2)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    for one in (with_list, alone):
        leaves(message_of(one), at=noon + HOUR)
    booking.undo_cancel(alone, now=noon + 2 * HOUR)

    take_back(begun, lead, noon + 2 * HOUR)

    assert [plan_of(one)["appointment_confirmation"] for one in (with_list, alone)] == [
        "PLANNED",
        "PLANNED",
    ]
    assert stands(begun, noon + 2 * HOUR)[0] == Stands.BACK_ON_ITS_WAY


def test_what_is_being_sent_at_that_moment_counts_as_told(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    (visit,) = list_of(desk, paz, noon, count=1)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    leaves(message_of(visit), at=noon + HOUR, status=Status.SENDING)

    take_back(begun, lead, noon + 2 * HOUR)

    assert message_of(visit).status == Status.SENDING
    assert plan_of(visit)["appointment_confirmation"] == "PLANNED"
