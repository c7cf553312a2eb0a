"""Another time: what is offered, kept and taken, and where a person has to go on."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinician,
    ClosingDay,
    Patient,
    Saying,
    SlotHold,
    VisitStatus,
)
from reminders import booking, rounds
from reminders.booking import Change
from reminders.models import OfferEnd, TimeOffer
from tests import factories
from tests.reminders.desk import Desk, leaves, plan_of, reminder, tap, tick
from whatsapp import buttons
from whatsapp.buttons import Tap, Verb
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.status import Status

WEEK, DAY, MINUTE = timedelta(days=7), timedelta(days=1), timedelta(minutes=1)
LONG = {str(n): [["08:00", "18:00"]] for n in range(7)}
SHORT = {"0": [["10:00", "11:00"]]}  # Mondays


@pytest.fixture
def doctor(desk: Desk) -> Clinician:
    return factories.make_clinician(desk.clinic)


def opens(desk: Desk, week: dict[str, list[list[str]]]) -> None:
    desk.site.opening_hours = week
    desk.site.save(update_fields=["opening_hours"])


def asked(desk: Desk, patient: Patient, noon: datetime, **fields: object) -> Message:
    """A visit in a week and a bit; returns the reminder that arrived."""
    visit = desk.book(patient, noon + WEEK, now=noon, **fields)
    tick(noon + 4 * DAY)
    for message in Message.objects.all():
        leaves(message, at=noon + 4 * DAY)
    reminding = reminder(visit, "appointment_reminder_days").message
    assert reminding is not None
    return reminding


def rows(answer: Message | None) -> list[tuple[str, Tap]]:
    """Titles and taps of an answer's buttons or rows."""
    assert answer is not None
    assert answer.status != Status.WITHHELD, answer.reason
    action = answer.payload["interactive"]["action"]
    if "sections" in action:
        listed = action["sections"][0]["rows"]
    else:
        listed = [button["reply"] for button in action["buttons"]]
    read = [(row["title"], buttons.read(row["id"])) for row in listed]
    assert len(read) <= 10
    return [(title, one) for title, one in read if one is not None]


def choose(
    answer: Message | None, verb: Verb, *, now: datetime, number: int = 0
) -> tuple[str | None, Message | None]:
    """Tap the row of this verb, the first unless told otherwise."""
    taps = [one for _title, one in rows(answer) if one.verb == verb]
    one = taps[number]
    assert answer is not None
    return tap(answer, one.verb, now=now, about=one.about, at=one.at, who=one.who)


def visit_of(message: Message) -> Appointment:
    assert message.appointment_id is not None
    return Appointment.objects.get(pk=message.appointment_id)


def test_few_times_are_shown_at_once_with_ways_out(
    desk: Desk, willing_patient: Patient, doctor: Clinician, noon: datetime
) -> None:
    opens(desk, {"0": [["10:00", "10:20"]]})
    message = asked(desk, willing_patient, noon, clinician=doctor)

    outcome, answer = tap(message, Verb.ANOTHER_TIME, now=noon + 4 * DAY)

    assert outcome == ReplyOutcome.OFFERED
    titles = [title for title, _one in rows(answer)]
    assert titles[0] == "lun, 16 mar, 10:00"
    assert titles[-2:] == ["Antes si se puede", "Hablar con ustedes"]
    assert "17 de marzo" in (answer.body if answer else "")
    assert visit_of(message).answer == Answer.WANTS_ANOTHER_TIME
    assert TimeOffer.objects.get().reply is not None


def test_many_are_shown_by_day_then_by_hour_and_go_on(
    desk: Desk, willing_patient: Patient, doctor: Clinician, noon: datetime
) -> None:
    opens(desk, LONG)
    now = noon + 4 * DAY
    message = asked(desk, willing_patient, noon, clinician=doctor)

    _, days = tap(message, Verb.ANOTHER_TIME, now=now)
    _, later_days = choose(days, Verb.SEE_DAYS, now=now)
    _, hours = choose(days, Verb.SEE_TIMES, now=now, number=1)
    _, later = choose(hours, Verb.SEE_TIMES, now=now)

    assert [t for t, _ in rows(days)][:2] == ["sáb, 14 mar", "dom, 15 mar"]
    assert next(t for t, _ in rows(later_days)) == "sáb, 21 mar"
    assert [t for t, _ in rows(hours)][:2] == ["8:00", "8:20"]
    assert "domingo, 15 de marzo" in (hours.body if hours else "")
    assert next(t for t, _ in rows(later)) == "10:20"
    assert TimeOffer.objects.get().rounds == 1


