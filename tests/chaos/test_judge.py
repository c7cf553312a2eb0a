"""A judge that cannot condemn is worth nothing: each offence, made up, is found."""

import pytest

from tests.chaos.judge import Accepted, Evidence, Row, judge

TOLD = frozenset({"sent", "delivered", "read"})


def entry(callback: str = "a.1", *, at: float = 100.0, **fields: object) -> Accepted:
    return Accepted(callback, at, **({"told": TOLD, "told_at": at + 1} | fields))  # type: ignore[arg-type]


def row(uuid: str = "a", status: str = "READ", **fields: object) -> Row:
    return Row(uuid, status, **fields)  # type: ignore[arg-type]


def evidence(*ledger: Accepted, rows: tuple[Row, ...] = (), **fields: object) -> Evidence:
    return Evidence(ledger, rows, **fields)  # type: ignore[arg-type]


def test_a_message_that_arrived_is_clean() -> None:
    verdict = judge(evidence(entry(), rows=(row(),)))

    assert verdict.is_clean
    assert (verdict.messages, verdict.arrived, verdict.resent) == (1, 1, 0)


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(entry("a.1", at=200.0), id="the same attempt"),
        pytest.param(entry("a.2", at=200.0), id="an attempt nobody was in the dark about"),
    ],
)
def test_what_left_twice_is_doubled(again: Accepted) -> None:
    verdict = judge(evidence(entry(), again, rows=(row(),)))

    assert len(verdict.doubled) == 1
    assert not verdict.is_clean


def test_what_was_sent_again_in_the_dark_is_counted_apart() -> None:
    in_the_dark = row(unknown_attempts=frozenset({1}))

    verdict = judge(evidence(entry(told_at=300.0), entry("a.2", at=200.0), rows=(in_the_dark,)))

    assert verdict.is_clean
    assert verdict.resent == 1


def test_what_was_sent_again_although_its_receipt_had_come_is_doubled() -> None:
    was_told = row(unknown_attempts=frozenset({1}))

    verdict = judge(evidence(entry(told_at=120.0), entry("a.2", at=200.0), rows=(was_told,)))

    assert len(verdict.doubled) == 1


@pytest.mark.parametrize("status", ["FAILED", "WITHHELD", "QUEUED", "UNCERTAIN"])
def test_a_message_that_ends_without_a_reason_is_lost(status: str) -> None:
    assert len(judge(evidence(rows=(row(status=status),))).lost) == 1


def test_an_unknown_outcome_about_a_visit_that_nobody_calls_about_is_lost() -> None:
    unknown = row(status="UNCERTAIN", reason="UNKNOWN_OUTCOME")
    called_about = row(status="UNCERTAIN", reason="UNKNOWN_OUTCOME", is_to_call=True)

    assert len(judge(evidence(rows=(unknown,))).lost) == 1
    verdict = judge(evidence(rows=(called_about,)))
    assert verdict.is_clean
    assert verdict.unknown == 1


def test_a_message_that_whatsapp_has_and_we_forgot_is_lost() -> None:
    assert len(judge(evidence(entry())).lost) == 1


def test_an_answer_that_was_taken_and_not_kept_is_lost() -> None:
    verdict = judge(evidence(heard=frozenset({"wamid.1", "wamid.2"}), kept=frozenset({"wamid.1"})))

    assert verdict.lost == ("1 answers of patients were taken and not kept",)


@pytest.mark.parametrize(
    "waiting",
    [
        pytest.param({"rows": (row(status="SENDING", waits="past its lease"),)}, id="a row"),
        pytest.param({"undigested": 1}, id="a notice"),
        pytest.param({"set_aside": 1}, id="a notice set aside"),
        pytest.param({"unhandled": 1}, id="an answer"),
    ],
)
def test_what_waits_for_ever_is_stuck(waiting: dict[str, object]) -> None:
    verdict = judge(evidence(**waiting))  # type: ignore[arg-type]

    assert len(verdict.stuck) == 1
    assert not verdict.is_clean


@pytest.mark.parametrize("status", ["ACCEPTED", "SENT", "DELIVERED", "UNCERTAIN", "FAILED"])
def test_a_receipt_that_was_taken_and_not_applied_is_found(status: str) -> None:
    behind = row(status=status, reason="UNKNOWN_OUTCOME", is_to_call=True)

    assert len(judge(evidence(entry(), rows=(behind,))).unapplied) == 1


@pytest.mark.parametrize("status", ["ACCEPTED", "SENT", "DELIVERED", "READ"])
def test_a_row_that_says_it_left_when_nothing_did_is_found(status: str) -> None:
    assert len(judge(evidence(rows=(row(status=status),))).unapplied) == 1


def test_a_forged_receipt_that_was_believed_is_found() -> None:
    believed = row(status="FAILED", reason="NOT_ON_WHATSAPP")

    assert len(judge(evidence(entry(), rows=(believed,))).unapplied) == 1


def test_a_phone_that_is_off_is_no_offence() -> None:
    off = entry(told=frozenset({"sent"}))

    assert judge(evidence(off, rows=(row(status="SENT"),))).is_clean
