"""How the account stands with Meta: what it may send, and whom it wrote to within a day."""

from collections import OrderedDict

from whatsapp.sandbox.graph_errors import GraphError

DAY = 24 * 3600.0
NO_TEMPLATES = "RESTRICTED_BIZ_INITIATED_MESSAGING"
NO_REPLIES = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
NO_NEW_UTILITY = "RESTRICTED_UTILITY_TEMPLATES"
TIERS = {
    0: "TIER_UNLIMITED",
    50: "TIER_50",
    250: "TIER_250",
    1000: "TIER_1K",
    2000: "TIER_2K",
    10_000: "TIER_10K",
    100_000: "TIER_100K",
}


class Standing:
    """Bans and restrictions of the account; times are the sandbox's clock."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.is_banned = False
        self.restricted_until: dict[str, float] = {}

    @property
    def is_good(self) -> bool:
        return not (self.is_banned or self.restricted_until)

    def check(self, *, is_template: bool) -> None:
        """
        Let through what the account may send.

        :raises GraphError: 131031 while banned, 368 while restricted
        """
        if self.is_banned:
            raise GraphError(131031, "Business Account locked.")
        if (NO_TEMPLATES if is_template else NO_REPLIES) in self.restricted_until:
            raise GraphError(368, "The account is temporarily restricted from messaging.")


class DailyPeople:
    """The people whom all numbers together wrote to outside open windows, in the last 24 hours."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        # In the order of their last message.
        self._last_at: OrderedDict[str, float] = OrderedDict()
        self.highest = 0

    def is_full(self, wa_id: str, *, limit: int, now: float) -> bool:
        """Say whether this person would be one too many."""
        self._forget(now)
        return bool(limit) and wa_id not in self._last_at and len(self._last_at) >= limit

    def add(self, wa_id: str, now: float) -> None:
        self._forget(now)
        self._last_at[wa_id] = now
        self._last_at.move_to_end(wa_id)
        self.highest = max(self.highest, len(self._last_at))

    def count(self, now: float) -> int:
        self._forget(now)
        return len(self._last_at)

    def _forget(self, now: float) -> None:
        people = self._last_at
        while people and next(iter(people.values())) <= now - DAY:
            people.popitem(last=False)


def tier(limit: int) -> str:
    """Return Meta's word for a limit; a number of our own choosing stays a number."""
    return TIERS.get(limit, str(limit))