def test_chosen_is_kept_then_confirmed_and_moved(
    desk: Desk, willing_patient: Patient, doctor: Clinician, noon: datetime
) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    message = asked(desk, willing_patient, noon, clinician=doctor)
    _, answer = tap(message, Verb.ANOTHER_TIME, now=now)
    _, hours = choose(answer, Verb.SEE_TIMES, now=now)

    outcome, kept = choose(hours, Verb.CHOOSE_TIME, now=now)

    assert outcome == ReplyOutcome.OFFERED
    hold = SlotHold.objects.get()
    assert (hold.clinician, hold.until) == (doctor, now + 10 * MINUTE)
    assert [t for t, _ in rows(kept)] == ["Sí, moverla", "Otro horario"]

    outcome, done = choose(kept, Verb.TAKE_TIME, now=now + MINUTE)

    visit = visit_of(message)
    assert outcome == ReplyOutcome.MOVED
    assert (visit.starts_at, visit.version, visit.answer) == (hold.starts_at, 2, Answer.NONE)
    assert not SlotHold.objects.exists()
    assert TimeOffer.objects.get().ended == OfferEnd.MOVED
    assert done is not None
    assert "16 de marzo" in done.body
    assert "17 de marzo" in done.body
    # Our answer is the news: nothing else says it again, and what it says is known to be told.
    assert plan_of(visit)["appointment_moved"] == "QUEUED"
    assert reminder(visit, "appointment_moved").message == done


def test_undo_puts_it_back_while_nobody_else_has_the_time(
    desk: Desk, willing_patient: Patient, doctor: Clinician, noon: datetime
) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    message = asked(desk, willing_patient, noon, clinician=doctor)
    done = moved(message, now)
    leaves(done, at=now)

    outcome, back = choose(done, Verb.PUT_BACK, now=now)
    again, _ = choose(done, Verb.PUT_BACK, now=now)

    visit = visit_of(message)
    assert (outcome, again) == (ReplyOutcome.UNDONE, ReplyOutcome.OUT_OF_DATE)
    assert (visit.starts_at, visit.version) == (noon + WEEK, 3)
    assert reminder(visit, "appointment_moved").message == back


def moved(message: Message, now: datetime) -> Message:
    _, answer = tap(message, Verb.ANOTHER_TIME, now=now)
    _, hours = choose(answer, Verb.SEE_TIMES, now=now)
    _, kept = choose(hours, Verb.CHOOSE_TIME, now=now)
    _, done = choose(kept, Verb.TAKE_TIME, now=now)
    assert done is not None
    return done


def test_undo_says_so_where_the_old_time_is_gone(
    desk: Desk, willing_patient: Patient, doctor: Clinician, noon: datetime
) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    done = moved(asked(desk, willing_patient, noon, clinician=doctor), now)
    desk.book(factories.make_patient(desk.clinic), noon + WEEK, now=now, clinician=doctor)

    outcome, said = choose(done, Verb.PUT_BACK, now=now)

    assert outcome == ReplyOutcome.SLOT_GONE
    assert visit_of(done).version == 2
    assert "16 de marzo" in (said.body if said else "")


