"""What Meta closes to an account: registrations, utility templates, offers to the United States."""

from pathlib import Path

import pytest

from tests.sandbox_process import PHONE_NUMBER_ID
from tests.whatsapp.sandbox.conftest import Receiver, Sender, invitation, reminder
from tests.whatsapp.sandbox.test_surface import call, clock, code, create, put, standing, wish

__all__ = ["clock", "standing"]


def test_a_number_is_registered_ten_times_within_three_days(standing: Sender, clock: Path) -> None:
    path = f"{PHONE_NUMBER_ID}/register"
    wish = {"messaging_product": "whatsapp", "pin": "000000"}
    codes = [code(call(standing, "POST", path, json=wish).json()) for _ in range(11)]
    put(clock, 72.1)

    assert codes == [0] * 10 + [133016]
    assert code(call(standing, "POST", path, json=wish).json()) == 0


def test_utility_templates_may_be_closed_to_an_account(sender: Sender) -> None:
    sender.sandbox.decide("restrict", type="RESTRICTED_UTILITY_TEMPLATES", hours=1)

    answers = [create(sender, wish("u")), create(sender, wish("m", category="MARKETING"))]

    assert [code(answer) for answer in answers] == [368, 0]
    assert sender.post(reminder()).status_code == 200


@pytest.mark.parametrize(
    ("to", "failures"),
    [
        pytest.param("+12125550101", [131049], id="united-states"),
        pytest.param("+14165550101", [], id="canada"),
        pytest.param("+18095550101", [], id="dominican-republic"),
    ],
)
def test_no_marketing_arrives_in_the_united_states(
    sender: Sender, receiver: Receiver, to: str, failures: list[int]
) -> None:
    told = sender.send(invitation(to=to)), sender.send(reminder(to=to))
    sender.sandbox.wait_until_quiet()

    codes = [one["errors"][0]["code"] for one in receiver.statuses() if "errors" in one]
    assert codes == failures
    sender.sandbox.settings(marketing_to_us=True, pair_limits=False)
    sender.send(invitation(to=to))
    sender.sandbox.wait_until_quiet()
    assert sum("errors" in one for one in receiver.statuses()) == len(failures)
    assert receiver.statuses(told[1])[-1]["status"] != "failed"
