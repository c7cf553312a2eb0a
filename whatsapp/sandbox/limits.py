"""Meta's two speed limits: per number of ours, and per pair of numbers. Both keep real time."""

from collections import defaultdict, deque
from collections.abc import Iterable

from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.options import Number

# Source: WhatsApp Cloud API, pair rate limits: one message per 6 s, up to 45 at once.
PAIR_INTERVAL = 6.0
PAIR_BURST = 45


class SlidingSecond:
    """What happened within the last second, and the most that ever did."""

    __slots__ = ("highest", "moments")

    def __init__(self) -> None:
        self.moments: deque[float] = deque()
        self.highest = 0

    def count(self, now: float) -> int:
        moments = self.moments
        limit = now - 1.0
        while moments and moments[0] <= limit:
            moments.popleft()
        return len(moments)

    def add(self, now: float) -> None:
        count = self.count(now) + 1
        self.moments.append(now)
        self.highest = max(self.highest, count)


class Throughput:
    """Counts messages of each number in any one second, in and out together."""

    def __init__(self, numbers: Iterable[Number]) -> None:
        self.limits = {number.id: number.throughput for number in numbers}
        self.clear()

    def clear(self) -> None:
        self.passed = {number_id: SlidingSecond() for number_id in self.limits}
        self.asked = {number_id: SlidingSecond() for number_id in self.limits}

    def take(self, number_id: str, now: float) -> None:
        """
        Let one message of ours through.

        :raises GraphError: 130429, the last second was full
        """
        self.asked[number_id].add(now)
        limit = self.limits[number_id]
        passed = self.passed[number_id]
        if limit and passed.count(now) >= limit:
            raise GraphError(130429, "Cloud API message throughput has been reached.")
        passed.add(now)

    def count_inbound(self, number_id: str, now: float) -> None:
        """A patient's message is never refused, but takes its place in the second."""
        self.passed[number_id].add(now)

    def highest(self) -> dict[str, dict[str, int]]:
        return {
            number_id: {"passed": passed.highest, "asked": self.asked[number_id].highest}
            for number_id, passed in self.passed.items()
        }


class PairLimits:
    """How much of the future each pair of numbers has borrowed."""

    def __init__(self) -> None:
        self._free_at: defaultdict[tuple[str, str], float] = defaultdict(float)

    def clear(self) -> None:
        self._free_at.clear()

    def take(self, number_id: str, wa_id: str, now: float) -> None:
        """
        Let one message of ours to this patient through.

        :raises GraphError: 131056, 45 messages were borrowed already
        """
        pair = (number_id, wa_id)
        free_at = max(self._free_at[pair], now) + PAIR_INTERVAL
        if free_at - now > PAIR_BURST * PAIR_INTERVAL:
            raise GraphError(
                131056,
                "Message failed to send because there were too many messages sent from this phone "
                "number to the same phone number in a short period of time.",
            )
        self._free_at[pair] = free_at