def test_a_time_gone_meanwhile_is_answered_with_others_and_then_a_person_is_asked(
    desk: Desk, willing_patient: Patient, doctor: Clinician, noon: datetime
) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    message = asked(desk, willing_patient, noon, clinician=doctor)
    _, answer = tap(message, Verb.ANOTHER_TIME, now=now)
    _, hours = choose(answer, Verb.SEE_TIMES, now=now)
    first, second, *_others = [one for _t, one in rows(hours) if one.verb == Verb.CHOOSE_TIME]
    for one in (first, second):
        assert one.at is not None
        desk.book(factories.make_patient(desk.clinic), one.at, now=now, clinician=doctor)

    outcome, others = choose(hours, Verb.CHOOSE_TIME, now=now)
    over, noted = choose(hours, Verb.CHOOSE_TIME, now=now, number=1)

    assert outcome == ReplyOutcome.OFFERED
    assert "se acaba de ocupar" in (others.body if others else "")
    assert over == ReplyOutcome.WANTS_ANOTHER_TIME
    assert "se comunicará con usted" in (noted.body if noted else "")
    visit = visit_of(message)
    assert (visit.starts_at, visit.answer) == (noon + WEEK, Answer.WANTS_ANOTHER_TIME)
    assert TimeOffer.objects.get().ended == OfferEnd.PERSON
    assert tap(message, Verb.ANOTHER_TIME, now=now)[0] == ReplyOutcome.OUT_OF_DATE


@pytest.mark.parametrize(
    ("is_taken", "expected"),
    [
        pytest.param(False, ReplyOutcome.MOVED, id="still-free"),
        pytest.param(True, ReplyOutcome.OFFERED, id="taken"),
    ],
)
def test_after_the_minutes_the_time_is_taken_all_the_same_if_it_is_free(
    desk: Desk,
    willing_patient: Patient,
    doctor: Clinician,
    noon: datetime,
    is_taken: bool,
    expected: ReplyOutcome,
) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    message = asked(desk, willing_patient, noon, clinician=doctor)
    _, answer = tap(message, Verb.ANOTHER_TIME, now=now)
    _, hours = choose(answer, Verb.SEE_TIMES, now=now)
    _, kept = choose(hours, Verb.CHOOSE_TIME, now=now)
    if is_taken:
        starts_at = SlotHold.objects.get().starts_at
        desk.book(factories.make_patient(desk.clinic), starts_at, now=now, clinician=doctor)

    outcome, _ = choose(kept, Verb.TAKE_TIME, now=now + 30 * MINUTE)

    assert outcome == expected


def test_a_time_kept_for_one_is_not_given_to_another(
    desk: Desk, willing_patient: Patient, doctor: Clinician, noon: datetime
) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    message = asked(desk, willing_patient, noon, clinician=doctor)
    other = desk.book(
        factories.make_patient(desk.clinic), noon + WEEK + DAY, now=noon, clinician=doctor
    )
    _, answer = tap(message, Verb.ANOTHER_TIME, now=now)
    _, hours = choose(answer, Verb.SEE_TIMES, now=now)
    first = next(one for _t, one in rows(hours) if one.verb == Verb.CHOOSE_TIME)
    assert first.at is not None
    SlotHold.objects.create(
        appointment=other,
        clinician=doctor,
        site=desk.site,
        starts_at=first.at,
        ends_at=first.at + 20 * MINUTE,
        until=now + 5 * MINUTE,
    )

    early, _ = choose(hours, Verb.CHOOSE_TIME, now=now)
    late, _ = choose(hours, Verb.CHOOSE_TIME, now=now + 6 * MINUTE)

    assert (early, late) == (ReplyOutcome.OFFERED, ReplyOutcome.OFFERED)
    assert SlotHold.objects.get().appointment_id == message.appointment_id


@pytest.mark.parametrize("why", ["kind", "closed", "no-hours"])
def test_where_nothing_can_be_offered_a_person_is_asked_as_ever(
    desk: Desk, willing_patient: Patient, noon: datetime, why: str
) -> None:
    opens(desk, {} if why == "no-hours" else {"0": [["10:00", "10:20"]]})
    if why == "kind":
        desk.kind.another_time = Saying.ASKS_A_PERSON
        desk.kind.save()
    if why == "closed":
        monday = (noon + 6 * DAY).date()
        ClosingDay.objects.bulk_create(
            ClosingDay(site=desk.site, closed_on=monday + n * WEEK) for n in range(9)
        )
    message = asked(desk, willing_patient, noon)

    outcome, answer = tap(message, Verb.ANOTHER_TIME, now=noon + 4 * DAY)

    assert outcome == ReplyOutcome.WANTS_ANOTHER_TIME
    assert answer is not None
    assert answer.payload["type"] == "text"


