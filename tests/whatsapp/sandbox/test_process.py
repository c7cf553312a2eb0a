import signal
import subprocess
import sys

import pytest

from tests.sandbox_process import running

REST_OF_THE_HOUSE = ("django", "celery", "psycopg", "redis", "healthmsg", "reminders", "campaigns")
FACTS = {"whatsapp", "whatsapp.wamid"}


def test_the_sandbox_imports_nothing_of_the_house_but_facts() -> None:
    program = "import sys, whatsapp.sandbox.__main__; print(*sys.modules)"

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    modules = set(printed.stdout.decode().split())
    ours = {one for one in modules if one.partition(".")[0] == "whatsapp"}
    assert modules.isdisjoint(REST_OF_THE_HOUSE)
    assert {one for one in ours if not one.startswith("whatsapp.sandbox")} == FACTS


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_ends_in_order(signum: signal.Signals) -> None:
    with running("--webhook-url=http://127.0.0.1:9/") as sandbox:
        sandbox.stats()
        sandbox.process.send_signal(signum)

        assert sandbox.process.wait(10) == 0


def test_a_number_is_given_with_its_country_code() -> None:
    with pytest.raises(RuntimeError, match="did not start"), running("--number=1=5555"):
        pass
