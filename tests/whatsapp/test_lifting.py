"""What lets a stopped thing go on, and why it is stopped, in the clinic's words."""

from types import SimpleNamespace

import pytest

from whatsapp import consequences, errors, lifting
from whatsapp.errors import Action
from whatsapp.lifting import what_lifts, what_lifts_status, why
from whatsapp.models import TemplateStatus

_STOPS = {Action.STOP_SENDER, Action.STOP_KIND, Action.STOP_TEMPLATE}


def held(**fields: object) -> SimpleNamespace:
    return SimpleNamespace(**({"held_reason": "", "held_code": None, "held_until": None} | fields))


def test_every_code_that_stops_something_says_what_lifts_it() -> None:
    stopping = {code for code in errors.known_codes() if errors.meaning(code).action in _STOPS}
    striking = {code for code in errors.known_codes() if errors.meaning(code).strikes}

    # Some only say what WhatsApp's own status is: that says what lifts it.
    ours = (stopping | striking) - set(consequences._STATES)
    assert ours <= set(lifting._BY_CODE)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(held(held_code=190), "access token", id="its-code"),
        pytest.param(held(held_reason="a look is needed"), "Somebody here", id="a-person"),
        pytest.param(held(held_until="soon"), "tried again by itself", id="a-pause-of-ours"),
        pytest.param(
            held(held_reason="WhatsApp: SPAM", held_until="soon"), "ends by itself", id="an-end"
        ),
        pytest.param(held(held_reason="WhatsApp: DISABLE"), "WhatsApp has to lift", id="a-ban"),
        pytest.param(held(cause="people stopped at once 3"), "these people", id="a-breaker"),
    ],
)
def test_what_lifts_it(row: SimpleNamespace, expected: str) -> None:
    assert expected in what_lifts(row)


def test_every_status_of_a_template_that_cannot_be_used_says_what_lifts_it() -> None:
    said = {status: what_lifts_status(status) for status in [*TemplateStatus.values, "NEW_WORD"]}

    assert not said.pop(TemplateStatus.APPROVED)
    assert all(said.values())
    assert "manager" in said["NEW_WORD"]
    assert "looks at it again" in said["IN_APPEAL"]
    assert "another name" in said["PENDING_DELETION"]


def test_whatsapp_s_words_are_ours_and_a_person_s_words_stay() -> None:
    assert why(held(held_reason="WhatsApp: DISABLE")) == "WhatsApp has switched the account off"
    assert why(held(held_reason="WhatsApp: NEW_WORD")) == "WhatsApp: NEW_WORD"
    assert why(held(held_reason="ask Maria first")) == "ask Maria first"
    assert why(held()) == ""
