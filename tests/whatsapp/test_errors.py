"""Meta's table of codes, written out again, against ours."""

from datetime import timedelta

import pytest

from whatsapp import errors
from whatsapp.errors import Action

# Source: WhatsApp Cloud API, error codes, read 2026-11; the classes are ours. Codes of services we
# do not use (calls, groups, migration, payments, user names) are not in it.
RETRY = [1, 2, 131000, 131016, 131057, 133004, 133015, 134101, 139102, 139103, 2494100]
SLOW = [4, 80007, 80008, 80012, 130429, 131048, 132069]
PAIR = [131056]
SUPPRESS = [130403]
SUPPRESS_MARKETING = [131050]
FAIL = [
    *(100, 192, 130472, 130497, 131008, 131009, 131014, 131021, 131026, 131030, 131047, 131049),
    *(131051, 131052, 131053, 131055, 131062, 132005, 132008, 132012, 132018, 134100, 135000),
    *(139000, 139001, 139002, 139003, 139004, 200002, 2388019),
]
FAIL_AND_HOLD_PHONE = [137000]
PAUSE_TEMPLATE = [132000, 132001, 132007, 132015, 132016, 132068]
HALT = [
    *(0, 3, 10, 33, 104, 190, *range(200, 300), 368, 131005, 131031, 131037, 131042, 131045),
    *(133000, 133005, 133006, 133008, 133009, 133010),
]
# All marketing, or all utility templates of an account; reminders must not stand still for offers.
HALT_LANE = [131063, 131064, 134102]

CLASSES = {
    Action.TRY_LATER: RETRY,
    Action.SLOW_DOWN: SLOW,
    Action.WAIT_FOR_PHONE: PAIR,
    Action.STOP_PHONE: SUPPRESS + FAIL_AND_HOLD_PHONE,
    Action.STOP_MARKETING: SUPPRESS_MARKETING,
    Action.FAIL: FAIL,
    Action.STOP_TEMPLATE: PAUSE_TEMPLATE + HALT_LANE,
    Action.STOP_SENDER: HALT,
}
EVERY_CODE = [(code, action) for action, codes in CLASSES.items() for code in codes]


@pytest.mark.parametrize(("code", "action"), EVERY_CODE)
def test_a_code_asks_for_what_metas_table_says(code: int, action: Action) -> None:
    meaning = errors.meaning(code)

    assert meaning.action == action
    assert meaning.is_known
    assert meaning.title


def test_no_code_stands_in_our_table_alone() -> None:
    assert set(errors.known_codes()) <= {code for code, _ in EVERY_CODE}


@pytest.mark.parametrize("code", RETRY + SLOW + PAIR)
def test_whoever_shall_wait_is_told_how_long(code: int) -> None:
    assert timedelta(seconds=1) <= errors.meaning(code).wait <= timedelta(hours=1)


@pytest.mark.parametrize("code", [-1, 5, 199, 300, 131999, 99999999])
def test_an_unknown_code_fails_one_message_and_stops_nothing(code: int) -> None:
    meaning = errors.meaning(code)

    assert meaning.action == Action.FAIL
    assert not meaning.is_known


def test_the_tree_has_three_trunks() -> None:
    trunks = {kind.__name__ for kind in errors.SendError.__subclasses__()}
    branches = {kind.__name__ for kind in errors.TryAgain.__subclasses__()}

    assert trunks == {"TryAgain", "Refused", "OutcomeUnknown"}
    assert branches == {"Throttled", "PairThrottled", "LeaseOver"}


def test_an_error_can_be_raised_hashed_and_asked() -> None:
    error = errors.Refused("the access token is no longer valid", code=190)

    assert {error: 1}[error] == 1
    assert str(error) == "the access token is no longer valid"
    assert error.code == 190
