"""No process of the demo outlives it, and a demo that was broken off has proved nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from healthmsg.desk.demo import children
from healthmsg.desk.demo.children import Children, NotUp
from tests.house.source import ROOT

PARENT = """
import os, sys, time
from pathlib import Path
from healthmsg.desk.demo.children import Children
house = Children(Path(sys.argv[1]), os.environ)
house.start("sleeper", ["-c", "import time; time.sleep(120)"])
print(house._running["sleeper"].pid, flush=True)
time.sleep(120)
"""

CHOOSER = """
import os, socket, sys
from healthmsg.desk.demo import children
print("ready", flush=True)
os.read(0, 100)
ports = children.free_ports(int(sys.argv[1]))
ports = [str(port) for port in (ports.web, ports.door, ports.sandbox)]
print(*ports, flush=True)
os.read(0, 100)
os.execv(sys.executable, [sys.executable, "-c", os.environ["LATER"], *ports])
"""
LATER = """
import socket, sys, time
from healthmsg.desk.demo import children

def is_bound(port):
    with socket.socket() as child:
        child.bind(("127.0.0.1", port))
        return not children._take(port)

print(*(is_bound(int(port)) for port in sys.argv[1:]), flush=True)
time.sleep(120)
"""


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2]
    except FileNotFoundError:
        return False
    return not state.startswith("Z")


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_so()


@pytest.mark.skipif(sys.platform != "linux", reason="a child hears of its parent on Linux alone")
def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)

        parent.kill()

    assert within(5, lambda: not is_alive(child))


def test_closing_ends_all_and_a_fallen_one_is_named(tmp_path: Path) -> None:
    house = Children(tmp_path, os.environ)
    house.start("sleeper", ["-c", "import time; time.sleep(120)"])
    house.start("short", ["-c", "pass"])
    sleeper = house._running["sleeper"].pid
    assert within(5, lambda: house.fallen() == "short")

    house.close()

    assert not is_alive(sleeper)


def test_one_that_ends_before_it_answers_is_named_with_its_log(tmp_path: Path) -> None:
    house = Children(tmp_path, os.environ)
    house.start("short", ["-c", "print('why')"])

    with pytest.raises(NotUp, match=r"short\.log"):
        house.wait_for_port("short", children.free_ports(0).door)

    house.close()
    assert (tmp_path / "short.log").read_text() == "why\n"


def test_a_taken_port_is_left_to_its_owner() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]

        ports = children.free_ports(wanted)

    assert wanted not in {ports.web, ports.door, ports.sandbox}
    assert len({ports.web, ports.door, ports.sandbox}) == 3
    assert children.web_port(wanted) == wanted


def test_demos_that_begin_together_choose_ports_of_their_own() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        wanted = str(probe.getsockname()[1])
    with ExitStack() as house:
        choosers = [house.enter_context(chooser(wanted)) for _ in range(6)]
        for one in choosers:
            assert said(one) == "ready"
        for one in choosers:
            tell(one, "choose")
        chosen = [said(one) for one in choosers]
        for one in choosers:
            # As the demo does: the same program, run anew.
            tell(one, "go on")
        later = [said(one) for one in choosers]
        for one in choosers:
            one.kill()

    ports = [port for words in chosen for port in words.split()]
    assert len(set(ports)) == len(ports) == 18, chosen
    assert ports.count(wanted) == 1
    assert later == ["True True True"] * 6, "its own children can bind what it holds"
    assert str(children.web_port(int(wanted))) == wanted, "it ends with whoever held it"


def chooser(wanted: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHOOSER, wanted],
        cwd=ROOT,
        env={**os.environ, "LATER": LATER},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def tell(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{words}\n")
    process.stdin.flush()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_ctrl_c_before_the_sum_is_no_success(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("demo")
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("HEALTHMSG_")},
        "DJANGO_SETTINGS_MODULE": "healthmsg.settings",
        "HEALTHMSG_VAR": str(directory),
        "PYTHONUNBUFFERED": "1",
    }
    # A shell that runs the tests in the background hands an ignored Ctrl-C down to them.
    heard = ["env", "--default-signal=INT"]
    command = [*heard, sys.executable, "manage.py", "demo", "--exit", "--patients=20"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        assert "Starting" in demo.stdout.readline()
        time.sleep(0.5)

        demo.send_signal(signal.SIGINT)

        assert demo.wait(60) != 0
