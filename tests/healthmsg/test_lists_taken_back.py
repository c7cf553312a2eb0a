"""A whole list is taken back: what can be is as it was, whoever knew otherwise is told."""

from collections import Counter
from datetime import datetime
from uuid import uuid4

from healthmsg.clinic.models import (
    Appointment,
    Clinician,
    PatientState,
    StaffUser,
    VisitStatus,
)
from healthmsg.desk.calling import lists as call_lists
from healthmsg.desk.calling.lists import Asked
from healthmsg.desk.cancelled_lists import back, looking, taking_back, working
from healthmsg.desk.cancelled_lists.models import AffectedVisit, Back, CancelledList, ListAct
from healthmsg.desk.cancelled_lists.stands import Stands
from reminders import booking
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
from tests.reminders.desk import Desk, tick
from whatsapp.models import Message, Stream
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
    assert begun.back_ended_at == noon + HOUR
    assert held_at(begun) is None


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
    assert (begun.back_ended_at, held_at(begun)) == (noon, None)
    assert ends(begun) == [Back.BACK] * 3
