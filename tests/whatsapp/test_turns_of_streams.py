"""Streams share a number by turns, and whatever is held waits, from the very next claim on."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as searching
from hypothesis import strategies as st

from healthmsg.clinic.models import Clinic
from tests import factories
from tests.whatsapp.turning import take_a_turn
from whatsapp import leasing, serving
from whatsapp.claiming import Claims, Terms
from whatsapp.connection import connect
from whatsapp.models import Account, Message, Portfolio, Sender, Stream, Switch
from whatsapp.pump import Take
from whatsapp.status import Lane, Status
from whatsapp.turns import Surroundings

pytestmark = pytest.mark.django_db(transaction=True)


def queue(sender: Sender, stream: Stream | None, count: int, *, minutes: int = 0) -> None:
    """Queue broadcasts to one patient's phone: what is asked here is only whose turn it is."""
    patient = factories.make_patient(sender.clinic)
    for _ in range(count):
        factories.make_message(
            sender,
            patient,
            lane=int(Lane.BROADCAST),
            stream=stream,
            send_after=factories.NOON - timedelta(minutes=minutes),
        )


def claim(sender: Sender, *wanted: int) -> list[Take]:
    """Claim several times with one and the same Claims."""

    async def run() -> list[Take]:
        terms = Terms(
            sender_id=sender.pk,
            uses_sandbox=True,
            lanes=lambda _now: serving.EVERYTHING,
            now=lambda: factories.NOON,
        )
        async with await connect() as connection:
            await connection.execute(leasing.STEADY)
            claims = Claims(connection, terms)
            return [await claims(many) for many in wanted]

    return asyncio.run(run())


def streams_of(takes: list[Take]) -> Counter[int | None]:
    ids = [claimed.id for take in takes for claimed in take.claimed]
    return Counter(Message.objects.filter(pk__in=ids).values_list("stream", flat=True))


@pytest.fixture
def streams(sunrise_clinic: Clinic) -> list[Stream]:
    return [Stream.objects.create(clinic=sunrise_clinic, name=f"Flu {n}") for n in range(3)]


def test_a_small_campaign_does_not_wait_for_the_end_of_a_large_one(
    sender: Sender, streams: list[Stream]
) -> None:
    large, small, _ = streams
    queue(sender, large, 60, minutes=60)
    queue(sender, small, 6)

    took = streams_of(claim(sender, 10))

    assert took == {large.pk: 5, small.pk: 5}


def test_what_one_stream_does_not_use_the_others_get(sender: Sender, streams: list[Stream]) -> None:
    queue(sender, streams[0], 40)
    queue(sender, streams[1], 2)
    queue(sender, None, 3)

    took = streams_of(claim(sender, 30))

    assert took == {streams[0].pk: 25, streams[1].pk: 2, None: 3}


def test_what_goes_first_leaves_before_all_other_streams(
    sender: Sender, streams: list[Stream]
) -> None:
    earlier, urgent, _ = streams
    Stream.objects.filter(pk=urgent.pk).update(goes_first=True)
    queue(sender, earlier, 60, minutes=60)
    queue(sender, None, 20, minutes=60)
    queue(sender, urgent, 12)

    first, second = (streams_of([take]) for take in claim(sender, 10, 10))

    assert first == {urgent.pk: 10}
    assert second == {urgent.pk: 2, earlier.pk: 4, None: 4}


def test_what_goes_first_waits_for_answers_and_reminders(
    sender: Sender, streams: list[Stream]
) -> None:
    Stream.objects.filter(pk=streams[0].pk).update(goes_first=True)
    queue(sender, streams[0], 5, minutes=60)
    reminder = factories.make_message(sender, factories.make_patient(sender.clinic))

    (take,) = claim(sender, 1)

    assert [claimed.id for claimed in take.claimed] == [reminder.pk]


