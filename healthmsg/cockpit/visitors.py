"""From where somebody asks, and whether they ask too often."""

import contextlib
from collections.abc import Iterable
from functools import cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis import Redis
from redis.exceptions import RedisError

_PATIENCE = 0.5
# What is counted while Redis is gone. Whoever comes from very many places makes others forgotten.
_here = LocMemCache("how often", {"OPTIONS": {"MAX_ENTRIES": 20_000}})
# What wrong passwords are counted as; who looks after staff lets them be forgotten.
WRONG_WITH_NAME = "wrong-with-name"


def address_of(request: HttpRequest) -> str:
    """
    Return the address a request came from.

    X-Forwarded-For is believed as far as our own proxies wrote it: read from its end, past each
    address of `TRUSTED_PROXIES`. What stands before was written by whoever asks.
    """
    address = _plain(request.META.get("REMOTE_ADDR", ""))
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while told and _is_ours(address):
        before = _plain(told.pop().strip())
        if not _is_address(before):
            break
        address = before
    return address


def place_of(request: HttpRequest) -> str:
    """
    Return by what visitors are counted: the address, or of IPv6 the network it lies in.

    Every household has 64 bits of addresses, and may come by another one each time.
    """
    address = address_of(request)
    if not _is_address(address) or ip_address(address).version == 4:
        return address
    return str(ip_network(f"{address.partition('%')[0]}/64", strict=False))


def count(what: str, who: str, *, seconds: int) -> int:
    """
    Note one try, and return how many there were within so many seconds.

    Redis learns neither names nor addresses. While it is gone, each process counts for itself.
    """
    key = _key(what, who)
    try:
        with _redis() as redis, redis.pipeline() as both:
            # Together: a count without an end would turn somebody away for ever.
            both.set(key, 0, ex=seconds, nx=True)
            both.incr(key)
            return int(both.execute()[1])
    except RedisError:
        return _count_here(key, seconds)


def tries(what: str, who: str) -> int:
    """Return how many tries were noted lately."""
    try:
        with _redis() as redis:
            return int(str(redis.get(_key(what, who)) or 0))
    except RedisError:
        return int(_here.get(_key(what, who), 0))


def forget(what: str, who: str) -> None:
    """Begin to count anew."""
    _here.delete(_key(what, who))
    with contextlib.suppress(RedisError), _redis() as redis:
        redis.delete(_key(what, who))


def _count_here(key: str, seconds: int) -> int:
    _here.add(key, 0, seconds)
    try:
        return _here.incr(key)
    except ValueError:  # it has just ended, or made room for others
        return 1


def _redis() -> "Redis":
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_PATIENCE,
        socket_connect_timeout=_PATIENCE,
        decode_responses=True,
    )


def _key(what: str, who: str) -> str:
    secret = salted_hmac("how often", who, algorithm="sha256").hexdigest()[:32]
    return f"haste:{what}:{secret}"


def _plain(text: str) -> str:
    """Return ::ffff:192.0.2.7, as a socket of both kinds says it, as 192.0.2.7."""
    known = ip_address(text) if _is_address(text) else None
    mapped = known.ipv4_mapped if isinstance(known, IPv6Address) else None
    return str(mapped or text)


def _is_ours(address: str) -> bool:
    if not _is_address(address):
        return False
    known = ip_address(address)
    return any(known in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@cache
def _networks(written: Iterable[str]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(one, strict=False) for one in written]
