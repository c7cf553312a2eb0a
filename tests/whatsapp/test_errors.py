"""Meta's table of codes, written out again, against ours."""

from datetime import timedelta
from typing import Any

import pytest

from whatsapp import errors
from whatsapp.errors import Action, Delayed, PairThrottled, Refused, Throttled, TryAgain
from whatsapp.status import Reason

# Source: WhatsApp Cloud API, error codes, read 2026-11, a class for each. Codes of services we do
# not use (calls, groups, migration, payments, user names, insights) and those that only concern
# the making of templates are not in it.
RETRY = [1, 2, 131000, 131016, 131053, 131057, 133004, 133015, 134101, 139102, 139103, 2494100]
SLOW = [4, 130429, 131048]
SLOW_CALLS = [80007, 80008, 80012]
SLOW_ONE_FORM = [132069]
PAIR = [131056]
SUPPRESS = [130403]
SUPPRESS_MARKETING = [131050]
FAIL = [
    *(100, 192, 130472, 130497, 131008, 131009, 131014, 131021, 131026, 131030, 131047, 131049),
    *(131051, 131052, 131055, 131062, 132005, 132008, 132012, 132018, 134100, 135000),
    *(139000, 139001, 139002, 139003, 139004, 200002, 2388019),
]
FAIL_AND_HOLD_CONTACT = [137000]
PAUSE_TEMPLATE = [132000, 132001, 132007, 132015, 132016, 132068]
HALT = [
    *(0, 3, 10, 33, 104, 190, *range(200, 300), 368, 131005, 131031, 131037, 131045),
    *(133000, 133005, 133006, 133008, 133009, 133010),
]
HALT_BILLABLE, HALT_MARKETING, HALT_UTILITY = [131042], [131063], [131064]
# Of a service of its own, whose templates are the lane.
HALT_TEMPLATE_LANE = [134102]

CLASSES = {
    Action.TRY_LATER: RETRY,
    Action.SLOW_DOWN: SLOW,
    Action.SLOW_ASIDE: SLOW_CALLS + SLOW_ONE_FORM,
    Action.WAIT_FOR_PHONE: PAIR,
    Action.STOP_PHONE: SUPPRESS + FAIL_AND_HOLD_CONTACT,
    Action.STOP_MARKETING: SUPPRESS_MARKETING,
    Action.FAIL: FAIL,
    Action.STOP_TEMPLATE: PAUSE_TEMPLATE + HALT_TEMPLATE_LANE,
    Action.STOP_KIND: HALT_BILLABLE + HALT_MARKETING + HALT_UTILITY,
    Action.STOP_SENDER: HALT,
}
EVERY_CODE = [(code, action) for action, codes in CLASSES.items() for code in codes]
WITH_LINK = '{"type":"document","document":{"link":"https://example.org/a.pdf"}}'


@pytest.mark.parametrize(("code", "action"), EVERY_CODE)
def test_a_code_asks_for_what_metas_table_says(code: int, action: Action) -> None:
    meaning = errors.meaning(code)

    assert meaning.action == action
    assert meaning.is_known
    assert meaning.title


def test_no_code_stands_in_our_table_alone_and_none_in_metas() -> None:
    written = {code for code, _ in EVERY_CODE}

    assert set(errors.known_codes()) <= written
    # The two hundreds are one rule.
    assert written - set(errors.known_codes()) == set(range(200, 300))
    assert len(EVERY_CODE) == len(written)


@pytest.mark.parametrize("code", RETRY + SLOW + SLOW_CALLS + SLOW_ONE_FORM + PAIR)
def test_whoever_shall_wait_is_told_how_long(code: int) -> None:
    assert timedelta(seconds=1) <= errors.meaning(code).wait <= timedelta(hours=1)


