"""Everything that can go wrong with a call to WhatsApp, all at once."""

from typing import Any

from tests.chaos.house import House
from tests.chaos.practice import Practice

# Longer than a call may take (20 s).
TOO_LATE = 24.0
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "refuse"},
    {"kind": "reset", "accepted": True},
    {"kind": "reset", "accepted": False},
    {"kind": "late", "seconds": TOO_LATE},
    {"kind": "drip", "seconds": TOO_LATE},
    {"kind": "drip", "seconds": 3.0},
    {"kind": "html", "status": 500, "accepted": True},
    {"kind": "html", "status": 503, "accepted": False},
    {"kind": "graph", "code": 131016},
    {"kind": "graph", "code": 131056},
)


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=0.2)
    practice.keep_queueing(per_second=10, seconds=45)
    house.pause(2.0, 3.0)
    for fault in FAULTS:
        house.sandbox.fault(for_seconds=35.0, chance=0.04, **fault)
    house.say("calls go wrong in ten ways")
    house.pause(10.0, 12.0)
    unplug(house, seconds=6.0)
    house.pause(6.0, 8.0)
    throttle(house, seconds=5.0)
    house.pause(10.0, 12.0)


def unplug(house: House, *, seconds: float) -> None:
    house.sandbox.unplug(seconds)
    house.say("nothing listens where WhatsApp was")
    house.pause(seconds, seconds)


def throttle(house: House, *, seconds: float) -> None:
    faults: tuple[dict[str, Any], ...] = ({"kind": "http429"}, {"kind": "graph", "code": 130429})
    for fault in faults:
        house.sandbox.fault(for_seconds=seconds, chance=0.5, **fault)
    house.say("WhatsApp answers 429 and 130429 alone")
    house.pause(seconds, seconds)
