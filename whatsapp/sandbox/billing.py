"""What a message costs: Meta's free service messages of each number and month."""

import time
from collections import Counter

from whatsapp.sandbox.options import Options


class Billing:
    """
    Counts service messages; months are those of the sandbox's clock.

    Source: WhatsApp pricing from 2026-10-01: 1,000 service messages are free per number and month.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._sent: Counter[tuple[str, int, int]] = Counter()

    def clear(self) -> None:
        self._sent.clear()

    def is_free(self, number_id: str, now: float) -> bool:
        """Count one service message of this number and say whether it is among the free ones."""
        day = time.gmtime(now)
        month = (number_id, day.tm_year, day.tm_mon)
        self._sent[month] += 1
        return self._sent[month] <= self._options.free_service_messages
