"""Webhooks that Meta did not write: lies about accepted messages, unsigned or signed wrongly."""

import itertools
from collections.abc import Iterator

from whatsapp.sandbox import statuses
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.statuses import Notice
from whatsapp.sandbox.webhooks import envelope, serialise, signature
from whatsapp.sandbox.world import World

KINDS = ("unsigned", "wrong_secret", "other_body", "sha1", "garbled")
_HEADER = "X-Hub-Signature-256"


def forge(world: World, wish: Json) -> list[tuple[bytes, dict[str, str]]]:
    """
    Return bodies with their headers: `count` lies, each of the next kind (or all of `kind`).

    :raises ValueError: no such kind
    """
    kinds = (str(wish["kind"]),) if "kind" in wish else KINDS
    if not set(kinds) <= set(KINDS):
        raise ValueError(f"one of {', '.join(KINDS)} is needed")
    lies = itertools.islice(_lies(world), int(wish.get("count", len(kinds))))
    turns = itertools.cycle(kinds)
    return [_signed(world, serialise(lie), next(turns)) for lie in lies]


def _lies(world: World) -> Iterator[Json]:
    """A refusal or a stop in the name of the last patients written to, again and again."""
    waba_id = world.options.waba_id
    number = world.options.numbers[0]
    recent = world.ledger.entries[-50:]
    for turn in itertools.count():
        at = world.clock.now()
        if recent and turn % 2 == 0:
            entry = recent[turn // 2 % len(recent)]
            notice = statuses.status(entry, "failed", at=at, number=number, error=131026)
        else:
            wa_id = recent[-1].wa_id if recent else "5491155550101"
            message: Json = {"id": f"wamid.forged{turn}", "timestamp": str(int(at))}
            message |= {"type": "text", "text": {"body": "STOP"}}
            notice = statuses.inbound(message, number=number, wa_id=wa_id)
        yield _alone(notice, waba_id)


def _alone(notice: Notice, waba_id: str) -> Json:
    return envelope([{"id": waba_id, "changes": [{"value": notice.value, "field": notice.field}]}])


def _signed(world: World, body: bytes, kind: str) -> tuple[bytes, dict[str, str]]:
    secret = world.options.app_secret
    header = {
        "unsigned": {},
        "wrong_secret": {_HEADER: signature(body, f"not {secret}")},
        # A signature of Meta's own, taken from another body.
        "other_body": {_HEADER: signature(body + b" ", secret)},
        "sha1": {"X-Hub-Signature": signature(body, secret).replace("sha256=", "sha1=")},
        "garbled": {_HEADER: "sha256=" + "0" * 63 + "z"},
    }[kind]
    return body, {"Content-Type": "application/json", **header}
