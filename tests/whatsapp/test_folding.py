import random
import uuid
from datetime import datetime, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from whatsapp.events import Origin, StatusReported
from whatsapp.folding import Standing, fold
from whatsapp.status import RANK, Status

NOWHERE = Origin("", "messages", {})
CALLBACK = uuid.UUID(int=1)


def standing(status: str = "ACCEPTED", attempt: int = 1, **fields: object) -> Standing:
    empty = Standing(
        1, attempt, status, "", "", None, "", None, None, None, None, None, None, None, None, ""
    )
    return empty._replace(**fields)  # type: ignore[arg-type]


def told(
    status: Status,
    second: int,
    *,
    attempt: int = 1,
    code: int | None = None,
    charged_as: str = "",
) -> StatusReported:
    return StatusReported(
        origin=NOWHERE,
        wamid=f"wamid.{attempt}",
        status=status,
        at=NOON + timedelta(seconds=second),
        callback=CALLBACK,
        attempt=attempt,
        code=code,
        title=str(code or ""),
        charged_as=charged_as,
    )


receipts = st.lists(
    st.builds(
        told,
        st.sampled_from([Status.SENT, Status.DELIVERED, Status.READ]),
        st.integers(0, 99),
        attempt=st.sampled_from([1, 2]),
        charged_as=st.sampled_from(["", "utility", "marketing"]),
    )
    | st.builds(
        told,
        st.just(Status.FAILED),
        st.integers(0, 99),
        attempt=st.just(2),
        code=st.sampled_from([131026, 131049, None]),
    ),
    min_size=1,
    max_size=8,
)
beginnings = st.sampled_from(
    [
        standing("QUEUED", 2, send_after=NOON, error_code=131000, error_title="older"),
        standing("SENDING", 2, leased_until=NOON),
        standing("UNCERTAIN", 2, leased_until=NOON),
        standing("ACCEPTED", 2, wamid="wamid.2", accepted_at=NOON),
        standing("WITHHELD", 2, reason="TOO_LATE"),
    ]
)


@given(beginnings, receipts, st.randoms(use_true_random=False))
def test_order_doubling_and_batching_change_nothing(
    message: Standing, came: list[StatusReported], chance: random.Random
) -> None:
    at_once = fold(message, came, now=NOON)

    one_by_one = message
    doubled = came + chance.choices(came, k=3)
    chance.shuffle(doubled)
    for receipt in doubled:
        one_by_one = fold(one_by_one, [receipt], now=NOON)

    # The moment WhatsApp took it is what was heard first; everything else is the same.
    assert one_by_one._replace(accepted_at=None) == at_once._replace(accepted_at=None)


@given(beginnings, receipts)
def test_a_message_only_ever_comes_further(message: Standing, came: list[StatusReported]) -> None:
    states = [message]
    for receipt in came:
        states.append(fold(states[-1], [receipt], now=NOON))

    for before, after in pairwise(states):
        assert RANK[Status(before.status)] <= RANK[Status(after.status)]


@given(beginnings, receipts)
def test_nothing_is_sent_again_once_a_receipt_has_come(
    message: Standing, came: list[StatusReported]
) -> None:
    after = fold(message, came, now=NOON)

    assert after.send_after is None
    assert after.leased_until is None
    assert after.wamid


def test_delivered_wins_over_failed_in_every_order_and_keeps_the_error() -> None:
    came = [told(Status.SENT, 1), told(Status.DELIVERED, 2), told(Status.FAILED, 3, code=131026)]

    for order in permutations(came):
        after = standing()
        for receipt in order:
            after = fold(after, [receipt], now=NOON)
        assert after.status == Status.DELIVERED
        assert after.error_code == 131026
        assert after.failed_at is None
        assert after.reason == ""


def test_read_alone_implies_delivered_and_sent() -> None:
    after = fold(standing(), [told(Status.READ, 9)], now=NOON)

    assert after.status == Status.READ
    assert after.sent_at == after.delivered_at == after.read_at == NOON + timedelta(seconds=9)


def test_a_failure_after_sent_fails_the_message_for_a_reason_of_ours() -> None:
    after = fold(standing("SENT"), [told(Status.FAILED, 9, code=131026)], now=NOON)

    assert (after.status, after.reason) == ("FAILED", "NOT_ON_WHATSAPP")
    assert after.failed_at == NOON + timedelta(seconds=9)


@pytest.mark.parametrize("status", ["SENDING", "UNCERTAIN", "ACCEPTED"])
def test_the_failure_of_an_older_try_says_nothing_about_a_later_one(status: str) -> None:
    message = standing(status, 2, wamid="wamid.2" if status == "ACCEPTED" else "")

    assert fold(message, [told(Status.FAILED, 1, attempt=1, code=131026)], now=NOON) == message


def test_two_tries_that_whatsapp_took_are_marked_as_doubled() -> None:
    message = standing("ACCEPTED", 2, wamid="wamid.2")

    after = fold(message, [told(Status.SENT, 1, attempt=1)], now=NOON)

    assert after.doubled_at == NOON
    assert after.wamid == "wamid.2"


def test_the_receipt_of_a_call_of_unknown_outcome_settles_it() -> None:
    message = standing("UNCERTAIN", leased_until=NOON)

    after = fold(message, [told(Status.SENT, 1)], now=NOON)

    assert (after.status, after.wamid, after.leased_until) == ("SENT", "wamid.1", None)
    assert after.accepted_at == NOON + timedelta(seconds=1)


def test_a_receipt_without_a_time_counts_from_now(noon: datetime) -> None:
    timeless = StatusReported(origin=NOWHERE, wamid="wamid.1", status=Status.READ, at=None)

    assert fold(standing(), [timeless], now=noon).read_at == noon


def test_what_is_charged_is_kept_whichever_step_says_so() -> None:
    came = [told(Status.SENT, 1, charged_as="marketing"), told(Status.READ, 2)]

    for order in permutations(came):
        assert fold(standing(), order, now=NOON).charged_as == "marketing"
    assert fold(standing(), [told(Status.READ, 2)], now=NOON).charged_as == ""
