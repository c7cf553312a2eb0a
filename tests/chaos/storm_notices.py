"""Receipts repeated, shuffled, late, split and put together anew, with forged ones among them."""

from tests.chaos.house import House
from tests.chaos.practice import Practice

# What a call of unknown outcome waits for its receipt is 90 seconds.
LATE_SECONDS = 125.0


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=0.1, doubled=0.3, shuffled=0.5)
    practice.keep_queueing(per_second=10, seconds=40)
    hide_some(house, calls=12)
    house.sandbox.mishap("repeat", copies=5, times=150)
    house.sandbox.mishap("shuffle", seconds=10.0, times=0)
    for wish in ({"exactly": 1}, {"exactly": 60, "gather": 3.0, "merged": 1.0}, {"exactly": 7}):
        house.sandbox.settings(**wish)
        house.say(f"receipts come so: {wish}")
        forge(house)
        house.pause(9.0, 11.0)
    house.sandbox.settings(exactly=0, gather=0.0)


def hide_some(house: House, *, calls: int) -> None:
    """Some calls are taken and cut off, and what is told of just these comes too late."""
    house.sandbox.fault("reset", accepted=True, times=calls)
    # The first notices of all are those of the first calls.
    house.sandbox.mishap("delay", seconds=LATE_SECONDS, times=calls * 3)
    house.say(f"{calls} calls were cut off; their receipts come {LATE_SECONDS:.0f} s late")


def forge(house: House) -> None:
    answers = set(house.sandbox.forge(count=20))
    house.say(f"20 forged notices were answered {sorted(answers)}")
    if not answers <= {401, 403}:
        raise AssertionError(f"a forged notice was answered {answers}")
