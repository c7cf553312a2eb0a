"""WhatsApp's daily limit: people written to first, by all numbers of a portfolio, in 24 hours."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db.models.functions import Now

from healthmsg.clinic.models import Clinic, Purpose
from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import take_a_turn, take_a_turn_in_a_thread
from whatsapp import seats
from whatsapp.models import Conversation, Message, Portfolio, Sender, TierSeat
from whatsapp.status import Lane, Reason, Status
from whatsapp.turns import Surroundings

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
Queue = Callable[..., Message]


@pytest.fixture
def portfolio(sender: Sender) -> Portfolio:
    return sender.account.portfolio


@pytest.fixture
def queue(sender: Sender, sunrise_clinic: Clinic) -> Queue:
    """Queue a message to somebody new, due earlier than the next."""
    due = iter(factories.NOON - timedelta(minutes=n) for n in range(600, 0, -1))

    def one(lane: Lane = Lane.REMINDER, **fields: object) -> Message:
        patient = factories.make_patient(sunrise_clinic)
        own = {"lane": int(lane), "send_after": next(due)} | fields
        return factories.make_message(sender, patient, **own)

    return one


def limit(portfolio: Portfolio, people: int) -> None:
    Portfolio.objects.filter(pk=portfolio.pk).update(daily_limit=people)
    portfolio.refresh_from_db()


def plan(portfolio: Portfolio, *, for_campaigns: int, seated: int = 0) -> None:
    made = seats.Plan(for_campaigns, for_campaigns, made_for=factories.NOON, seated=seated)
    seats.write_plan(portfolio.pk, made)
    portfolio.refresh_from_db()


def of(status: Status) -> list[Message]:
    return list(Message.objects.filter(status=status).order_by("pk"))


def test_no_more_people_are_written_to_than_the_limit(
    portfolio: Portfolio, queue: Queue, around: Surroundings, noon: datetime
) -> None:
    limit(portfolio, 3)
    messages = [queue() for _ in range(5)]

    take_a_turn(around)

    assert of(Status.ACCEPTED) == messages[:3]
    waiting = of(Status.QUEUED)
    assert {m.reason for m in waiting} == {Reason.DAILY_LIMIT}
    assert all(m.send_after and m.send_after > noon for m in waiting)
    assert seats.of(portfolio, now=noon).for_reminders == 0


def test_what_waited_for_the_limit_goes_when_a_seat_is_free(
    portfolio: Portfolio, queue: Queue, around: Surroundings, noon: datetime
) -> None:
    limit(portfolio, 1)
    queue()
    second = queue(expires_at=noon + 48 * HOUR)
    take_a_turn(around)

    take_a_turn(replace(around, now=lambda: noon + 23 * HOUR))
    second.refresh_from_db()
    assert second.status == Status.QUEUED

    take_a_turn(replace(around, now=lambda: noon + 25 * HOUR))
    second.refresh_from_db()
    assert (second.status, second.reason) == (Status.ACCEPTED, "")


def test_a_person_with_a_seat_takes_no_second_one(
    portfolio: Portfolio, sender: Sender, queue: Queue, around: Surroundings, noon: datetime
) -> None:
    limit(portfolio, 1)
    first = queue()
    take_a_turn(around)
    assert first.patient is not None
    again = factories.make_message(sender, first.patient, send_after=noon)

    take_a_turn(replace(around, now=lambda: noon + HOUR))

    again.refresh_from_db()
    assert again.status == Status.ACCEPTED
    assert TierSeat.objects.get().last_at == noon + HOUR


def test_who_talks_with_us_takes_none(
    portfolio: Portfolio, sender: Sender, queue: Queue, around: Surroundings, noon: datetime
) -> None:
    limit(portfolio, 0)
    message = queue()
    Conversation.objects.create(sender=sender, phone=message.phone, last_inbound_at=noon)

    take_a_turn(around)

    message.refresh_from_db()
    assert message.status == Status.ACCEPTED
    assert not TierSeat.objects.exists()


def test_an_answer_needs_no_seat(
    portfolio: Portfolio, sender: Sender, queue: Queue, around: Surroundings, noon: datetime
) -> None:
    limit(portfolio, 0)
    answer = queue(
        Lane.REPLY,
        purpose=Purpose.REPLY,
        payload={"type": "text", "text": {"body": "Good."}},
        template_version=None,
    )
    Conversation.objects.create(sender=sender, phone=answer.phone, last_inbound_at=noon)

    take_a_turn(around)

    answer.refresh_from_db()
    assert answer.status == Status.ACCEPTED


def test_campaigns_leave_what_is_kept_for_reminders(
    portfolio: Portfolio, queue: Queue, around: Surroundings
) -> None:
    limit(portfolio, 5)
    plan(portfolio, for_campaigns=2)
    broadcasts = [queue(Lane.BROADCAST) for _ in range(4)]

    take_a_turn(around)
    assert of(Status.ACCEPTED) == broadcasts[:2]

    reminders = [queue() for _ in range(4)]
    take_a_turn(around)
    assert of(Status.ACCEPTED) == [*broadcasts[:2], *reminders[:3]]


def test_campaigns_take_no_more_than_they_got_however_often_they_ask(
    portfolio: Portfolio, queue: Queue, around: Surroundings, noon: datetime
) -> None:
    limit(portfolio, 100)
    plan(portfolio, for_campaigns=2)
    broadcasts = [queue(Lane.BROADCAST) for _ in range(3)]
    take_a_turn(around)
    assert of(Status.ACCEPTED) == broadcasts[:2]

    # Seats that come free are the next plan's to give away.
    TierSeat.objects.all().delete()
    take_a_turn(replace(around, now=lambda: noon + HOUR))

    assert of(Status.ACCEPTED) == broadcasts[:2]


def test_without_a_plan_of_these_minutes_campaigns_wait_and_reminders_go(
    portfolio: Portfolio, queue: Queue, around: Surroundings
) -> None:
    limit(portfolio, 5)
    plan(portfolio, for_campaigns=5)
    Portfolio.objects.update(plan_made_at=Now() - 11 * timedelta(minutes=1))
    broadcast, reminder = queue(Lane.BROADCAST), queue()

    take_a_turn(around)

    broadcast.refresh_from_db()
    assert of(Status.ACCEPTED) == [reminder]
    assert (broadcast.status, broadcast.reason) == (Status.QUEUED, Reason.DAILY_LIMIT)


@pytest.mark.parametrize("seconds", [1, -1])
def test_what_was_taken_while_a_plan_was_made_is_taken_off_it(
    portfolio: Portfolio, queue: Queue, around: Surroundings, noon: datetime, seconds: int
) -> None:
    """A claim that began before the plan and was committed after its look counts as well."""
    limit(portfolio, 10)
    queue()
    take_a_turn(replace(around, now=lambda: noon + timedelta(seconds=seconds)))

    plan(portfolio, for_campaigns=3, seated=0)

    assert portfolio.campaign_seats == 2
    assert portfolio.seats_kept == 10 - 1 - 2


def test_a_family_on_one_phone_takes_one_seat(
    portfolio: Portfolio,
    sender: Sender,
    sunrise_clinic: Clinic,
    queue: Queue,
    around: Surroundings,
) -> None:
    limit(portfolio, 2)
    first = queue()
    sister = factories.make_patient(sunrise_clinic, phone=first.phone)
    factories.make_message(sender, sister)
    queue()
    queue()

    take_a_turn(around)

    assert len(of(Status.ACCEPTED)) == 3
    assert TierSeat.objects.count() == 2


def test_numbers_of_one_portfolio_share_the_limit_at_the_same_moment(
    portfolio: Portfolio,
    sender: Sender,
    sunrise_clinic: Clinic,
    around: Surroundings,
    sandbox: SandboxProcess,
) -> None:
    limit(portfolio, 20)
    other = factories.make_sender(sunrise_clinic, phone_number_id="100000000000002")
    sandbox.settings(daily_limit=20)
    for number in (sender, other):
        for _ in range(30):
            factories.make_message(number, factories.make_patient(sunrise_clinic))

    threads = [threading.Thread(target=take_a_turn_in_a_thread, args=(around,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert TierSeat.objects.count() == 20
    assert Message.objects.exclude(status=Status.QUEUED).count() == 20


def test_without_a_limit_nobody_is_counted(
    portfolio: Portfolio, queue: Queue, around: Surroundings, noon: datetime
) -> None:
    queue()

    take_a_turn(around)

    assert seats.of(portfolio, now=noon).for_broadcasts is None
    assert not TierSeat.objects.exists()


def test_who_would_take_a_seat_is_known_before(
    portfolio: Portfolio, sender: Sender, queue: Queue, around: Surroundings, noon: datetime
) -> None:
    limit(portfolio, 10)
    seated, talking, new = queue(), queue(), queue(send_after=noon + HOUR)
    Conversation.objects.create(sender=sender, phone=talking.phone, last_inbound_at=noon)
    take_a_turn(around)
    phones = [seated.phone_id, talking.phone_id, new.phone_id]

    assert seats.without(sender, phones, now=noon + HOUR) == {new.phone_id}
    assert seats.taken(portfolio.pk, now=noon + HOUR) == {seated.phone_id: noon + 24 * HOUR}
