"""A clinician falls ill: everybody on the list is told, or stands on the list to call."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from healthmsg.clinic.models import (
    Appointment,
    Clinic,
    Clinician,
    Leave,
    Patient,
    StaffUser,
    VisitStatus,
    WorkingHours,
)
from healthmsg.desk.calling import lists as call_lists
from healthmsg.desk.calling.lists import Asked
from healthmsg.desk.cancelled_lists import looking, progress, working
from healthmsg.desk.cancelled_lists.looking import Affected, Wanted
from healthmsg.desk.cancelled_lists.models import (
    AffectedVisit,
    CancelledList,
    ListAct,
    VisitEnd,
)
from healthmsg.desk.cancelled_lists.stands import Stands
from reminders import booking, calling
from reminders.models import Outcome
from tests import factories
from tests.reminders.desk import Desk, leaves, plan_of, tap, told_of_booking
from whatsapp.buttons import Verb
from whatsapp.models import Message, Sender
from whatsapp.status import Reason, Status

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
HOURS = {str(n): [["07:00", "20:00"]] for n in range(7)}


@pytest.fixture
def desk(sunrise_clinic: Clinic, sender: Sender) -> Desk:
    desk = Desk(sunrise_clinic, sender)
    desk.site.opening_hours = HOURS
    desk.site.save()
    for name, verbs in (("list_cancelled", ("seen",)), ("list_moved", ("seen", "another_time"))):
        gaps = "de {{old_when}} a {{when}}" if name == "list_moved" else "{{when}}"
        factories.make_template(
            desk.sender.account,
            name=name,
            body=f"Hola {{{{contact_name}}}}, lo lamentamos: {gaps}. Gracias.",
            buttons=("Lo he visto", "Otro horario")[: len(verbs)],
            verbs=verbs,
        )
    return desk


@pytest.fixture
def paz(desk: Desk) -> Clinician:
    return worker(desk, "Dra. Paz")


@pytest.fixture
def lead(db: None) -> StaffUser:
    return factories.make_person("lead")


def worker(desk: Desk, name: str) -> Clinician:
    found = factories.make_clinician(desk.clinic, name=name)
    WorkingHours.objects.create(clinician=found, site=desk.site, hours=HOURS)
    return found


def list_of(desk: Desk, paz: Clinician, noon: datetime, *, count: int = 3) -> list[Appointment]:
    """Visits of tomorrow from nine on, of people who were told of them."""
    nine = noon + DAY - 3 * HOUR
    visits = [
        desk.book(
            factories.make_patient(desk.clinic), nine + n * 20 * MINUTE, now=noon, clinician=paz
        )
        for n in range(count)
    ]
    for visit in visits:
        told_of_booking(visit, now=noon)
    return visits


def wanted(desk: Desk, paz: Clinician, noon: datetime, act: ListAct, **more: object) -> Wanted:
    day = {"begins_at": noon + 12 * HOUR, "ends_at": noon + 36 * HOUR}
    return Wanted(clinic=desk.clinic, clinician=paz, act=act, **day, **more)  # type: ignore[arg-type]


def decide(asked: Wanted, lead: StaffUser, now: datetime) -> CancelledList:
    found = looking.look(asked, now=now)
    begun = working.begin(asked, found, key=uuid4(), reason="ill", by=lead, now=now)
    working.go_on(begun, now=now, seconds=60)
    begun.refresh_from_db()
    return begun


def stands(begun: CancelledList, now: datetime) -> list[Stands]:
    return [line.stands for line in progress.lines(begun, now=now)]


def to_call(desk: Desk, now: datetime) -> list[Appointment]:
    found = call_lists.make(Asked(desk.clinic, 2 * DAY), now=now)
    return [one.row.appointment for one in found.ahead]


def test_all_are_cancelled_and_told_with_one_message_each(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon)
    other = desk.book(factories.make_patient(desk.clinic), noon + DAY, now=noon)

    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)

    other.refresh_from_db()
    assert other.status == VisitStatus.BOOKED
    assert {Appointment.objects.get(pk=v.pk).status for v in visits} == {
        VisitStatus.CANCELLED_BY_CLINIC
    }
    mine = Message.objects.filter(stream=begun.stream)
    assert {(m.status, m.send_after) for m in mine} == {(Status.QUEUED, noon + HOUR)}
    assert all("lo lamentamos" in m.body for m in mine)
    # It stands as the news: the rule for single visits adds nothing.
    assert plan_of(visits[0])["appointment_cancelled"] == "QUEUED"
    assert Message.objects.filter(appointment=visits[0]).count() == 2
    assert stands(begun, noon + HOUR) == [Stands.ON_ITS_WAY] * 3
    assert begun.ended_at is not None


@pytest.mark.parametrize(
    ("now", "leaves_at"),
    [
        (datetime(2026, 3, 10, 7, 30, tzinfo=UTC), datetime(2026, 3, 10, 9, tzinfo=UTC)),
        (datetime(2026, 3, 10, 9, 30, tzinfo=UTC), datetime(2026, 3, 10, 9, 30, tzinfo=UTC)),
        (datetime(2026, 3, 10, 15, tzinfo=UTC), datetime(2026, 3, 10, 15, tzinfo=UTC)),
        (datetime(2026, 3, 10, 23, 30, tzinfo=UTC), datetime(2026, 3, 11, 9, tzinfo=UTC)),
    ],
    ids=["half past four", "half past six", "noon", "evening"],
)
def test_at_night_it_waits_until_six_in_the_morning(
    willing_patient: Patient, now: datetime, leaves_at: datetime
) -> None:
    visit = factories.make_visit(willing_patient, starts_at=now + 3 * DAY)

    assert working.leaves_at(visit, now) == leaves_at


def test_sent_twice_it_is_one_decision_and_worked_on_once(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    list_of(desk, paz, noon)
    asked = wanted(desk, paz, noon, ListAct.CANCEL)
    found, key = looking.look(asked, now=noon), uuid4()

    first, second = (
        working.begin(asked, found, key=key, reason="", by=lead, now=noon) for _ in range(2)
    )
    assert (first, AffectedVisit.objects.count()) == (second, 3)
    assert working.go_on(first, now=noon, seconds=60) == 3
    assert working.go_on(second, now=noon, seconds=60) == 0


def test_killed_in_the_middle_it_goes_on_where_it_was(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    list_of(desk, paz, noon)
    asked = wanted(desk, paz, noon, ListAct.CANCEL)
    begun = working.begin(
        asked, looking.look(asked, now=noon), key=uuid4(), reason="", by=lead, now=noon
    )
    assert working._work_on_one(begun, noon)
    begun.refresh_from_db()
    assert begun.ended_at is None

    assert working.go_on_all(now=noon + MINUTE, seconds=60) == 2

    begun.refresh_from_db()
    assert begun.ended_at == noon + MINUTE
    assert Message.objects.filter(stream=begun.stream).count() == 3


def test_stopped_it_touches_no_more_and_can_go_on(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    list_of(desk, paz, noon)
    asked = wanted(desk, paz, noon, ListAct.CANCEL)
    begun = working.begin(
        asked, looking.look(asked, now=noon), key=uuid4(), reason="", by=lead, now=noon
    )
    working._work_on_one(begun, noon)

    assert working.stop(begun, by=lead, now=noon)
    assert not working.stop(begun, by=lead, now=noon)
    assert working.go_on(begun, now=noon, seconds=60) == 0
    begun.stream.refresh_from_db()
    assert begun.stream.held_at == noon

    assert working.let_go_on(begun, by=lead, now=noon)
    assert working.go_on(begun, now=noon, seconds=60) == 2
    begun.stream.refresh_from_db()
    assert begun.stream.held_at is None


def test_whoever_is_not_on_whatsapp_is_to_call_at_once_and_others_when_it_gets_late(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    silent, slow, told = list_of(desk, paz, noon)
    silent.patient.contacts.update(phone=None)
    found = looking.look(wanted(desk, paz, noon, ListAct.CANCEL), now=noon)
    assert [one.reason for one in found] == [Reason.NO_NUMBER, None, None]

    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon)
    assert to_call(desk, noon + MINUTE) == [silent]
    leaves(AffectedVisit.objects.get(appointment=told).message, at=noon)

    assert to_call(desk, noon + 31 * MINUTE) == [silent, slow]
    assert stands(begun, noon + 31 * MINUTE) == [Stands.TO_CALL, Stands.TO_CALL, Stands.TOLD]
    silent.refresh_from_db()
    calling.log(
        silent, Outcome.TOLD, version=silent.version, known=0, by=lead, now=noon + 32 * MINUTE
    )
    assert to_call(desk, noon + 33 * MINUTE) == [slow]
    assert stands(begun, noon + 33 * MINUTE)[0] == Stands.CALLED


def test_a_list_cancelled_weeks_before_stays_to_call_until_its_visits_are_over(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visit = desk.book(factories.make_patient(desk.clinic), noon + 20 * DAY, now=noon, clinician=paz)
    visit.patient.contacts.update(phone=None)
    days = {"begins_at": noon + 19 * DAY, "ends_at": noon + 21 * DAY}
    decide(Wanted(clinic=desk.clinic, clinician=paz, act=ListAct.CANCEL, **days), lead, noon)  # type: ignore[arg-type]

    assert to_call(desk, noon + 13 * DAY) == [visit]
    assert to_call(desk, noon + 19 * DAY) == [visit]


def test_a_tap_says_that_it_was_seen(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    (visit,) = list_of(desk, paz, noon, count=1)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon)
    message = leaves(
        AffectedVisit.objects.get(appointment=visit).message, at=noon, status=Status.SENT
    )

    first, second = (tap(message, Verb.SEEN, now=noon + n * MINUTE) for n in (1, 2))

    assert (first[0], second[0]) == ("SEEN", "SEEN")
    assert AffectedVisit.objects.get().seen_at == noon + MINUTE
    # The receipt may be lost: whoever has tapped knows it.
    assert to_call(desk, noon + DAY) == []
    assert stands(begun, noon + HOUR) == [Stands.SEEN]


def test_moved_to_another_day_at_the_same_hours(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon)
    taken = noon + 3 * DAY - 3 * HOUR
    desk.book(factories.make_patient(desk.clinic), taken, now=noon, clinician=paz)
    asked = wanted(desk, paz, noon, ListAct.OTHER_DAY, to_day=(noon + 3 * DAY).date())

    found = looking.look(asked, now=noon)
    assert [bool(one.problem) for one in found] == [True, False, False]
    begun = decide(asked, lead, noon)

    rows = [Appointment.objects.get(pk=v.pk) for v in visits]
    assert [row.starts_at for row in rows] == [
        visits[0].starts_at,
        *(v.starts_at + 2 * DAY for v in visits[1:]),
    ]
    assert stands(begun, noon) == [
        Stands.NOT_POSSIBLE,
        Stands.ON_ITS_WAY,
        Stands.ON_ITS_WAY,
    ]
    message = AffectedVisit.objects.get(appointment=rows[1]).message
    assert message is not None
    assert "lo lamentamos: de" in message.body


@pytest.mark.parametrize("minutes", [20, -20], ids=["later", "earlier"])
def test_moved_by_some_minutes_each_leaves_its_time_to_its_neighbor(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime, minutes: int
) -> None:
    visits = list_of(desk, paz, noon)

    decide(wanted(desk, paz, noon, ListAct.LATER, by=minutes * MINUTE), lead, noon)

    assert [Appointment.objects.get(pk=v.pk).starts_at for v in visits] == [
        v.starts_at + minutes * MINUTE for v in visits
    ]


def test_each_gets_the_next_free_time_of_the_same_clinician(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon)
    asked = wanted(desk, paz, noon, ListAct.NEXT_FREE)
    Leave.objects.create(
        clinician=paz, first_day=(noon + 2 * DAY).date(), last_day=(noon + 2 * DAY).date()
    )

    decide(asked, lead, noon)

    rows = [Appointment.objects.get(pk=v.pk) for v in visits]
    assert len({row.starts_at for row in rows}) == 3
    assert {row.clinician for row in rows} == {paz}
    assert all(row.starts_at >= asked.ends_at for row in rows)
    assert {row.starts_at.date() for row in rows} == {(noon + 3 * DAY).date()}


def test_handed_over_at_the_same_times_as_far_as_the_other_is_free(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon)
    sol = worker(desk, "Dr. Sol")
    desk.book(factories.make_patient(desk.clinic), visits[1].starts_at, now=noon, clinician=sol)
    asked = wanted(desk, paz, noon, ListAct.HAND_OVER, to_clinician=sol)
    problems = [one.problem for one in looking.look(asked, now=noon)]
    assert problems == ["", "taken by another visit", ""]

    away = Leave.objects.create(
        clinician=sol, first_day=(noon + DAY).date(), last_day=(noon + DAY).date()
    )
    assert looking.look(asked, now=noon)[0].problem == "away, or not at work then"
    away.delete()

    begun = decide(asked, lead, noon)

    rows = [Appointment.objects.get(pk=v.pk) for v in visits]
    assert [row.clinician for row in rows] == [sol, paz, sol]
    assert [row.starts_at for row in rows] == [v.starts_at for v in visits]
    assert not Message.objects.filter(stream=begun.stream).exists()


def test_what_somebody_changed_meanwhile_is_left_alone(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    visits = list_of(desk, paz, noon)
    asked = wanted(desk, paz, noon, ListAct.CANCEL)
    found = looking.look(asked, now=noon)
    begun = working.begin(asked, found, key=uuid4(), reason="", by=lead, now=noon)
    booking.move(visits[0], booking.Change(noon + 5 * DAY), by=None, now=noon)

    working.go_on(begun, now=noon, seconds=60)

    ends = AffectedVisit.objects.order_by("pk").values_list("ended", flat=True)
    assert list(ends) == [VisitEnd.CHANGED, VisitEnd.CANCELLED, VisitEnd.CANCELLED]


def test_cancelled_and_not_rebooked_are_listed_until_they_are(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    first, second = list_of(desk, paz, noon, count=2)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon)

    def open_ones() -> list[Appointment]:
        lines = progress.not_rebooked(progress.lines(begun, now=noon))
        return [line.row.appointment for line in lines]

    assert open_ones() == [first, second]
    booking.undo_cancel(first, now=noon + HOUR)
    assert open_ones() == [second]
    desk.book(second.patient, noon + 9 * DAY, now=noon + HOUR)
    assert open_ones() == []


def test_only_what_was_booked_after_the_list_is_a_new_visit_be_it_earlier_or_later(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    had_another, comes_sooner = list_of(desk, paz, noon, count=2)
    desk.book(had_another.patient, noon + 9 * DAY, now=noon, kind=factories.make_kind(desk.clinic))
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)

    booked = desk.book(comes_sooner.patient, noon + 4 * HOUR, now=noon + 2 * HOUR)

    lines = progress.lines(begun, now=noon + 2 * HOUR)
    assert [line.row.appointment for line in progress.not_rebooked(lines)] == [had_another]
    booking.cancel(booked, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon + 3 * HOUR)
    lines = progress.lines(begun, now=noon + 3 * HOUR)
    assert len(progress.not_rebooked(lines)) == 2


@pytest.mark.parametrize("is_same_kind", [True, False], ids=["same kind", "another kind"])
def test_an_older_visit_that_is_moved_after_the_list_is_no_new_one(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime, is_same_kind: bool
) -> None:
    (cancelled,) = list_of(desk, paz, noon, count=1)
    kind = desk.kind if is_same_kind else factories.make_kind(desk.clinic)
    older = desk.book(cancelled.patient, noon + 9 * DAY, now=noon, kind=kind)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)

    booking.move(older, booking.Change(noon + 2 * DAY), by=lead, now=noon + 2 * HOUR)

    # They would have come to it anyway: one of two is still missing.
    lines = progress.lines(begun, now=noon + 2 * HOUR)
    assert [line.row.appointment for line in progress.not_rebooked(lines)] == [cancelled]


def test_another_visit_of_the_list_that_stands_again_is_no_new_one(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime
) -> None:
    (first,) = list_of(desk, paz, noon, count=1)
    kind = factories.make_kind(desk.clinic)
    later = first.starts_at + HOUR
    second = desk.book(first.patient, later, now=noon, clinician=paz, kind=kind)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)

    booking.undo_cancel(second, now=noon + 2 * HOUR)

    lines = progress.lines(begun, now=noon + 2 * HOUR)
    assert [line.row.appointment for line in progress.not_rebooked(lines)] == [first]


def test_the_preview_changes_its_stamp_with_every_visit(
    desk: Desk, paz: Clinician, noon: datetime
) -> None:
    list_of(desk, paz, noon)
    asked = wanted(desk, paz, noon, ListAct.CANCEL)
    look: Callable[[], list[Affected]] = lambda: looking.look(asked, now=noon)  # noqa: E731
    before = looking.stamp(look())
    assert looking.stamp(look()) == before

    booking.cancel(look()[0].visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon)

    assert looking.stamp(look()) != before
