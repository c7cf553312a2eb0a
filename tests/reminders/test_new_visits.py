"""A new visit that a patient books: one question at a time, kept, looked at again, booked once."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import (
    Appointment,
    Clinician,
    Discretion,
    Patient,
    Phone,
    PhoneState,
    SlotHold,
    VisitKind,
    VisitStatus,
)
from reminders.models import Reminder
from tests import factories
from tests.reminders.desk import Desk
from tests.reminders.test_another_time import rows
from tests.whatsapp import hearing
from tests.whatsapp.hearing import answers_to, write
from whatsapp import buttons
from whatsapp.buttons import Tap, Verb
from whatsapp.models import Menu, MenuRow, Message, Reply, ReplyOutcome

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEK = {str(n): [["08:00", "18:00"]] for n in range(7)}


@pytest.fixture
def kind(desk: Desk) -> VisitKind:
    """A clinic whose patients may book one kind, with one who sees them."""
    Menu.objects.create(clinic=desk.clinic, is_on=True)
    factories.make_clinician(desk.clinic)
    desk.site.opening_hours = WEEK
    desk.site.save(update_fields=["opening_hours"])
    return factories.make_kind(desk.clinic, name="Control", booked_by_patients=True)


@pytest.fixture
def phone(willing_patient: Patient) -> Phone:
    return factories.phone_of(willing_patient)


def choose(message: Message, verb: Verb, *, now: datetime, number: int = 0) -> Reply:
    """Tap a row that was offered, the first of this verb unless told otherwise."""
    one = [tap for _title, tap in rows(message) if tap.verb == verb][number]
    return tapped(message, one, now=now)


def tapped(message: Message, one: Tap, *, now: datetime) -> Reply:
    assert message.sender is not None
    signed = buttons.payload(
        one.verb,
        message.callback,
        about=one.about,
        at=one.at,
        who=one.who,
        kind=one.kind,
        site=one.site,
    )
    kind = "interactive"
    return hearing.hear(message.sender, message.phone, now=now, kind=kind, button=signed)


def last(phone: Phone) -> Message:
    return answers_to(phone)[-1]


def asked(desk: Desk, phone: Phone, now: datetime) -> Message:
    """The first thing somebody is asked, or shown, who would like to come."""
    write(desk.sender, phone, "Hola, quiero un turno", now=now)
    return last(phone)


def kept(desk: Desk, phone: Phone, now: datetime, *, number: int = 0) -> Message:
    """A time that is kept, as far as asking whether to book it."""
    choose(asked(desk, phone, now), Verb.NEW_TIMES, now=now)
    choose(last(phone), Verb.NEW_CHOOSE, now=now, number=number)
    return last(phone)


def test_a_wish_in_words_leads_to_a_visit(
    desk: Desk, kind: VisitKind, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    days = asked(desk, phone, noon)
    choose(days, Verb.NEW_TIMES, now=noon, number=1)
    choose(last(phone), Verb.NEW_CHOOSE, now=noon)
    offered = last(phone)
    assert SlotHold.objects.get().patient == willing_patient
    assert not Appointment.objects.exists()

    booked = choose(offered, Verb.NEW_TAKE, now=noon + MINUTE)

    visit = Appointment.objects.get()
    assert booked.outcome == ReplyOutcome.BOOKED
    assert not Reply.objects.filter(needs_person_at__isnull=False).exists()
    assert (visit.patient, visit.kind, visit.site) == (willing_patient, kind, desk.site)
    assert visit.clinician is not None
    assert visit.contact is not None
    assert visit.booked_by is None
    assert "11 de marzo, 8:00" in last(phone).body
    # Our answer tells it; the later reminders are planned.
    told = set(Reminder.objects.values_list("rule__template_name", "status"))
    assert ("appointment_confirmation", "PLANNED") not in told
    assert Reminder.objects.filter(status="PLANNED").exists()
    assert not SlotHold.objects.exists()


def test_the_row_of_the_menu_leads_there_too(
    desk: Desk, kind: VisitKind, phone: Phone, noon: datetime
) -> None:
    write(desk.sender, phone, "hola", now=noon)

    reply = choose(last(phone), Verb.NEW_VISIT, now=noon)

    assert reply.outcome == ReplyOutcome.OFFERED
    assert len(rows(last(phone))) == 10


def test_what_was_booked_can_be_cancelled_by_its_button(
    desk: Desk, kind: VisitKind, phone: Phone, noon: datetime
) -> None:
    choose(kept(desk, phone, noon), Verb.NEW_TAKE, now=noon)

    choose(last(phone), Verb.CANCEL, now=noon + MINUTE)

    assert Appointment.objects.get().status == VisitStatus.CANCELLED_BY_PATIENT


def test_tapped_twice_it_is_booked_once(
    desk: Desk, kind: VisitKind, phone: Phone, noon: datetime
) -> None:
    offered = kept(desk, phone, noon)
    choose(offered, Verb.NEW_TAKE, now=noon)

    again = choose(offered, Verb.NEW_TAKE, now=noon + MINUTE)

    assert again.outcome == ReplyOutcome.TOLD
    assert Appointment.objects.count() == 1
    assert Verb.CHANGE_VISIT in {tap.verb for _title, tap in rows(last(phone))}


def test_of_two_who_choose_one_time_the_second_is_offered_others(
    desk: Desk, kind: VisitKind, phone: Phone, noon: datetime
) -> None:
    other = factories.phone_of(factories.make_patient(desk.clinic))
    hers, his = asked(desk, phone, noon), asked(desk, other, noon)
    choose(hers, Verb.NEW_TIMES, now=noon)
    choose(his, Verb.NEW_TIMES, now=noon)
    listed = last(other)
    choose(last(phone), Verb.NEW_CHOOSE, now=noon)

    second = choose(listed, Verb.NEW_CHOOSE, now=noon)

    assert second.outcome == ReplyOutcome.OFFERED
    assert Verb.NEW_TAKE not in {tap.verb for _title, tap in rows(last(other))}
    assert SlotHold.objects.count() == 1


@pytest.mark.parametrize("is_taken", [False, True], ids=["free", "taken"])
def test_after_the_minutes_it_is_looked_at_again(
    desk: Desk, kind: VisitKind, phone: Phone, noon: datetime, *, is_taken: bool
) -> None:
    offered = kept(desk, phone, noon, number=4)
    held = SlotHold.objects.get()
    if is_taken:
        patient = factories.make_patient(desk.clinic)
        desk.book(patient, held.starts_at, now=noon, clinician=held.clinician)

    late = choose(offered, Verb.NEW_TAKE, now=noon + HOUR)

    assert late.outcome == (ReplyOutcome.OFFERED if is_taken else ReplyOutcome.BOOKED)
    assert Appointment.objects.filter(kind=kind).count() == (not is_taken)


def test_of_several_on_the_number_it_asks_who(
    desk: Desk, kind: VisitKind, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    child = factories.make_patient(desk.clinic, phone=phone)
    who = asked(desk, phone, noon)

    choose(who, Verb.NEW_VISIT, now=noon, number=1)
    choose(last(phone), Verb.NEW_TIMES, now=noon)
    choose(last(phone), Verb.NEW_CHOOSE, now=noon)
    choose(last(phone), Verb.NEW_TAKE, now=noon)

    assert [title for title, _tap in rows(who)][:2] == [
        willing_patient.given_name,
        child.given_name,
    ]
    assert Appointment.objects.get().patient == child


def test_of_several_kinds_and_sites_it_asks_which(
    desk: Desk, kind: VisitKind, phone: Phone, noon: datetime
) -> None:
    vaccine = factories.make_kind(desk.clinic, name="Vacuna", booked_by_patients=True)
    north = factories.make_site(desk.clinic, name="Norte", opening_hours=WEEK)

    what = asked(desk, phone, noon)
    choose(what, Verb.NEW_VISIT, now=noon, number=1)
    where = last(phone)
    choose(where, Verb.NEW_VISIT, now=noon, number=[t for t, _ in rows(where)].index("Norte"))
    choose(last(phone), Verb.NEW_TIMES, now=noon)
    choose(last(phone), Verb.NEW_CHOOSE, now=noon)
    choose(last(phone), Verb.NEW_TAKE, now=noon)

    assert [title for title, _tap in rows(what)][:2] == ["Control", "Vacuna"]
    visit = Appointment.objects.get()
    assert (visit.kind, visit.site) == (vaccine, north)


@pytest.mark.parametrize("why", ["nobody-known", "no-kind", "discreet", "nothing-free"])
def test_where_no_machine_may_book_a_person_is_asked(
    desk: Desk, kind: VisitKind, phone: Phone, noon: datetime, why: str
) -> None:
    if why == "nobody-known":
        phone = factories.make_phone(desk.clinic)
    if why == "no-kind":
        VisitKind.objects.update(booked_by_patients=False)
    if why == "discreet":
        VisitKind.objects.update(discretion=Discretion.CONTACT_US)
    if why == "nothing-free":
        Clinician.objects.update(is_active=False)
        desk.site.working_hours.all().delete()
        type(desk.site).objects.update(opening_hours={})

    reply = write(desk.sender, phone, "necesito una cita", now=noon)

    assert reply.outcome == ReplyOutcome.FOR_A_PERSON
    assert reply.needs_person_at == noon
    assert desk.clinic.name in last(phone).body
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("text", "is_led", "is_read"),
    [
        pytest.param("Buenos días, quiero sacar un turno por favor", True, False, id="wish"),
        pytest.param("quiero un turno para ver mis estudios", True, True, id="more-than-a-wish"),
        pytest.param("quiero un turno, me duele el pecho", False, True, id="haste"),
        pytest.param("no puedo ir al turno de mañana", False, True, id="another-thing"),
    ],
)
def test_a_wish_is_heard_only_where_it_is_one(
    desk: Desk,
    kind: VisitKind,
    phone: Phone,
    noon: datetime,
    *,
    text: str,
    is_led: bool,
    is_read: bool,
) -> None:
    reply = write(desk.sender, phone, text, now=noon)

    assert (reply.outcome == ReplyOutcome.OFFERED) is is_led
    assert (reply.needs_person_at is not None) is is_read


def test_without_the_row_in_the_menu_nothing_is_led(
    desk: Desk, kind: VisitKind, phone: Phone, noon: datetime
) -> None:
    Menu.objects.update(rows=[MenuRow.TALK])

    reply = write(desk.sender, phone, "quiero un turno", now=noon)

    assert reply.outcome == ReplyOutcome.FOR_A_PERSON
    assert [tap.verb for _title, tap in rows(last(phone))] == [Verb.TALK]


def test_a_patient_who_left_the_number_books_nothing_by_an_old_button(
    desk: Desk, kind: VisitKind, phone: Phone, willing_patient: Patient, noon: datetime
) -> None:
    offered = kept(desk, phone, noon)
    willing_patient.contacts.all().delete()

    reply = choose(offered, Verb.NEW_TAKE, now=noon)

    assert reply.outcome == ReplyOutcome.FOR_A_PERSON
    assert not Appointment.objects.exists()


def test_somebody_elses_number_books_nothing(
    desk: Desk, kind: VisitKind, phone: Phone, noon: datetime
) -> None:
    offered = kept(desk, phone, noon)
    Phone.objects.update(state=PhoneState.WRONG_PERSON)

    choose(offered, Verb.NEW_TAKE, now=noon)

    assert not Appointment.objects.exists()
