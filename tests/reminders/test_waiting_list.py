"""The waiting list: who is asked about a freed time, how often, and who gets it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinician,
    GivenHow,
    Leave,
    Patient,
    Purpose,
    SlotHold,
    VisitStatus,
)
from reminders import booking, freed, waiting_list, waves
from reminders.booking import Change
from reminders.models import EarlierEnd, EarlierWish, FreedSlot, SlotEnd, SlotOffer
from reminders.refusals import BeingChosen, NotLive
from tests import factories
from tests.reminders.desk import Desk, leaves, plan_of, tap
from tests.reminders.test_another_time import choose, rows
from whatsapp.buttons import Verb
from whatsapp.models import Message, ReplyOutcome
from whatsapp.signals import template_uses_asked
from whatsapp.status import Status

WEEK, DAY, HOUR, MINUTE = (
    timedelta(days=7),
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
)
OFFER = "earlier_slot_offer"
BODY = "Hola {{contact_name}}, {{clinic_name}}: libre {{earlier_when}}, no {{when}}. Gracias."


@pytest.fixture
def doctor(desk: Desk) -> Clinician:
    factories.make_template(
        desk.sender.account,
        name=OFFER,
        body=BODY,
        buttons=("Lo quiero", "Dejar", "Basta"),
        verbs=("take_earlier", "keep_mine", "no_earlier"),
    )
    return factories.make_clinician(desk.clinic)


@pytest.fixture
def waits(desk: Desk, doctor: Clinician, noon: datetime) -> Callable[..., Appointment]:
    """A patient with a visit in three weeks who would come earlier."""

    def wait(patient: Patient | None = None, **wish: object) -> Appointment:
        patient = patient or factories.make_patient(desk.clinic)
        n = EarlierWish.objects.count()
        visit = desk.book(patient, noon + 3 * WEEK + n * HOUR, now=noon, clinician=doctor)
        waiting_list.wish(visit, by=None, now=noon + n * MINUTE, **wish)  # type: ignore[arg-type]
        return visit

    return wait


@pytest.fixture
def leaving(desk: Desk, doctor: Clinician, noon: datetime) -> Appointment:
    """A visit in a week, of somebody who will cancel."""
    return desk.book(factories.make_patient(desk.clinic), noon + WEEK, now=noon, clinician=doctor)


def cancelled(visit: Appointment, now: datetime) -> FreedSlot:
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=now)
    return FreedSlot.objects.get(left_by=visit)


def offers() -> list[Message]:
    return list(
        Message.objects.filter(template_version__template__name=OFFER)
        .exclude(status=Status.WITHHELD)
        .order_by("pk")
    )


def test_a_freed_time_is_offered_to_a_few_and_then_to_the_next(
    waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    waiting = [waits() for _ in range(5)]
    slot = cancelled(leaving, noon)

    first = waves.offer_due(now=noon)
    again = waves.offer_due(now=noon + MINUTE)
    second = waves.offer_due(now=noon + 16 * MINUTE)
    third = waves.offer_due(now=noon + 32 * MINUTE)

    assert (first, again, second, third) == (3, 0, 2, 0)
    assert [m.appointment_id for m in offers()] == [visit.pk for visit in waiting]
    assert "martes, 17 de marzo, 12:00" in offers()[0].body
    assert offers()[0].expires_at <= slot.starts_at
    slot.refresh_from_db()
    assert (slot.ended, slot.waves) == (SlotEnd.NOBODY, 2)


def test_the_first_tap_wins_and_the_others_are_told_kindly(
    waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    quick, slow, silent = (waits() for _ in range(3))
    slot = cancelled(leaving, noon)
    waves.offer_due(now=noon)
    to_quick, to_slow, to_silent = offers()
    for message in (to_quick, to_slow):
        leaves(message, at=noon)

    won, done = tap(to_quick, Verb.TAKE_EARLIER, now=noon + MINUTE)
    lost, told = tap(to_slow, Verb.TAKE_EARLIER, now=noon + 2 * MINUTE)

    assert (won, lost) == (ReplyOutcome.MOVED, ReplyOutcome.SLOT_GONE)
    for visit in (quick, slow):
        visit.refresh_from_db()
    assert (quick.starts_at, slow.starts_at) == (slot.starts_at, noon + 3 * WEEK + HOUR)
    assert told is not None
    assert "más rápida" in told.body
    assert [t for t, _one in rows(done)] == ["Deshacer", "Otro horario"]
    slot.refresh_from_db()
    assert (slot.ended, slot.taken_by) == (SlotEnd.TAKEN, quick)
    ended = dict(EarlierWish.objects.values_list("appointment", "ended"))
    assert ended == {quick.pk: EarlierEnd.MOVED, slow.pk: "", silent.pk: ""}
    to_silent.refresh_from_db()
    assert to_silent.status == Status.WITHHELD  # it had not left yet
    assert plan_of(quick)["appointment_confirmation"] == "QUEUED"


@pytest.mark.parametrize(
    ("moves", "asked"),
    [
        pytest.param(0, 1, id="goes-on"),
        pytest.param(freed.GENERATIONS - 1, 0, id="ends"),
    ],
)
def test_the_winners_old_time_is_offered_in_turn_and_the_chain_ends(
    waits: Callable[..., Appointment],
    leaving: Appointment,
    noon: datetime,
    moves: int,
    asked: int,
) -> None:
    first, later = waits(), waits()
    Appointment.objects.filter(pk=later.pk).update(
        starts_at=later.starts_at + DAY, ends_at=later.ends_at + DAY
    )
    slot = cancelled(leaving, noon)
    FreedSlot.objects.filter(pk=slot.pk).update(generation=moves)
    waves.offer_due(now=noon)

    tap(offers()[0], Verb.TAKE_EARLIER, now=noon + MINUTE)

    left = FreedSlot.objects.get(left_by=first)
    assert (left.starts_at, left.generation) == (noon + 3 * WEEK, moves + 1)
    assert waves.offer_due(now=noon + 2 * MINUTE) == asked


def test_where_the_winner_was_the_last_of_the_list_nothing_more_is_freed(
    waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    first = waits()
    cancelled(leaving, noon)
    waves.offer_due(now=noon)

    tap(offers()[0], Verb.TAKE_EARLIER, now=noon + MINUTE)

    assert not FreedSlot.objects.filter(left_by=first).exists()


@pytest.mark.parametrize(
    ("verb", "outcome", "ended"),
    [
        pytest.param(Verb.KEEP_MINE, ReplyOutcome.KEEPS_TIME, "", id="keeps"),
        pytest.param(Verb.NO_EARLIER, ReplyOutcome.KEEPS_TIME, EarlierEnd.NO_LONGER, id="stops"),
    ],
)
def test_who_says_no_is_believed_and_the_next_are_asked_sooner(
    waits: Callable[..., Appointment],
    leaving: Appointment,
    noon: datetime,
    verb: Verb,
    outcome: ReplyOutcome,
    ended: str,
) -> None:
    for _ in range(4):
        waits()
    cancelled(leaving, noon)
    waves.offer_due(now=noon)
    messages = offers()

    for message in messages:
        leaves(message, at=noon)
        assert tap(message, verb, now=noon + MINUTE)[0] == outcome

    assert waves.offer_due(now=noon + 2 * MINUTE) == 1
    assert EarlierWish.objects.get(appointment=messages[0].appointment_id).ended == ended


def test_nobody_is_asked_more_often_than_the_caps_say(
    desk: Desk, doctor: Clinician, waits: Callable[..., Appointment], noon: datetime
) -> None:
    waits()
    asked = []
    for n in range(4):
        leaving = desk.book(
            factories.make_patient(desk.clinic), noon + WEEK + n * HOUR, now=noon, clinician=doctor
        )
        cancelled(leaving, noon)
        asked.append(waves.offer_due(now=noon))
    EarlierWish.objects.update(offers=desk.clinic.earlier_offers_in_all)
    FreedSlot.objects.filter(ended=SlotEnd.NOBODY).update(next_wave_at=noon + DAY, ended="")

    assert asked == [1, 1, 0, 0]
    assert waves.offer_due(now=noon + DAY) == 0


@pytest.mark.parametrize("why", ["short-notice", "night", "away", "booked", "being-chosen"])
def test_a_time_is_not_offered(
    desk: Desk,
    doctor: Clinician,
    waits: Callable[..., Appointment],
    leaving: Appointment,
    noon: datetime,
    why: str,
) -> None:
    visit = waits()
    slot = cancelled(leaving, noon)
    now = noon
    if why == "short-notice":
        now = slot.starts_at - desk.clinic.earlier_notice + MINUTE
    if why == "night":
        now = noon + 10 * HOUR  # 22:00
    if why == "away":
        Leave.objects.create(
            clinician=doctor, first_day=date(2026, 3, 17), last_day=date(2026, 3, 17)
        )
    if why == "booked":
        desk.book(factories.make_patient(desk.clinic), slot.starts_at, now=noon, clinician=doctor)
    if why == "being-chosen":
        SlotHold.objects.create(
            appointment=visit,
            clinician=doctor,
            site=desk.site,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            until=noon + HOUR,
        )

    assert waves.offer_due(now=now) == 0
    assert offers() == []
    slot.refresh_from_db()
    if why == "night":
        assert slot.next_wave_at == noon + 20 * HOUR  # 08:00
    else:
        assert slot.ended in {SlotEnd.TOO_LATE, SlotEnd.BOOKED}


@pytest.mark.parametrize(
    "why",
    ["stopped", "other-doctor", "other-site", "too-early", "too-late", "longer", "hardly-earlier"],
)
def test_somebody_is_not_asked(
    desk: Desk,
    doctor: Clinician,
    waits: Callable[..., Appointment],
    leaving: Appointment,
    noon: datetime,
    why: str,
) -> None:
    wishes: dict[str, dict[str, object]] = {
        "other-doctor": {"clinician": factories.make_clinician(desk.clinic)},
        "other-site": {"site": factories.make_site(desk.clinic)},
        "too-early": {"days": (date(2026, 3, 18), None)},
        "too-late": {"days": (None, date(2026, 3, 16))},
    }
    visit = waits(**wishes.get(why, {}))
    patient = visit.patient
    if why == "stopped":
        evidence = consent.Evidence(GivenHow.BY_MESSAGE)
        consent.stop(factories.phone_of(patient), evidence=evidence, at=noon)
    if why == "longer":
        Appointment.objects.filter(pk=visit.pk).update(ends_at=visit.ends_at + HOUR)
    if why == "hardly-earlier":
        Appointment.objects.filter(pk=visit.pk).update(
            starts_at=noon + WEEK + HOUR, ends_at=noon + WEEK + HOUR + 20 * MINUTE
        )
    cancelled(leaving, noon)

    assert waves.offer_due(now=noon) == 0
    assert offers() == []


def test_of_one_phone_only_one_is_asked(
    desk: Desk, waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    for patient in desk.family(2):
        waits(patient)
    cancelled(leaving, noon)

    assert waves.offer_due(now=noon) == 1
    assert waves.offer_due(now=noon + HOUR) == 0


def test_nothing_is_noted_where_nobody_waits_and_a_clinics_own_cancellation_frees_nothing(
    waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    booking.move(leaving, Change(noon + 2 * WEEK), by=None, now=noon)
    assert not FreedSlot.objects.exists()

    waits()
    booking.cancel(leaving, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon)

    assert not FreedSlot.objects.exists()


def test_a_move_away_frees_the_time_it_leaves(
    waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    waits()

    booking.move(leaving, Change(noon + 2 * WEEK), by=None, now=noon)

    slot = FreedSlot.objects.get()
    assert (slot.starts_at, slot.left_version) == (noon + WEEK, 1)


def test_a_cancellation_taken_back_takes_the_time_back(
    waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    waits()
    cancelled(leaving, noon)
    waves.offer_due(now=noon)
    (message,) = offers()
    booking.undo_cancel(leaving, now=noon + MINUTE)

    outcome, _ = tap(message, Verb.TAKE_EARLIER, now=noon + 2 * MINUTE)

    assert outcome == ReplyOutcome.SLOT_GONE
    assert cancelled(leaving, noon + HOUR).next_wave_at == noon + HOUR


def test_from_the_list_of_times_one_may_wait_for_an_earlier_one(
    desk: Desk, doctor: Clinician, willing_patient: Patient, noon: datetime
) -> None:
    desk.site.opening_hours = {str(n): [["08:00", "18:00"]] for n in range(7)}
    desk.site.save()
    visit = desk.book(willing_patient, noon + WEEK, now=noon, clinician=doctor)
    message = factories.make_message(
        desk.sender, willing_patient, appointment=visit, appointment_version=1
    )
    _, days = tap(message, Verb.ANOTHER_TIME, now=noon)

    outcome, noted = choose(days, Verb.WANT_EARLIER, now=noon)

    wish = EarlierWish.objects.get()
    assert outcome == ReplyOutcome.WANTS_EARLIER
    assert (wish.appointment, wish.clinician, wish.site) == (visit, doctor, desk.site)
    visit.refresh_from_db()
    assert visit.answer == Answer.NONE
    assert "17 de marzo" in (noted.body if noted else "")


def test_a_wish_ends_with_its_visit_and_needs_one(
    waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    visit, stays = waits(), waits()
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon)

    assert waiting_list.end_with_their_visits(now=noon) == 1
    assert EarlierWish.objects.get(ended_at=None).appointment == stays
    with pytest.raises(NotLive):
        waiting_list.wish(visit, by=None, now=noon)


def test_whoever_comes_onto_the_list_later_is_asked_about_what_is_still_free(
    waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    waits(clinician=factories.make_clinician(leaving.clinic))
    cancelled(leaving, noon)
    assert waves.offer_due(now=noon) == 0

    waits()

    assert waves.offer_due(now=noon + HOUR) == 1


def test_without_a_template_nobody_is_asked_and_nobodys_turn_is_used(
    desk: Desk, waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    desk.sender.account.templates.filter(name=OFFER).update(status="PENDING")
    waits()
    cancelled(leaving, noon)

    assert waves.offer_due(now=noon) == 0

    assert EarlierWish.objects.get().offers == 0
    assert SlotOffer.objects.count() == 1


def test_reception_waits_while_a_patient_is_choosing(
    desk: Desk, doctor: Clinician, waits: Callable[..., Appointment], noon: datetime
) -> None:
    visit = waits()
    SlotHold.objects.create(
        appointment=visit,
        clinician=doctor,
        site=desk.site,
        starts_at=noon + WEEK,
        ends_at=noon + WEEK + HOUR,
        until=noon + 10 * MINUTE,
    )
    other = factories.make_patient(desk.clinic)
    request = desk.request(other, noon + WEEK, clinician=doctor)
    by = factories.make_person("reception")

    with pytest.raises(BeingChosen, match="12:10"):
        booking.book(request, by=by, now=noon)

    assert not Appointment.objects.filter(patient=other).exists()
    assert booking.book(request, by=by, now=noon + 11 * MINUTE).pk


def test_who_looks_at_the_template_is_told_what_uses_it(desk: Desk, doctor: Clinician) -> None:
    template = desk.sender.account.templates.get(name=OFFER)

    told = template_uses_asked.send(sender=type(template), template=template)

    assert "the waiting list" in [use for _who, uses in told for use in uses or ()]


def test_purposes_are_asked_for_appointments_alone(
    desk: Desk, waits: Callable[..., Appointment], leaving: Appointment, noon: datetime
) -> None:
    waits(factories.make_patient(desk.clinic, consents=(Purpose.MARKETING,)))
    cancelled(leaving, noon)

    assert waves.offer_due(now=noon) == 0
