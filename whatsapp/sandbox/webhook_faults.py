"""Mishaps of webhooks on command: drop, repeat, delay, shuffle."""

import random
from dataclasses import dataclass, field
from typing import Any

from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.statuses import Notice

MISHAPS = ("drop", "repeat", "delay", "shuffle")
_MATCHED = ("kind", "name", "wa_id", "wamid", "field")


@dataclass(slots=True)
class Mishap:
    """What happens to the next `times` notices that match; `times` 0 is always."""

    do: str
    times: int = 1
    copies: int = 2
    seconds: float = 1.0
    match: dict[str, str] = field(default_factory=dict)
    done: int = 0

    def __post_init__(self) -> None:
        if self.do not in MISHAPS:
            raise ValueError(f"no such mishap: {self.do}")
        unknown = set(self.match) - set(_MATCHED)
        if unknown:
            raise ValueError(f"cannot match by {', '.join(sorted(unknown))}")

    def concerns(self, notice: Notice) -> bool:
        is_over = self.times and self.done >= self.times
        return not is_over and all(
            getattr(notice, name) == value for name, value in self.match.items()
        )


class WebhookFaults:
    """The mishaps that were asked for."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._mishaps: list[Mishap] = []

    def add(self, wish: dict[str, Any]) -> None:
        """
        Ask for a mishap.

        :raises ValueError: an unknown kind or field
        """
        try:
            self._mishaps.append(Mishap(**wish))
        except TypeError:
            raise ValueError("unknown field of a mishap") from None

    def clear(self) -> None:
        self._mishaps.clear()

    def listed(self) -> list[Json]:
        return [{"do": one.do, "times": one.times, "done": one.done} for one in self._mishaps]

    def apply(self, notice: Notice, delay: float) -> list[float]:
        """Return after how many seconds each copy of the notice leaves; none for a dropped one."""
        delays = [delay]
        for mishap in self._mishaps:
            if mishap.concerns(notice):
                mishap.done += 1
                delays = self._changed(mishap, delays)
        return delays

    def _changed(self, mishap: Mishap, delays: list[float]) -> list[float]:
        if mishap.do == "drop":
            return []
        if mishap.do == "repeat":
            return delays * max(1, mishap.copies)
        if mishap.do == "delay":
            return [delay + mishap.seconds for delay in delays]
        return [delay + self._rng.uniform(0, mishap.seconds) for delay in delays]
