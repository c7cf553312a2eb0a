"""What can be chosen when a sandbox is started, and changed while it runs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(slots=True)
class Number:
    """One WhatsApp number of the clinic."""

    id: str = "100000000000001"
    display: str = "+54 11 5555-0000"
    name: str = "Clinica Aurora"
    throughput: int = 80  # messages per second, in and out together; 0 is no limit
    state: dict[str, Any] = field(default_factory=dict)  # fields of its node that differ
    digits: str = field(init=False)
    country_code: str = field(init=False)

    def __post_init__(self) -> None:
        self.digits = re.sub(r"\D", "", self.display)
        self.country_code = re.sub(r"\D", "", self.display.split(" ", 1)[0])

    @classmethod
    def parse(cls, text: str, *, throughput: int) -> "Number":
        """Read "id=display" or "id=display=verified name"; the display begins like "+54 "."""
        number_id, _, rest = text.partition("=")
        display, _, name = rest.partition("=")
        if not display.startswith("+"):
            raise ValueError("a number is given as id=+country code and number")
        return cls(number_id, display, name or cls().name, throughput=throughput)


@dataclass(slots=True)
class Options:
    """How this sandbox behaves. Durations are real seconds, chances between 0 and 1."""

    numbers: tuple[Number, ...] = field(default_factory=lambda: (Number(),))
    waba_id: str = "200000000000001"
    token: str = "sandbox-token"  # noqa: S105 - opens nothing but a pretend API
    app_secret: str = "sandbox-app-secret"  # noqa: S105
    verify_token: str = "sandbox-verify-token"  # noqa: S105
    seed: int | None = None

    pair_limits: bool = True
    # People whom all numbers together may write to first in any 24 hours; 0 is no limit.
    daily_limit: int = 0
    # Meta documents no code for it; clients are told to watch this one.
    daily_limit_code: int = 131048
    daily_limit_late: bool = False  # told by a `failed` webhook instead of at once
    latency: float = 0.0
    auto_approve: bool = False
    hold_marketing: bool = False
    # A hundred created in an hour, one edit a day, names that rest after a deletion.
    template_limits: bool = True
    free_service_messages: int = 1000  # of each number and month
    has_payment_method: bool = True
    templates_at_most: int = 250  # 6,000 for a verified portfolio
    graph_calls: int = 5000  # management calls in an hour; 0 is no limit
    sync_codes: tuple[int, ...] = ()  # codes answered at once instead of by webhook: Meta does both

    webhooks: bool = True
    webhook_url: str = ""
    webhook_version: int = 25
    doubled: float = 0.03
    shuffled: float = 0.2
    without_contacts: float = 0.2
    batch: int = 10
    exactly: int = 0  # so many changes in each request, where so many wait; 1 splits all of them
    gather: float = 0.0  # waits so long for more before it sends
    oddities: bool = False  # webhooks misprinted as in Meta's own samples
    merged: float = 0.5  # chance of a status standing beside another in one value
    parallel: int = 8
    retry_after: float = 0.5
    retry_cap: float = 5.0
    # Of the sandbox's clock. Two of Meta's pages differ: 7 days, or 1.5.
    retry_days: float = 7.0
    pace: float = 1.0  # multiplies how long phones and patients take
    time_zone: str = "UTC"  # of the phones to look at

    def change(self, wishes: Mapping[str, Any]) -> None:
        """
        Change what can be changed while running.

        :raises ValueError: no such option, or one that is fixed at the start
        :raises KeyError: no such time zone
        """
        ZoneInfo(wishes.get("time_zone", self.time_zone))
        kinds = {option.name: type(getattr(self, option.name)) for option in fields(self)}
        for name in ("numbers", "waba_id", "seed", "throughput"):
            kinds.pop(name, None)
        for name, wish in wishes.items():
            if name not in kinds:
                raise ValueError(f"no option {name!r} can be changed")
            setattr(self, name, kinds[name](wish))
