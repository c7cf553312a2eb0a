"""A whole list is taken back: what can be is as it was, whoever knew otherwise is told."""

from collections import Counter
from datetime import datetime
from uuid import uuid4

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Appointment,
    Clinician,
    GivenHow,
    PatientState,
    Purpose,
    StaffUser,
    VisitStatus,
)
from healthmsg.desk.calling import lists as call_lists
from healthmsg.desk.calling.lists import Asked
from healthmsg.desk.cancelled_lists import back, looking, taking_back, working
from healthmsg.desk.cancelled_lists.models import AffectedVisit, Back, CancelledList, ListAct
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
from tests.reminders.desk import Desk, leaves, plan_of, reminder, tick
from whatsapp.models import Message, Stream, Template
from whatsapp.status import Reason, Status

__all__ = ["desk", "lead", "paz"]


def take_back(begun: CancelledList, by: StaffUser, now: datetime) -> bool:
    did = taking_back.begin(begun, because="she is well again", by=by, now=now)
    working.go_on(begun, now=now, seconds=60)
    begun.refresh_from_db()
    return did


def ends(begun: CancelledList) -> list[str]:
    rows = AffectedVisit.objects.filter(cancelled_list=begun).order_by("starts_at")
    return list(rows.values_list("back", flat=True))


def seen(begun: CancelledList, now: datetime) -> list[tuple[str, bool, Reason | None]]:
    return [(one.why_not, one.must_be_told, one.reason) for one in back.look(begun, now=now)]


def message_of(visit: Appointment) -> Message:
    message = AffectedVisit.objects.get(appointment=visit).message
    assert message is not None
    return message


def held_at(begun: CancelledList) -> datetime | None:
    return Stream.objects.get(pk=begun.stream_id).held_at


def to_call(desk: Desk, now: datetime) -> dict[Appointment, Standing]:
    found = call_lists.make(Asked(desk.clinic, 2 * DAY), now=now)
    return {one.row.appointment: one.row.standing for one in found.ahead}


def test_what_has_not_left_is_withdrawn_and_nobody_hears_a_word(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    assert seen(begun, noon + HOUR) == [("", False, None)] * 3
    assert all(one.is_unsent for one in back.look(begun, now=noon + HOUR))

    assert take_back(begun, lead, noon + HOUR)

    rows = {v.pk: v for v in Appointment.objects.filter(pk__in=[v.pk for v in visits])}
    assert {(v.status, v.version, v.cancel_reason) for v in rows.values()} == {("BOOKED", 1, "")}
    assert {message_of(v).status for v in visits} == {Status.WITHHELD}
    tick(noon + 2 * HOUR)
    news = Message.objects.filter(appointment__in=visits, created_at__gt=noon + HOUR)
    assert not news.filter(status=Status.QUEUED).exists()
    assert stands(begun, noon + HOUR) == [Stands.BACK] * 3
    assert begun.ended_at == noon + HOUR
    assert held_at(begun) is None


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


def test_what_cannot_be_as_it_was_stays_and_is_counted_by_its_reason(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    taken, rebooked, restored, dead, over, fine = list_of(desk, paz, noon, count=6)
    early = Appointment.objects.filter(pk=over.pk)
    early.update(starts_at=noon + 13 * HOUR, ends_at=noon + 13 * HOUR + 20 * MINUTE)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon)
    other = factories.make_patient(desk.clinic)
    desk.book(other, taken.starts_at, now=noon + MINUTE, clinician=paz)
    desk.book(rebooked.patient, noon + 9 * DAY, now=noon + MINUTE)
    booking.undo_cancel(restored, now=noon + MINUTE)
    dead.patient.state = PatientState.DECEASED
    dead.patient.save(update_fields=["state"])
    now = noon + 14 * HOUR

    looked = Counter(why for why, _knows, _reason in seen(begun, now))
    take_back(begun, lead, now)

    expected = {Back.TAKEN, Back.REBOOKED, Back.CHANGED, Back.GONE, Back.PAST}
    assert looked == Counter({*expected, ""})
    assert Counter(ends(begun)) == Counter({*expected, Back.BACK})
    assert Appointment.objects.get(pk=fine.pk).status == VisitStatus.BOOKED
    still_off = Appointment.objects.filter(status=VisitStatus.CANCELLED_BY_CLINIC)
    assert {v.pk for v in still_off} == {taken.pk, rebooked.pk, dead.pk, over.pk}


def test_what_stays_cancelled_is_told_as_soon_as_all_were_looked_at(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    stays, _fine = list_of(desk, paz, noon, count=2)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon)
    desk.book(factories.make_patient(desk.clinic), stays.starts_at, now=noon, clinician=paz)

    assert taking_back.begin(begun, because="well", by=lead, now=noon)
    assert held_at(begun) == noon
    working.go_on_all(now=noon, seconds=60)

    assert held_at(begun) is None
    assert message_of(stays).status == Status.QUEUED


def test_two_visits_of_one_patient_on_one_list_do_not_stand_in_each_others_way(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    (first,) = list_of(desk, paz, noon, count=1)
    kind = factories.make_kind(desk.clinic)
    later = first.starts_at + HOUR
    desk.book(first.patient, later, now=noon, clinician=paz, kind=kind)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon)

    take_back(begun, lead, noon + HOUR)

    assert ends(begun) == [Back.BACK] * 2


def test_a_list_that_was_stopped_leaves_what_it_had_not_begun(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon)
    asked = wanted(desk, paz, noon, ListAct.CANCEL)
    found = looking.look(asked, now=noon)
    begun = working.begin(asked, found, key=uuid4(), reason="ill", by=lead, now=noon)
    working._work_on_one(begun, noon)
    assert not taking_back.begin(begun, because="well", by=lead, now=noon)
    working.stop(begun, by=lead, now=noon)

    assert take_back(begun, lead, noon + MINUTE)

    assert Counter(ends(begun)) == Counter({Back.BACK: 1, Back.UNTOUCHED: 2})
    stand = Appointment.objects.filter(pk__in=[v.pk for v in visits])
    assert {v.status for v in stand} == {VisitStatus.BOOKED}
    assert set(stands(begun, noon + MINUTE)) == {Stands.BACK, Stands.UNTOUCHED}


def test_taking_back_is_stopped_and_goes_on(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    list_of(desk, paz, noon)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon)
    taking_back.begin(begun, because="well", by=lead, now=noon)
    taking_back.work_on_one(begun, noon)

    assert working.stop(begun, by=lead, now=noon)
    assert working.go_on_all(now=noon, seconds=60) == 0
    assert Counter(ends(begun)) == Counter({Back.BACK: 1, "": 2})
    assert working.let_go_on(begun, by=lead, now=noon)
    assert held_at(begun) == noon, "what was not looked at yet is not told"
    assert working.go_on_all(now=noon, seconds=60) == 2

    begun.refresh_from_db()
    assert (begun.ended_at, held_at(begun)) == (noon, None)
    assert ends(begun) == [Back.BACK] * 3
