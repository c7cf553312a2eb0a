"""How much of the hour's management calls is used: counted, told in headers, refused when full."""

from collections import deque

import orjson

from whatsapp.sandbox.clock import Clock
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.options import Options

HOUR = 3600.0


class Usage:
    """Calls about templates, numbers and the account within the last hour; sends do not count."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._calls: deque[float] = deque()

    def clear(self) -> None:
        self._calls.clear()

    def take(self) -> None:
        """
        Count one call.

        :raises GraphError: 80008, the hour is full
        """
        now = self._clock.now()
        while self._calls and self._calls[0] <= now - HOUR:
            self._calls.popleft()
        limit = self._options.graph_calls
        if limit and len(self._calls) >= limit:
            raise GraphError(80008, "There have been too many calls for this WhatsApp account.")
        self._calls.append(now)

    def headers(self) -> dict[str, str]:
        """Return the two headers, in per cent of the quota; the way back is in minutes."""
        limit = self._options.graph_calls
        percent = min(100, len(self._calls) * 100 // limit) if limit else 0
        wait = 0
        if percent >= 100:
            wait = max(1, round((self._calls[0] + HOUR - self._clock.now()) / 60))
        counts = {"call_count": percent, "total_cputime": percent // 4, "total_time": percent // 2}
        detail = {
            "type": "whatsapp_business_management",
            **counts,
            "estimated_time_to_regain_access": wait,
        }
        return {
            "X-App-Usage": orjson.dumps(counts).decode(),
            "X-Business-Use-Case-Usage": orjson.dumps({self._options.waba_id: [detail]}).decode(),
        }
