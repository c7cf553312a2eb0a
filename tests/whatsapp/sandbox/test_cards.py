"""Desk and phone side by side: the cards, and the page that shows them."""

from typing import Any

import pytest
import requests

from tests.sandbox_process import SandboxProcess

DESK = "http://127.0.0.1:8000/admin/"
CARD = {
    "title": "She <cancels>",
    "steps": ["Tap Cancel on the phone.", "See the visit at the desk."],
    "desk_path": "admin/clinic/appointment/",
    "phone": "5491155550101",
}


def give(sandbox: SandboxProcess, wish: Any) -> requests.Response:
    return requests.post(f"{sandbox.base_url}/_control/cards", json=wish, timeout=10)


def shown(sandbox: SandboxProcess, query: str = "") -> requests.Response:
    return requests.get(f"{sandbox.base_url}/try{query}", timeout=10)


def test_without_cards_the_page_says_how_to_get_some(sandbox: SandboxProcess) -> None:
    page = shown(sandbox)

    assert "nothing to try yet" in page.text
    assert "<iframe" not in page.text


def test_a_card_shows_its_steps_and_points_both_frames(sandbox: SandboxProcess) -> None:
    answer = give(sandbox, {"desk": DESK, "cards": [{"title": "Look", "steps": ["Go"]}, CARD]})

    both = shown(sandbox)
    chosen = shown(sandbox, "?card=2").text

    assert answer.json() == {"cards": 2, "page": "/try"}
    assert f'<iframe src="{DESK}"' in both.text
    assert '<iframe src="/"' in both.text
    assert "She &lt;cancels&gt;" in both.text
    assert "frame-src 'self' http://127.0.0.1:8000" in both.headers["Content-Security-Policy"]
    assert "<li>Tap Cancel on the phone.</li>" in chosen
    assert 'src="http://127.0.0.1:8000/admin/clinic/appointment/"' in chosen
    assert 'src="/phones/5491155550101"' in chosen
    assert 'href="/try?card=2" aria-current="page"' in chosen


@pytest.mark.parametrize("query", ["?card=0", "?card=3", "?card=-1", "?card=two", "?card=²"])
def test_a_card_that_is_not_there_is_no_card(sandbox: SandboxProcess, query: str) -> None:
    give(sandbox, {"desk": DESK, "cards": [CARD]})

    page = shown(sandbox, query)

    assert page.status_code == 200
    assert "aria-current" not in page.text


def test_a_desk_may_come_without_cards_and_all_is_forgotten_on_a_reset(
    sandbox: SandboxProcess,
) -> None:
    give(sandbox, {"desk": DESK, "cards": []})
    assert "<iframe" in shown(sandbox).text

    sandbox.reset()

    assert "nothing to try yet" in shown(sandbox).text


def test_the_page_goes_to_the_desks_own_name_for_this_machine(sandbox: SandboxProcess) -> None:
    give(sandbox, {"desk": "http://localhost:8000/admin/", "cards": [CARD]})

    address = f"{sandbox.base_url}/try?card=1"
    moved = requests.get(address, timeout=10, allow_redirects=False)

    assert moved.status_code == 303
    assert moved.headers["Location"] == address.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        pytest.param([], "expected {", id="no-object"),
        pytest.param({"desk": DESK}, "expected {", id="no-cards"),
        pytest.param({"desk": DESK, "cards": {}}, "cards: expected a list", id="cards-no-list"),
        pytest.param({"desk": "admin/", "cards": []}, "desk: expected", id="desk-no-address"),
        pytest.param({"desk": "http://a; *", "cards": []}, "desk: expected", id="desk-in-policy"),
        pytest.param({"desk": "javascript:a", "cards": []}, "desk: expected", id="desk-a-script"),
        pytest.param({"desk": DESK, "cards": ["a"]}, "cards[0]: expected", id="card-no-object"),
        pytest.param(
            {"desk": DESK, "cards": [{**CARD, "step": 1}]}, "cards[0]: expected", id="unknown-field"
        ),
        pytest.param(
            {"desk": DESK, "cards": [CARD, {**CARD, "title": " "}]}, "cards[1].title", id="no-title"
        ),
        pytest.param(
            {"desk": DESK, "cards": [{**CARD, "steps": "Go"}]}, "cards[0].steps", id="steps-no-list"
        ),
        pytest.param(
            {"desk": DESK, "cards": [{**CARD, "steps": [1]}]},
            "cards[0].steps[0]",
            id="step-no-text",
        ),
        pytest.param(
            {"desk": DESK, "cards": [{**CARD, "desk_path": "//evil.example/"}]},
            "cards[0].desk_path",
            id="another-host",
        ),
        pytest.param(
            {"desk": DESK, "cards": [{**CARD, "phone": "12a"}]}, "cards[0].phone", id="no-number"
        ),
    ],
)
def test_what_has_another_shape_is_refused_and_the_cards_stay(
    sandbox: SandboxProcess, wish: Any, says: str
) -> None:
    give(sandbox, {"desk": DESK, "cards": [CARD]})

    refused = give(sandbox, wish)

    assert refused.status_code == 400
    assert says in refused.json()["error"]
    assert "She &lt;cancels&gt;" in shown(sandbox).text


def test_cards_are_posted_as_json(sandbox: SandboxProcess) -> None:
    address = f"{sandbox.base_url}/_control/cards"

    assert requests.post(address, data="{", timeout=10).status_code == 400
    assert requests.get(address, timeout=10).status_code == 405
