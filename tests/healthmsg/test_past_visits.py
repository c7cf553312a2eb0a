"""Visits that were kept long enough leave people for good; what is counted of them stays."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthmsg.clinic import erasure
from healthmsg.clinic.models import Appointment, Clinic, SlotHold, VisitStatus
from healthmsg.desk.cancelled_lists.models import AffectedVisit, CancelledList
from healthmsg.desk.daily import counting, rounds
from healthmsg.desk.models import CountedDay, DayCount
from healthmsg.desk.privacy import retention
from healthmsg.desk.privacy.models import Kept, RetentionRun, RunState
from reminders.models import (
    CallOutcome,
    EarlierWish,
    FreedSlot,
    Outcome,
    Reminder,
    SlotOffer,
    TimeOffer,
)
from tests import factories
from tests.healthmsg.test_days_in_numbers import Stage
from tests.healthmsg.test_retention import YEAR, begin
from whatsapp.models import AlsoAbout, Message, Sender, Stream
from whatsapp.status import Status

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
FAR = 2 * YEAR
# However the clock runs, no piece is left for another time.
LONG = 60
KIND = Kept.PAST_VISITS


@pytest.fixture
def stage(sender: Sender) -> Stage:
    return Stage(sender)


def told(stage: Stage, starts_at: datetime, **fields: Any) -> Appointment:
    """A visit whose reminder had arrived the day before."""
    known: dict[str, Any] = {"status": VisitStatus.MISSED, "kind": stage.kind}
    known |= {"site": stage.sites[0], "booked_at": starts_at - 9 * DAY} | fields
    patient = known.pop("patient", stage.patient)
    visit = factories.make_visit(patient, starts_at=starts_at, **known)
    message = about(stage, visit, starts_at - DAY)
    stage.remind(visit, stage.rules[0], message)
    return visit


def about(stage: Stage, visit: Appointment, written_at: datetime, **fields: Any) -> Message:
    known: dict[str, Any] = {"send_after": None, "status": Status.READ, "language": "es"}
    known |= {"appointment": visit, "appointment_version": 1, "created_at": written_at}
    return factories.make_message(stage.sender, visit.patient, **(known | fields))


def counts() -> list[dict[str, Any]]:
    """Every count of every day, but those of which there is nothing to say."""
    rows = DayCount.objects.order_by("day", "cut", "key", "site_id").values()
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]


def count_again(clinic: Clinic, first: date, last: date, now: datetime) -> None:
    rounds.go_on(now=now)
    span = {"from": first.isoformat(), "until": last.isoformat()}
    call_command("count_days", *(f"--{name}={day}" for name, day in span.items()))


def remove(clinic: Clinic, now: datetime, **how: Any) -> RetentionRun:
    run = begin(clinic, KIND, now)
    retention.go_on(now=now, seconds=LONG, **how)
    run.refresh_from_db()
    return run


def hang_everything(stage: Stage, visit: Appointment, other: Appointment) -> None:
    """Give a visit one row of everything that can point to one."""
    at, staff = visit.starts_at - DAY, factories.make_person("ada")
    known: dict[str, Any] = {"clinic": stage.clinic, "site": visit.site, "starts_at": at}
    known |= {"kind": visit.kind, "ends_at": at + timedelta(minutes=20), "freed_at": at}
    slot = FreedSlot.objects.create(**known, left_by=visit, left_version=1)
    FreedSlot.objects.create(**known, left_by=other, left_version=1, taken_by=visit)
    SlotOffer.objects.create(slot=slot, wish=wished(visit), offered_at=at)
    TimeOffer.objects.create(appointment=visit, version=1, touched_at=at)
    CallOutcome.objects.create(
        clinic=stage.clinic,
        appointment=visit,
        version=1,
        number=1,
        outcome=Outcome.NO_ANSWER,
        called_at=at,
        called_by=staff,
    )
    SlotHold.objects.create(
        appointment=visit, site=visit.site, starts_at=at, ends_at=at + DAY, until=at
    )
    listed = CancelledList.objects.create(
        clinic=stage.clinic,
        begins_at=at,
        ends_at=at,
        act="CANCEL",
        stream=Stream.objects.create(clinic=stage.clinic, name="a list"),
        created_by=staff,
        created_at=at,
    )
    AffectedVisit.objects.create(cancelled_list=listed, appointment=visit, version=1, starts_at=at)
    shared = about(stage, other, at, is_shared=True)
    for _n in range(2):
        AlsoAbout.objects.create(message=shared, patient=visit.patient, appointment=visit)
        visit = told(stage, visit.starts_at + timedelta(hours=1))


def wished(visit: Appointment) -> EarlierWish:
    return EarlierWish.objects.create(
        clinic=visit.clinic,
        patient=visit.patient,
        kind=visit.kind,
        appointment=visit,
        wished_at=visit.booked_at,
    )


def pointing_at(visit: Appointment) -> dict[str, int]:
    relations = Appointment._meta.related_objects
    rows = {
        f"{one.related_model.__name__}.{one.field.name}": one.related_model._default_manager.filter(
            **{one.field.name: visit}
        ).count()
        for one in relations
    }
    return {name: count for name, count in rows.items() if count}


def test_a_past_visit_goes_with_all_that_hangs_from_it_and_messages_stay(
    stage: Stage, noon: datetime
) -> None:
    old, young = told(stage, noon - FAR), told(stage, noon - DAY)
    hang_everything(stage, old, young)
    assert len(pointing_at(old)) == len(Appointment._meta.related_objects)
    messages = Message.objects.count()

    run = remove(stage.clinic, noon)

    assert (run.state, run.removed, run.expected) == (RunState.DONE, 3, 3)
    assert list(stage.patient.appointments.all()) == [young]
    assert pointing_at(old) == {}
    assert Message.objects.count() == messages
    assert set(Reminder.objects.values_list("appointment", flat=True)) == {young.pk}
    assert FreedSlot.objects.get().taken_by is None
    also = AlsoAbout.objects.get()
    assert (also.patient, also.appointment) == (stage.patient, None)


def test_trends_say_the_same_after_visits_went_and_days_are_counted_again(
    stage: Stage, noon: datetime
) -> None:
    told(stage, noon - FAR)
    told(stage, noon - YEAR - DAY, site=stage.sites[1], status=VisitStatus.SEEN)
    told(stage, noon - DAY)
    day = (noon - FAR).date()
    rounds.go_on(now=noon)

    assert remove(stage.clinic, noon).removed == 2
    before = [one for one in counts() if one["day"] < (noon - YEAR).date()]
    count_again(stage.clinic, day - 2 * DAY, (noon - YEAR).date(), noon)

    after = [one for one in counts() if one["day"] < (noon - YEAR).date()]
    assert after == before
    of_a_day = DayCount.objects.filter(day=day, missed=1, visits=1, site=stage.sites[0])
    assert set(of_a_day.values_list("cut", flat=True)) == {
        *("WHOLE", "RULE", "HOUR", "LANGUAGE", "KIND")
    }
    assert of_a_day.get(cut="RULE").key == str(stage.rules[0].pk)
    of_the_message = DayCount.objects.get(day=day - DAY, cut="RULE", key=str(stage.rules[0].pk))
    assert (of_the_message.written, of_the_message.read) == (1, 1)


def test_the_command_says_which_days_stay_as_they_were_counted(
    stage: Stage, noon: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    counting.count(stage.clinic, noon.date() - DAY, now=noon, settle=True)

    count_again(stage.clinic, noon.date() - DAY, noon.date(), noon)

    said = capsys.readouterr().out
    assert "2 days of 1 clinics are counted." in said
    assert "1 of them stay as they were counted" in said


def test_a_visit_leaves_nobody_before_its_days_are_counted(stage: Stage, noon: datetime) -> None:
    told(stage, noon - YEAR - 3 * DAY)
    run = begin(stage.clinic, KIND, noon)

    # No time at all: each turn settles one day and goes no further.
    turns = 0
    while not run.removed:
        assert Appointment.objects.exists()
        retention.go_on(now=noon, seconds=-1 if turns < 5 else LONG)
        turns += 1
        run.refresh_from_db()

    days = CountedDay.objects.exclude(settled_at=None).values_list("day", flat=True)
    last = (noon - YEAR).astimezone(stage.clinic.zone).date()
    assert sorted(days) == [last - n * DAY for n in range(4, -1, -1)]
    assert not Appointment.objects.exists()


made = st.fixed_dictionaries(
    {
        "days": st.integers(330, 400),
        "is_held": st.booleans(),
        "status": st.sampled_from(VisitStatus.values),
        "says_since": st.booleans(),
    }
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(made, max_size=9), st.integers(1, 4))
def test_in_whatever_pieces_what_was_checked_goes_and_nothing_else(
    stage: Stage, lines: list[dict[str, Any]], piece: int
) -> None:
    now = factories.NOON
    with transaction.atomic():
        held = factories.make_patient(stage.clinic)
        erasure.place_hold(held, reason="a court asks", by=None, now=now)
        staying = set()
        for n, line in enumerate(lines):
            patient = held if line["is_held"] else stage.patient
            at = now - line["days"] * DAY + timedelta(minutes=n)
            visit = told(stage, at, patient=patient, status=line["status"])
            if line["says_since"]:
                about(stage, visit, now - DAY)
            if line["is_held"] or line["says_since"] or at >= now - YEAR:
                staying.add(visit.pk)
        messages = set(Message.objects.values_list("pk", flat=True))

        run = begin(stage.clinic, KIND, now)
        first = rounds.earliest(stage.clinic, now.date())
        # As often as a worker is killed between two pieces.
        for _turn in range(1000):
            retention.go_on(now=now, seconds=-1, piece=piece)
            run.refresh_from_db()
            if run.state == RunState.DONE:
                break

        assert run.removed == run.expected == len(lines) - len(staying)
        assert set(Appointment.objects.values_list("pk", flat=True)) == staying
        assert set(Message.objects.values_list("pk", flat=True)) == messages
        assert retention.check(stage.clinic, KIND, before=now - YEAR) == 0
        kept, last = counts(), (now - YEAR).astimezone(stage.clinic.zone).date()
        for number in range((last - first).days + 1):
            assert not counting.count(stage.clinic, first + number * DAY, now=now)
        assert counts() == kept
        whole = DayCount.objects.filter(cut="WHOLE", day__lt=last)
        known = sum(1 for line in lines if ended(line) and now - line["days"] * DAY < now - YEAR)
        assert sum(one.visits for one in whole) <= known
        transaction.set_rollback(True)


def ended(line: dict[str, Any]) -> bool:
    return line["status"] in {"ARRIVED", "SEEN", "LEFT", "MISSED"}


def test_a_piece_that_breaks_leaves_all_of_it_and_goes_on_later(
    stage: Stage, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(stage, noon - FAR)
    run = begin(stage.clinic, KIND, noon)

    def killed(_ids: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("reminders.retention.forgetting.part_from_visits", killed)
        with pytest.raises(KeyboardInterrupt):
            retention.go_on(now=noon, seconds=LONG)
    run.refresh_from_db()
    assert (run.removed, run.state) == (0, RunState.GOING)
    assert (Reminder.objects.count(), Appointment.objects.count()) == (1, 1)

    assert retention.go_on(now=noon, seconds=LONG) == 1
    assert not Appointment.objects.exists()
