"""The release before: its code from the repository's own history, and what it sends counted."""

import ast
import contextlib
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]


class Release(NamedTuple):
    commit: str
    # Whether it reads all that this one seals; otherwise SEAL_MESSAGES is off beside it.
    seals_as_this: bool


# The first is the oldest whole state that the rules for migrations hold for (FIRST_RELEASE in
# tests/house/test_upgrades.py): nothing older was ever installed. The second is the first that
# seals all that is sealed today.
# At a release, put the commit of the one before it in place of the first;
# where that one seals as this one does, it is enough alone.
RELEASES = (
    Release("4b1949c2b7ce92c44d7b6c0e2f5a3cecadfc4405", seals_as_this=False),
    Release("c12f43b415f85b1da56b740a9484237058803813", seals_as_this=True),
)


def bring(release: Release, directory: Path) -> Path:
    """Return where its code stands now; a checkout without its history skips the test."""
    known = _git("merge-base", "--is-ancestor", release.commit, "HEAD")
    if known.returncode == 1:
        pytest.fail(f"{release.commit} is no ancestor of what is tested")
    if known.returncode:
        pytest.skip(f"no history that reaches back to {release.commit[:10]}, as in a shallow clone")
    packed = _git("archive", "--format=tar", release.commit, ":!tests", ":!*.png")
    assert packed.returncode == 0, packed.stderr.decode()
    subprocess.run(["tar", "-x", "-C", str(directory)], input=packed.stdout, check=True)
    return directory


def tasks_of(release: Release) -> set[str]:
    """Return the names of the tasks it knows; once its code was brought."""
    table = _git("show", f"{release.commit}:healthmsg/beat_table.py").stdout.decode()
    routes = next(
        node.value
        for node in ast.parse(table).body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "ROUTES"
    )
    assert routes is not None
    return set(ast.literal_eval(routes))


def _git(*words: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)


class Way(socketserver.ThreadingTCPServer):
    """A way of its own to the sandbox: who goes it is known by it."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, sandbox_url: str) -> None:
        super().__init__(("127.0.0.1", 0), _There)
        there = urlsplit(sandbox_url)
        self.leads_to = (str(there.hostname), int(there.port or 80))
        self.messages = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _There(socketserver.BaseRequestHandler):
    server: Way

    def handle(self) -> None:
        with contextlib.suppress(OSError), socket.create_connection(self.server.leads_to) as there:
            back = threading.Thread(target=_pour, args=(there, self.request), daemon=True)
            back.start()
            while portion := self.request.recv(65536):
                self.server.messages += portion.count(b"/messages HTTP/1.1")
                there.sendall(portion)
            there.shutdown(socket.SHUT_WR)
            back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while portion := source.recv(65536):
            target.sendall(portion)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def way_to(sandbox_url: str) -> Iterator[Way]:
    with Way(sandbox_url) as way:
        threading.Thread(target=way.serve_forever, daemon=True).start()
        try:
            yield way
        finally:
            way.shutdown()
