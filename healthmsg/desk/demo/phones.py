"""What pretend patients do on their phones, and what has reached them: the sandbox's controls."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

_SECONDS = 30


class SandboxSaysNo(Exception):
    """The sandbox did not take what was asked of it; the message has its answer."""


@dataclass(frozen=True)
class Taken:
    """One message that the sandbox took, as its ledger has it."""

    wamid: str
    to: str  # digits alone
    template: str  # "" for what is no template
    text: str
    callback: str  # "<uuid>.<attempt>"
    at: datetime  # by the clinic's clock
    real_at: datetime


class Phones:
    """The sandbox at `address`, which has a phone for every number."""

    def __init__(self, address: str) -> None:
        self.address = address

    def write(self, number: str, text: str) -> None:
        """Let the patient on a number (E.164) write."""
        self._post("/_sandbox/inbound", {"from": number, "text": text})

    def tap(self, number: str, position: int, *, under: str = "") -> None:
        """
        Let the patient tap a button.

        :param position: among the buttons; negative: from the end
        :param under: the wamid of the message; "" is the last one with buttons
        """
        wish: dict[str, Any] = {"from": number, "tap": position}
        self._post("/_sandbox/inbound", wish | ({"wamid": under} if under else {}))

    def taken(self, number: str = "", *, template: str = "") -> list[Taken]:
        """Return what was taken, in that order: of everybody, or of one number and template."""
        if not number and not template:
            return [_taken(json.loads(line)) for line in self._lines("/_sandbox/ledger.ndjson")]
        only = {"to": number} if number else {}
        only |= {"template": template} if template else {}
        query = urlencode({**only, "limit": 10_000})
        return [_taken(entry) for entry in self._get(f"/_sandbox/ledger?{query}")["entries"]]

    def stats(self) -> dict[str, Any]:
        return self._get("/_sandbox/stats")

    def change_settings(self, **wishes: Any) -> None:
        self._post("/_sandbox/settings", wishes)

    def are_quiet(self) -> bool:
        """True where every notice was taken by us and no pretend patient thinks of an answer."""
        return bool(self.stats()["quiet"])

    def show(self, cards: Iterable[Mapping[str, Any]], *, desk: str) -> str:
        """
        Lay cards beside desk and phone, in place of those that lay there.

        :param desk: the address of the clinic's pages
        :returns: the address of the page that shows all three
        """
        self._post("/_control/cards", {"desk": desk, "cards": list(cards)})
        return f"{self.address}/try"

    def _get(self, path: str) -> dict[str, Any]:
        return self._answer(Request(self.address + path))  # noqa: S310 - loopback

    def _post(self, path: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps(wish).encode()
        headers = {"Content-Type": "application/json"}
        return self._answer(Request(self.address + path, body, headers))  # noqa: S310 - loopback

    def _answer(self, request: Request) -> dict[str, Any]:
        try:
            with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - loopback
                read: dict[str, Any] = json.loads(answer.read() or b"{}")
                return read
        except HTTPError as error:
            said = error.read(500).decode(errors="replace")
            path = request.selector.partition("?")[0]
            raise SandboxSaysNo(f"The sandbox answers {error.code} to {path}: {said}") from error

    def _lines(self, path: str) -> list[bytes]:
        with urlopen(self.address + path, timeout=_SECONDS) as lines:  # noqa: S310 - loopback
            return list(lines)


def _taken(entry: Mapping[str, Any]) -> Taken:
    return Taken(
        wamid=entry["wamid"],
        to=entry["to"].lstrip("+"),
        template=entry["template"] or "",
        text=entry["text"],
        callback=entry["callback"] or "",
        at=datetime.fromtimestamp(entry["accepted_at"], UTC),
        real_at=datetime.fromtimestamp(entry["accepted_at_real"], UTC),
    )