def test_talk_to_us_ends_it_and_leaves_it_to_a_person(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    _, answer = tap(asked(desk, willing_patient, noon), Verb.ANOTHER_TIME, now=now)

    outcome, _ = choose(answer, Verb.TALK_TO_US, now=now)

    assert outcome == ReplyOutcome.WANTS_ANOTHER_TIME
    assert TimeOffer.objects.get().ended == OfferEnd.PERSON


@pytest.mark.parametrize("change", ["moved", "cancelled", "begun"])
def test_a_list_of_a_visit_that_changed_since_does_nothing(
    desk: Desk, willing_patient: Patient, noon: datetime, change: str
) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    message = asked(desk, willing_patient, noon)
    _, answer = tap(message, Verb.ANOTHER_TIME, now=now)
    _, hours = choose(answer, Verb.SEE_TIMES, now=now)
    visit = visit_of(message)
    if change == "moved":
        booking.move(visit, Change(noon + 9 * DAY), by=None, now=now)
    if change == "cancelled":
        booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=now)
    later = noon + 8 * DAY if change == "begun" else now

    outcome, _ = choose(hours, Verb.CHOOSE_TIME, now=later)

    assert outcome == ReplyOutcome.OUT_OF_DATE
    assert not SlotHold.objects.exists()


def test_whoever_goes_away_while_choosing_is_called(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    message = asked(desk, willing_patient, noon)
    _, answer = tap(message, Verb.ANOTHER_TIME, now=now)
    reply = Reply.objects.get()
    assert reply.needs_person_at is None

    assert rounds.take_up_left(now=now + 59 * MINUTE) == 0
    assert rounds.take_up_left(now=now + 61 * MINUTE) == 1
    assert rounds.take_up_left(now=now + 61 * MINUTE) == 0

    reply.refresh_from_db()
    assert reply.needs_person_at == now + 61 * MINUTE
    # Still in time, and nobody has to call any more.
    _, hours = choose(answer, Verb.SEE_TIMES, now=now + 90 * MINUTE)
    _, kept = choose(hours, Verb.CHOOSE_TIME, now=now + 90 * MINUTE)
    outcome, _ = choose(kept, Verb.TAKE_TIME, now=now + 90 * MINUTE)
    assert outcome == ReplyOutcome.MOVED
    assert not Reply.objects.filter(needs_person_at__isnull=False).exists()


def test_who_confirms_after_all_is_not_called(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    message = asked(desk, willing_patient, noon)
    tap(message, Verb.ANOTHER_TIME, now=now)
    tap(message, Verb.CONFIRM, now=now)

    assert rounds.take_up_left(now=now + 61 * MINUTE) == 1

    assert TimeOffer.objects.get().ended == OfferEnd.CHANGED
    assert not Reply.objects.filter(needs_person_at__isnull=False).exists()


def test_of_a_family_it_is_asked_whose_visit(desk: Desk, noon: datetime) -> None:
    opens(desk, SHORT)
    now = noon + 4 * DAY
    visits = [
        desk.book(patient, noon + WEEK + n * 20 * MINUTE, now=noon)
        for n, patient in enumerate(desk.family(2))
    ]
    tick(now)
    for message in Message.objects.all():
        leaves(message, at=now)
    shared = Message.objects.get(is_shared=True)

    outcome, which = tap(shared, Verb.ANOTHER_TIME, now=now)
    then, answer = choose(which, Verb.ANOTHER_TIME, now=now, number=2)

    assert (outcome, then) == (ReplyOutcome.ASKED_WHICH, ReplyOutcome.OFFERED)
    assert answer is not None
    assert answer.appointment_id == visits[1].pk
    assert visit_of(answer).answer == Answer.WANTS_ANOTHER_TIME
