"""One wrong code must not stop a clinic's patients: a few are stopped, then a person decides."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connections

from healthmsg.clinic import consent
from healthmsg.clinic.models import ConsentRecord, Patient, Phone, PhoneState, Purpose, StaffUser
from tests import factories
from whatsapp import consequences, suppressing
from whatsapp.models import Breaker, Message, Restriction, Sender, Suppression
from whatsapp.models import SuppressionState as State
from whatsapp.status import Status

pytestmark = pytest.mark.django_db(transaction=True)
BLOCKED, SET_UP_ANEW, STOPPED_OFFERS = 130403, 137000, 131050


def told(sender: Sender, count: int, at: datetime) -> list[Message]:
    """As many people, each told once."""
    patients = [
        factories.make_patient(sender.clinic, consents=(Purpose.APPOINTMENTS, Purpose.MARKETING))
        for _ in range(count)
    ]
    return [_accepted(sender, patient, at) for patient in patients]


def _accepted(sender: Sender, patient: Patient, at: datetime) -> Message:
    return factories.make_message(
        sender, patient, status=Status.ACCEPTED, send_after=None, accepted_at=at
    )


def stop(messages: list[Message], code: int, now: datetime) -> None:
    for message in messages:
        consequences.follow(message, code, now=now)


def wrong() -> int:
    return Phone.objects.filter(state=PhoneState.WRONG_PERSON).count()


def states() -> dict[str, int]:
    kept = list(Suppression.objects.values_list("state", flat=True))
    return {state: kept.count(state) for state in set(kept)}


@pytest.fixture
def person(sender: Sender) -> StaffUser:
    return StaffUser.objects.create(username="somebody")


def test_whom_a_code_stops_is_written_down_with_what_was_before(
    sender: Sender, noon: datetime
) -> None:
    [message] = told(sender, 1, noon)
    Phone.objects.update(state=PhoneState.REACHED)

    stop([message, message], BLOCKED, noon)

    kept = Suppression.objects.get()
    assert wrong() == 1
    assert (kept.phone_id, kept.code, kept.at, kept.state) == (
        message.phone_id,
        BLOCKED,
        noon,
        State.APPLIED,
    )
    assert kept.before["state"] == PhoneState.REACHED


def test_beyond_five_of_a_few_people_it_opens_and_the_others_are_only_noted(
    sender: Sender, noon: datetime
) -> None:
    messages = told(sender, 20, noon)

    stop(messages[:12], SET_UP_ANEW, noon)

    breaker = Breaker.objects.get()
    assert wrong() == 5
    assert states() == {State.APPLIED: 5, State.NOTED: 7}
    assert (breaker.limit, breaker.decided_at) == (5, None)
    assert breaker.suppressions.count() == 12


def test_of_many_people_a_twentieth_may_be_stopped(sender: Sender, noon: datetime) -> None:
    messages = told(sender, 140, noon)

    stop(messages[:8], BLOCKED, noon)

    breaker = Breaker.objects.get()
    assert wrong() == 7
    assert (breaker.told, breaker.limit) == (140, 7)


def test_what_was_stopped_an_hour_ago_counts_no_more(sender: Sender, noon: datetime) -> None:
    messages = told(sender, 10, noon)
    stop(messages[:5], BLOCKED, noon)

    stop(messages[5:], BLOCKED, noon + timedelta(minutes=61))

    assert wrong() == 10
    assert not Breaker.objects.exists()


def test_another_number_has_its_own(sender: Sender, noon: datetime) -> None:
    other = factories.make_sender(sender.clinic, phone_number_id="100000000000002")

    stop(told(sender, 5, noon) + told(other, 5, noon), BLOCKED, noon)

    assert wrong() == 10
    assert not Breaker.objects.exists()


def test_one_button_brings_back_everything_as_it_was(
    sender: Sender, noon: datetime, person: StaffUser
) -> None:
    messages = told(sender, 12, noon)
    Phone.objects.update(state=PhoneState.REACHED, state_changed_at=noon - timedelta(days=1))
    stop(messages, BLOCKED, noon)
    breaker = Breaker.objects.get()

    changed = suppressing.decide(breaker, apply=False, by=person, now=noon)
    again = suppressing.decide(breaker, apply=True, by=person, now=noon)

    breaker.refresh_from_db()
    assert (changed, again) == (12, 0)
    assert states() == {State.UNDONE: 5, State.DROPPED: 7}
    assert (breaker.decided_by, breaker.was_applied) == (person, False)
    kept = set(Phone.objects.values_list("state", "state_changed_at"))
    assert kept == {(PhoneState.REACHED, noon - timedelta(days=1))}


def test_one_button_stops_them_all_and_the_next_ones_count_anew(
    sender: Sender, noon: datetime, person: StaffUser
) -> None:
    messages = told(sender, 14, noon)
    stop(messages[:12], BLOCKED, noon)

    changed = suppressing.decide(Breaker.objects.get(), apply=True, by=person, now=noon)
    stop(messages[12:], BLOCKED, noon)

    assert changed == 7
    assert wrong() == 14
    assert Breaker.objects.count() == 1


def test_what_a_person_did_since_is_left_alone(
    sender: Sender, noon: datetime, person: StaffUser
) -> None:
    messages = told(sender, 7, noon)
    stop(messages, BLOCKED, noon)
    checked = Phone.objects.filter(state=PhoneState.WRONG_PERSON)[0]
    Phone.objects.filter(pk=checked.pk).update(state_changed_at=noon + timedelta(minutes=5))

    suppressing.decide(Breaker.objects.get(), apply=False, by=person, now=noon)

    assert set(Phone.objects.filter(state=PhoneState.WRONG_PERSON)) == {checked}


def test_offers_wait_until_somebody_has_decided_whether_they_were_stopped(
    sender: Sender, noon: datetime, person: StaffUser
) -> None:
    messages = told(sender, 8, noon)
    lines = ConsentRecord.objects.count()
    stop(messages, STOPPED_OFFERS, noon)
    breaker = Breaker.objects.get()
    waits = Restriction.objects.get().kind

    suppressing.decide(breaker, apply=False, by=person, now=noon + timedelta(minutes=1))

    later = noon + timedelta(hours=1)
    for message in messages:
        assert message.patient is not None
        standing = consent.standing(message.patient, message.phone, Purpose.MARKETING, at=later)
        assert standing == "GRANTED"
    assert waits == "MARKETING"
    assert not Restriction.objects.exists()
    # Nothing is taken out of the ledger.
    assert ConsentRecord.objects.count() > lines


def test_offers_stopped_by_many_are_stopped_when_a_person_says_so(
    sender: Sender, noon: datetime, person: StaffUser
) -> None:
    messages = told(sender, 8, noon)
    stop(messages, STOPPED_OFFERS, noon)

    suppressing.decide(Breaker.objects.get(), apply=True, by=person, now=noon)

    later = noon + timedelta(hours=1)
    for message in messages:
        assert message.patient is not None
        standing = partial_standing(message, later)
        assert standing == ("WITHDRAWN", "GRANTED")


def partial_standing(message: Message, at: datetime) -> tuple[str, str]:
    assert message.patient is not None
    marketing, visits = (
        consent.standing(message.patient, message.phone, purpose, at=at)
        for purpose in (Purpose.MARKETING, Purpose.APPOINTMENTS)
    )
    return marketing, visits


def test_numbers_not_reached_on_several_days_are_kept_from_being_too_many(
    sender: Sender, noon: datetime, person: StaffUser
) -> None:
    messages = told(sender, 9, noon)

    for message in messages:
        consequences.miss(message, 131026, now=noon)

    failing = Phone.objects.filter(state=PhoneState.FAILING)
    assert failing.count() == 5
    suppressing.decide(Breaker.objects.get(), apply=False, by=person, now=noon)
    assert not failing.exists()
    assert set(Phone.objects.values_list("failed_days", flat=True)) == {0}


def test_processes_that_stop_people_together_stop_no_more_than_one_would(
    sender: Sender, noon: datetime
) -> None:
    messages = told(sender, 24, noon)

    def obey(some: list[Message]) -> None:
        stop(some, BLOCKED, noon)
        connections.close_all()

    threads = [threading.Thread(target=obey, args=(messages[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong() == 5
    assert states() == {State.APPLIED: 5, State.NOTED: 19}
    assert Breaker.objects.count() == 1