@pytest.mark.parametrize("code", [None, -1, 5, 199, 300, 131999, 99999999])
def test_an_unknown_code_fails_one_message_and_is_told(code: int | None) -> None:
    meaning = errors.meaning(code)

    assert (meaning.action, meaning.reason) == (Action.FAIL, Reason.UNKNOWN_CODE)
    assert not meaning.is_known
    assert meaning.reaches_far
    assert isinstance(errors.refusal(code), Refused)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param({"code": 131026}, 131026, id="number"),
        pytest.param({"code": "131026"}, 131026, id="words"),
        pytest.param({"code": 0}, 0, id="zero"),
        pytest.param({"code": "0"}, 0, id="zero-in-words"),
        pytest.param({}, None, id="none"),
        pytest.param({"code": None}, None, id="null"),
        pytest.param({"code": ""}, None, id="empty"),
        pytest.param({"code": "many"}, None, id="no-number"),
        pytest.param({"code": True}, None, id="truth"),
        pytest.param({"code": 10**20}, None, id="too-large"),
        pytest.param("broken", None, id="no-object"),
    ],
)
def test_a_code_is_read_however_it_is_written(error: Any, code: int | None) -> None:
    assert errors.code_of(error) == code


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (131016, TryAgain),
        (130429, Throttled),
        (80007, Delayed),
        (131056, PairThrottled),
        (131026, Refused),
        (190, Refused),
        (0, Refused),
    ],
)
def test_a_refusal_says_what_to_do_next(code: int, kind: type[errors.SendError]) -> None:
    refusal = errors.refusal(code)

    assert type(refusal) is kind
    assert refusal.code == code


@pytest.mark.parametrize(
    ("code", "retries"),
    [(1, 2), (131000, 3), (2, 4), (130429, None), (80007, None), (131056, None), (131026, 0)],
)
def test_a_fault_is_tried_again_so_often(code: int, retries: int | None) -> None:
    assert errors.retries(errors.refusal(code)) == retries


def test_what_never_reached_whatsapp_is_tried_as_long_as_there_is_time() -> None:
    assert errors.retries(TryAgain("there was no connection")) is None


def test_a_file_that_could_not_be_fetched_is_tried_once_more_if_it_was_a_link() -> None:
    refusal = errors.refusal(131053)

    assert errors.retries(refusal, payload=WITH_LINK) == 1
    assert errors.retries(refusal, payload='{"document":{"id":"1"}}') == 0


def test_pauses_grow_and_end() -> None:
    unknown = [errors.pause(131000, failures=n) for n in range(3)]
    too_fast = [errors.pause(130429, failures=n) for n in range(3)]

    assert unknown == [timedelta(minutes=m) for m in (1, 3, 9)]
    assert too_fast == [timedelta(seconds=s) for s in (2, 4, 8)]
    assert errors.pause(131000, failures=40) == errors.LONGEST_PAUSE
    assert errors.pause(131057, failures=0) == timedelta(seconds=45)
    assert errors.pause(131048, failures=9) == timedelta(hours=1)


@pytest.mark.parametrize(("code", "strikes"), [(100, 5), (132012, 3), (132018, 0)])
def test_refusals_in_a_row_stop_a_template(code: int, strikes: int) -> None:
    meaning = errors.meaning(code)

    assert (meaning.strikes, meaning.reaches_far) == (strikes, bool(strikes))


@pytest.mark.parametrize("code", [*HALT[:3], *HALT_BILLABLE, *HALT_MARKETING, 132015])
def test_a_message_waits_where_something_else_is_at_fault(code: int) -> None:
    assert errors.meaning(code).puts_back


@pytest.mark.parametrize("code", [131026, 132000, 132016, 130403, 131050, 137000])
def test_a_message_fails_where_waiting_helps_nobody(code: int) -> None:
    assert not errors.meaning(code).puts_back


def test_the_tree_has_three_trunks() -> None:
    trunks = {kind.__name__ for kind in errors.SendError.__subclasses__()}
    branches = {kind.__name__ for kind in errors.TryAgain.__subclasses__()}

    assert trunks == {"TryAgain", "Refused", "OutcomeUnknown"}
    assert branches == {"Throttled", "PairThrottled", "Delayed", "LeaseOver"}


def test_an_error_can_be_raised_hashed_and_asked() -> None:
    error = errors.Refused("the access token is no longer valid", code=190)

    assert {error: 1}[error] == 1
    assert str(error) == "the access token is no longer valid"
    assert error.code == 190
    assert errors.TryAgain("there was no connection").code is None
