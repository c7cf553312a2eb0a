"""`python -m whatsapp.sandbox --port N`: start the pretend Cloud API."""

import argparse
import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Sequence

from whatsapp.sandbox.clock import Clock
from whatsapp.sandbox.options import Number, Options
from whatsapp.sandbox.server import Server
from whatsapp.sandbox.world import World

_AS_GIVEN = (
    *("waba_id", "token", "app_secret", "verify_token", "seed", "pair_limits", "latency"),
    *(
        "auto_approve",
        "hold_marketing",
        "marketing_to_us",
        "parent_user_ids",
        "identity_check",
        "template_limits",
        "oddities",
        "webhook_url",
        "webhook_version",
        "doubled",
        "shuffled",
    ),
    *("without_contacts", "batch", "parallel", "retry_after", "retry_cap", "retry_days", "pace"),
    *("graph_calls", "templates_at_most", "time_zone"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM. The first line printed is the address."""
    chosen = _parser().parse_args(arguments)
    world = World(_options(chosen), Clock.from_environment(speed=chosen.clock_speed))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(world, host=chosen.host, port=chosen.port))


async def _serve(world: World, *, host: str, port: int) -> None:
    # A ledger only grows: the collector would walk it again and again for garbage it has not. What
    # is young is looked through often and little at once: with 100,000 objects each time nobody was
    # served for 5 to 10 ms, and what came meanwhile was counted into the second that followed.
    gc.freeze()
    gc.set_threshold(5_000, 10_000, 100)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    async with Server(world).running(host, port) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        await stop.wait()


def _options(chosen: argparse.Namespace) -> Options:
    numbers = tuple(Number.parse(text, throughput=chosen.throughput) for text in chosen.number) or (
        Number(throughput=chosen.throughput),
    )
    return Options(
        numbers=numbers,
        webhooks=chosen.webhooks == "on" and bool(chosen.webhook_url),
        sync_codes=tuple(map(int, filter(None, chosen.sync_codes.split(",")))),
        **{name: getattr(chosen, name) for name in _AS_GIVEN},
    )


def _parser() -> argparse.ArgumentParser:
    usual = Options()
    parser = argparse.ArgumentParser(prog="python -m whatsapp.sandbox", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=8085, help="0 takes any free port")
    add("--number", action="append", default=[], metavar="ID=+CC NUMBER[=NAME]")
    add("--throughput", type=int, default=80, help="messages per second and number; 0: no limit")
    add("--no-pair-limits", dest="pair_limits", action="store_false")
    add("--webhook-url", default="")
    add("--webhooks", choices=("on", "off"), default="on")
    add("--sync-codes", default="", help="codes answered at once instead of by webhook: 131047,...")
    add("--clock-speed", type=float, default=1.0, help="HEALTHMSG_CLOCK goes before it")
    add("--auto-approve", action="store_true")
    add("--hold-marketing", action="store_true")
    add("--marketing-to-us", action="store_true", help="deliver what Meta does not, for a demo")
    add("--parent-user-ids", action="store_true", help="those of linked portfolios too")
    add("--identity-check", action="store_true", help="a hash of who holds each number")
    add("--no-template-limits", dest="template_limits", action="store_false")
    add("--oddities", action="store_true", help="webhooks misprinted as in Meta's own samples")
    add("--seed", type=int)
    for name in ("waba_id", "token", "app_secret", "verify_token", "time_zone"):
        add(_flag(name), default=getattr(usual, name))
    for name in ("latency", "doubled", "shuffled", "without_contacts"):
        add(_flag(name), type=float, default=getattr(usual, name))
    for name in ("retry_after", "retry_cap", "retry_days", "pace"):
        add(_flag(name), type=float, default=getattr(usual, name))
    for name in ("webhook_version", "batch", "parallel", "graph_calls", "templates_at_most"):
        add(_flag(name), type=int, default=getattr(usual, name))
    return parser


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


if __name__ == "__main__":
    main()
