import time

import pytest
import requests

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import Sender, text
from whatsapp.sandbox.faults import Fault


def test_a_refused_request_was_not_accepted(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.fault("refuse")

    with pytest.raises(requests.ConnectionError):
        sender.post(text())

    assert sandbox.accepted() == []
    assert sender.post(text()).status_code == 200


@pytest.mark.parametrize(("accepted", "count"), [(True, 1), (False, 0)])
def test_a_reset_connection_may_have_accepted(
    sender: Sender, sandbox: SandboxProcess, accepted: bool, count: int
) -> None:
    sandbox.fault("reset", accepted=accepted)

    with pytest.raises(requests.ConnectionError):
        sender.post(text())

    assert len(sandbox.accepted()) == count


def test_a_late_answer_was_accepted_at_once(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.fault("late", seconds=2)

    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{sandbox.base_url}/v25.0/100000000000001/messages",
            json=text(),
            headers={"Authorization": "Bearer sandbox-token"},
            timeout=0.2,
        )

    assert len(sandbox.accepted()) == 1


def test_a_dripping_answer_was_accepted_at_once_and_comes_byte_by_byte(
    sender: Sender, sandbox: SandboxProcess
) -> None:
    sandbox.fault("drip", seconds=0.5)
    started_at = time.monotonic()

    answer = sender.post(text())

    assert answer.json()["messages"][0]["id"] == sandbox.accepted()[0]["wamid"]
    assert time.monotonic() - started_at >= 0.4


def test_a_gateway_page_is_not_metas_json(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.fault("html", accepted=True, status=502)

    response = sender.post(text())

    assert (response.status_code, response.headers["Content-Type"][:9]) == (502, "text/html")
    assert len(sandbox.accepted()) == 1


def test_an_edge_throttles_without_a_body(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.fault("http429", times=2)

    answers = [sender.post(text()) for _ in range(3)]

    assert [one.status_code for one in answers] == [429, 429, 200]
    assert answers[0].text == ""


def test_any_code_of_metas_can_be_asked_for(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.fault("graph", code=131016, details="Try later")

    response = sender.post(text())

    assert response.status_code == 500
    assert response.json()["error"]["error_data"]["details"] == "Try later"


def test_a_fault_for_a_time_ends(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.fault("graph", code=2, for_seconds=0.3)
    during = [sender.post(text()).status_code for _ in range(3)]

    time.sleep(0.3)

    assert during == [503, 503, 503]
    assert sender.post(text()).status_code == 200


def test_a_fault_for_one_patient_leaves_the_others_alone(
    sender: Sender, sandbox: SandboxProcess
) -> None:
    sandbox.fault("graph", code=131056, to="+5491155550102")

    assert sender.post(text()).status_code == 200
    assert sender.post(text(to="+5491155550102")).json()["error"]["code"] == 131056


def test_faults_of_all_paths_meet_templates_too(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.fault("html", path="all", status=503)

    assert sender.get("200000000000001/message_templates").status_code == 503


def test_latency_delays_every_answer(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.settings(latency=0.2)
    started_at = time.monotonic()

    assert sender.post(text()).status_code == 200

    assert time.monotonic() - started_at >= 0.2


def test_an_unplugged_sandbox_refuses_connections_and_comes_back(
    sender: Sender, sandbox: SandboxProcess
) -> None:
    sandbox.unplug(0.3)

    with pytest.raises(requests.ConnectionError):
        sender.post(text())
    time.sleep(0.5)

    assert sender.post(text()).status_code == 200


def test_an_unknown_fault_is_refused(sandbox: SandboxProcess) -> None:
    with pytest.raises(ValueError, match="no such fault"):
        sandbox.fault("earthquake")
    with pytest.raises(ValueError, match="unknown field"):
        sandbox.fault("late", minutes=1)


def test_a_fault_counts_its_requests() -> None:
    fault = Fault("graph", times=1)

    assert not fault.is_over(0)
    fault.done = 1
    assert fault.is_over(0)
