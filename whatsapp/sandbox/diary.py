"""What shall happen at a moment of the sandbox's clock, such as the end of a template's pause."""

import asyncio
import heapq
import itertools
from collections.abc import Callable

from whatsapp.sandbox.clock import Clock

LOOKS_EVERY = 0.05  # real seconds: the clock may run fast, stand or be moved


class Diary:
    """Appointments with the clock; nothing happens while the clock stands before them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pages: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._pages, (moment, next(self._order), act))

    def clear(self) -> None:
        self._pages.clear()

    def turn(self) -> None:
        """Do what is due."""
        while self._pages and self._pages[0][0] <= self._clock.now():
            heapq.heappop(self._pages)[2]()

    async def run(self) -> None:
        """Look at the clock, for ever."""
        while True:
            self.turn()
            await asyncio.sleep(LOOKS_EVERY)
