"""The storms there are, in the words of the README."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Storm:
    """`module` blows it; `useful_for` is how many seconds its messages are worth sending."""

    module: str
    what: str
    useful_for: int = 600
    needs_root: bool = False
    sandbox: tuple[str, ...] = ()  # further flags of the sandbox


# The long ones first: several blow at once, each in a house of its own.
STORMS: dict[str, Storm] = {
    storm.module: storm
    for storm in (
        Storm(
            "storm_postgres",
            "PostgreSQL shut down for ten seconds, then killed and away for twenty",
            useful_for=170,
        ),
        Storm(
            "storm_notices",
            "receipts five times, shuffled, split and put together anew, some later than the"
            " time allowed for them, forged ones among them",
        ),
        Storm(
            "storm_kills",
            "sender, inbox, worker, beat, door and web killed (`kill -9`) at random moments,"
            " again and again",
            useful_for=170,
        ),
        Storm(
            "storm_campaign",
            "a campaign written down, poured, paused and let go on while sender, inbox, worker,"
            " beat and door are killed",
        ),
        Storm(
            "storm_calls",
            "WhatsApp refusing connections, resetting after the body (taken or not), answering"
            " after the time-out or byte by byte, 500 and 503 with HTML, 429 in floods",
            # What WhatsApp could not take for a moment is tried again minutes later.
            useful_for=200,
        ),
        Storm(
            "storm_twins",
            "two beats and two senders on one number, one of them frozen past its lease and woken"
            " in the middle of a call",
        ),
        Storm(
            "storm_hosts",
            "two hosts with four numbers on one PostgreSQL and one Redis, one host killed",
            needs_root=True,
            sandbox=tuple(f"--number=10000000000000{n}=+54 11 5555-000{n}" for n in (1, 2, 3, 4)),
        ),
        Storm("storm_disk", "PostgreSQL's disk full", useful_for=170, needs_root=True),
        Storm("storm_redis", "Redis flushed, frozen, away for 30 seconds, back empty"),
        Storm("storm_clocks", "the clocks of single processes jumping by hours and days"),
        Storm("storm_mixed", "several of these at once, drawn by chance", useful_for=170),
    )
}