def test_what_goes_first_is_held_like_any_other(sender: Sender, streams: list[Stream]) -> None:
    Stream.objects.filter(pk=streams[0].pk).update(
        goes_first=True, held_at=factories.NOON, held_reason="looked at"
    )
    queue(sender, streams[0], 5)
    queue(sender, streams[1], 5)

    assert streams_of(claim(sender, 20)) == {streams[1].pk: 5}


def test_one_slot_at_a_time_goes_round(sender: Sender, streams: list[Stream]) -> None:
    for stream in streams:
        queue(sender, stream, 10)

    took = streams_of(claim(sender, *[1] * 8))

    assert sum(took.values()) == 8
    assert min(took[stream.pk] for stream in streams) >= 2


@searching(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sizes=st.lists(st.integers(0, 12), min_size=1, max_size=3), wanted=st.integers(1, 30))
def test_no_slot_is_left_while_something_waits(
    sender: Sender, streams: list[Stream], sizes: list[int], wanted: int
) -> None:
    Message.objects.all().delete()
    for stream, size in zip(streams, sizes, strict=False):
        queue(sender, stream, size)

    took = streams_of(claim(sender, wanted))

    assert sum(took.values()) == min(wanted, sum(sizes))
    # Nobody got more than a fair share while somebody else still waited for one.
    hungry = [took[s.pk] for s, size in zip(streams, sizes, strict=False) if took[s.pk] < size]
    assert not hungry or max(took.values()) <= min(hungry) + 1 + len(sizes)


def test_a_held_stream_waits_and_the_others_go(sender: Sender, streams: list[Stream]) -> None:
    held, going, _ = streams
    Stream.objects.filter(pk=held.pk).update(held_at=factories.NOON, held_reason="looked at")
    queue(sender, held, 5)
    queue(sender, going, 5)

    assert streams_of(claim(sender, 20)) == {going.pk: 5}


@pytest.mark.parametrize(
    ("switch", "leaves"),
    [
        pytest.param(Switch.Name.EVERYTHING, set(), id="everything"),
        pytest.param(Switch.Name.REMINDERS, {Lane.REPLY}, id="reminders-and-campaigns"),
        pytest.param(Switch.Name.BROADCASTS, {Lane.REPLY, Lane.REMINDER}, id="campaigns"),
    ],
)
def test_a_main_switch_holds_its_part_of_the_house(
    sender: Sender, around: Surroundings, switch: Switch.Name, leaves: set[Lane]
) -> None:
    Switch.objects.create(name=switch, held_at=factories.NOON, held_reason="looked at")
    messages = {
        lane: factories.make_message(sender, factories.make_patient(sender.clinic), lane=int(lane))
        for lane in Lane
    }

    take_a_turn(around)

    gone = Message.objects.filter(status=Status.ACCEPTED).values_list("pk", flat=True)
    assert set(gone) == {messages[lane].pk for lane in leaves}
    assert Message.objects.filter(status=Status.QUEUED).count() == 3 - len(leaves)

    Switch.objects.update(held_at=None)
    take_a_turn(around)
    assert Message.objects.filter(status=Status.ACCEPTED).count() == 3


@pytest.mark.parametrize("model", [Sender, Account, Portfolio])
def test_whatever_is_held_claims_nothing(
    sender: Sender, model: type[Sender] | type[Account] | type[Portfolio]
) -> None:
    factories.make_message(sender, factories.make_patient(sender.clinic))
    model._default_manager.update(held_at=factories.NOON, held_reason="looked at")

    (take,) = claim(sender, 10)

    assert take == Take([], may_be_more=False)


def test_a_paused_template_waits_and_says_why(sender: Sender, around: Surroundings) -> None:
    patient = factories.make_patient(sender.clinic)
    template = factories.make_template(sender.account, status="PAUSED")
    paused = factories.make_message(sender, patient, template_version=template.current)
    other = factories.make_message(sender, patient)

    take_a_turn(around)

    paused.refresh_from_db()
    other.refresh_from_db()
    assert (paused.status, paused.reason) == (Status.QUEUED, "TEMPLATE_NOT_APPROVED")
    assert other.status == Status.ACCEPTED
