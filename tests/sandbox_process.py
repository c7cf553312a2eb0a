"""The sandbox in a process of its own, and the words a test says to it."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from whatsapp.sandbox.world import RESETTABLE

Json = dict[str, Any]

PHONE_NUMBER_ID = "100000000000001"
WABA_ID = "200000000000001"
TOKEN = "sandbox-token"
APP_SECRET = "sandbox-app-secret"
VERIFY_TOKEN = "sandbox-verify-token"


@dataclass(frozen=True)
class SandboxProcess:
    """A handle: `base_url` is what WHATSAPP_BASE_URL wants."""

    base_url: str
    process: subprocess.Popen[str]

    @property
    def pid(self) -> int:
        return self.process.pid

    # What it saw.

    def ledger(self, **only: str) -> Json:
        """Return totals, duplicates and the first thousand entries that match."""
        return self._get("ledger", only)

    def accepted(self, **only: str) -> list[Json]:
        """Return every entry that matches."""
        if not only:
            url = f"{self.base_url}/_sandbox/ledger.ndjson"
            return [json.loads(line) for line in requests.get(url, timeout=60).iter_lines()]
        page = self._get("ledger", only)
        entries: list[Json] = page["entries"]
        while page["after"] is not None:
            page = self._get("ledger", {**only, "after": page["after"]})
            entries += page["entries"]
        return entries

    def refusals(self) -> list[Json]:
        return list(self._get("refusals")["refused"])

    def heard(self) -> list[str]:
        """Return the ids of patients' messages whose webhooks were answered 200."""
        return list(self._get("heard")["heard"])

    def stats(self) -> Json:
        return self._get("stats")

    def wait_until_quiet(self, seconds: float = 20.0) -> Json:
        """Wait until every webhook was answered with 200 and no patient thinks of an answer."""
        deadline = time.monotonic() + seconds
        while not (stats := self.stats())["quiet"]:
            if time.monotonic() > deadline:
                raise TimeoutError("the sandbox did not become quiet")
            time.sleep(0.02)
        return stats

    # What it shall do.

    def reset(self, *, keep: tuple[str, ...] = ()) -> None:
        """Forget everything but what is kept; without the options, take those of the start."""
        self._post("reset", {"only": [part for part in RESETTABLE if part not in keep]})

    def settings(self, **wishes: Any) -> None:
        self._post("settings", wishes)

    def behave(self, wa_id: str, behaviour: str | Json | None) -> None:
        """Choose a behaviour: a name of the table, or fields to change."""
        self._post("behaviours", {wa_id: behaviour})

    def fault(self, kind: str, **wish: Any) -> None:
        self._post("faults", {"kind": kind, **wish})

    def mishap(self, do: str, *, match: Mapping[str, str] | None = None, **wish: Any) -> None:
        """Let webhooks go wrong: drop, repeat, delay, shuffle."""
        self._post("mishaps", {"do": do, "match": dict(match or {}), **wish})

    def unplug(self, seconds: float) -> None:
        """Refuse connections for a while, beginning now."""
        self._post("unplug", {"seconds": seconds})
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                requests.get(f"{self.base_url}/_sandbox/ready", timeout=1)
            except requests.ConnectionError:
                return
            time.sleep(0.01)

    def inbound(self, wa_id: str, **act: Any) -> str:
        """Let a patient do something: text=, tap=, send=, reaction=, preference= or message=."""
        return str(self._post("inbound", {"from": wa_id, **act})["wamid"])

    def tell_status(self, wamid: str, status: str, **wish: Any) -> None:
        self._post("statuses", {"wamid": wamid, "status": status, **wish})

    def tell(self, field: str, value: Json, **wish: Any) -> None:
        """Send any webhook change, such as an account_update."""
        self._post("webhook", {"field": field, "value": value, **wish})

    def review(self, name: str, **wish: str) -> None:
        """Play Meta's review of templates: status=, quality=, category=, language=."""
        self._post("templates", {"name": name, **wish})

    def decide(self, do: str, **wish: Any) -> Json:
        """Play Meta's decisions: throughput, daily_limit, restrict, ban, pause_template, ..."""
        return self._post("decisions", {"do": do, **wish})

    def forge(self, **wish: Any) -> list[int]:
        """Write to the webhook address as somebody else; returns what was answered."""
        return list(self._post("forge", wish)["answers"])

    def _get(self, name: str, query: Mapping[str, Any] | None = None) -> Json:
        return self._answer(requests.get(f"{self.base_url}/_sandbox/{name}", query, timeout=30))

    def _post(self, name: str, wish: Json) -> Json:
        url = f"{self.base_url}/_sandbox/{name}"
        return self._answer(requests.post(url, json=wish, timeout=30))

    def _answer(self, response: requests.Response) -> Json:
        answer: Json = response.json()
        if response.status_code != 200:
            raise ValueError(answer["error"])
        return answer


@contextlib.contextmanager
def running(*flags: str, environment: Mapping[str, str] | None = None) -> Iterator[SandboxProcess]:
    """Run a sandbox on a free port, with the flags of `python -m whatsapp.sandbox`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "whatsapp.sandbox", "--port=0", *flags],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError("the sandbox did not start")
        yield SandboxProcess(address, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[SandboxProcess]:
    """One process for the run, with quick phones and patients, and no webhooks until asked."""
    with running("--pace=0.02", "--retry-after=0.05", "--retry-cap=0.2", "--seed=7") as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    """The sandbox as if just started: 80 messages/s, pair limits, webhooks off."""
    sandbox_process.reset()
    return sandbox_process
