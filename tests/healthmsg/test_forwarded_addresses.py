"""From where somebody asks, whatever they write into X-Forwarded-For themselves."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from healthmsg.cockpit import visitors

OURS = ["192.0.2.0/24", "2001:db8:1::/64", "127.0.0.1", "::1"]
_NETWORKS = [ip_network(one) for one in OURS]
_often = tried(
    max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def _is_outside(address: IPv4Address | IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or address
    return not any(one in network for one in (address, mapped) for network in _NETWORKS)


# A socket that listens for both names addresses of IPv4 so.
_MAPPED = st.ip_addresses(v=4).map(lambda address: ip_address(f"::ffff:{address}"))
_ANY = st.ip_addresses(v=4) | st.ip_addresses(v=6) | _MAPPED
_STRANGERS = _ANY.filter(_is_outside)
_PROXIES = st.sampled_from(["192.0.2.7", "192.0.2.99", "2001:db8:1::5", "127.0.0.1", "::1"])
_PROXIES |= st.sampled_from(["::ffff:192.0.2.7", "2001:DB8:1:0::5"])
# What somebody outside may write: more addresses, ours among them, or anything at all.
_PIECES = _ANY.map(str) | _PROXIES
_PIECES |= st.sampled_from(["", "unknown", "_hidden", "1.2.3.4:80", "[::1]:80", "::1%eth0", "\x00"])
_HEADERS = st.lists(_PIECES, max_size=5).map(", ".join) | st.text(max_size=60)


def _address(remote: str, forwarded: str | None) -> str:
    headers: dict[str, Any] = {"REMOTE_ADDR": remote}
    if forwarded is not None:
        headers["HTTP_X_FORWARDED_FOR"] = forwarded
    request = RequestFactory().get("/", **headers)
    visitors.place_of(request)
    return visitors.address_of(request)


@pytest.fixture(autouse=True)
def _proxies(settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES = OURS


@_often
@given(
    written=_HEADERS | st.none(),
    stranger=_STRANGERS,
    proxies=st.lists(_PROXIES, min_size=1, max_size=4),
    comma=st.sampled_from([",", ", ", " ,\t"]),
)
def test_attack_nobody_behind_our_proxies_is_taken_for_another_address(
    written: str | None, stranger: Any, proxies: list[str], comma: str
) -> None:
    # Each proxy writes after all that came from whom it was asked.
    chain = [*([written] if written is not None else []), str(stranger), *proxies[:-1]]

    known = _address(proxies[-1], comma.join(chain))

    assert ip_address(known) == (getattr(stranger, "ipv4_mapped", None) or stranger)


@_often
@given(written=_HEADERS, stranger=_STRANGERS)
def test_attack_whoever_asks_past_the_proxies_is_not_believed(written: str, stranger: Any) -> None:
    known = _address(str(stranger), written)

    assert ip_address(known) == (getattr(stranger, "ipv4_mapped", None) or stranger)


@_often
@given(remote=_PIECES | st.text(max_size=40), written=_HEADERS)
def test_attack_no_header_breaks_a_page(remote: str, written: str) -> None:
    assert isinstance(_address(remote, written), str)


@pytest.mark.parametrize("said", ["203.0.113.9:4711", "[2001:db8:9::1]:443", "unknown", ""])
def test_attack_what_is_no_address_leaves_the_proxys_own(said: str) -> None:
    assert _address("192.0.2.7", f"198.51.100.1, {said}") == "192.0.2.7"


def test_two_homes_of_ipv4_are_two_places_on_a_socket_of_both_kinds() -> None:
    def place(remote: str) -> str:
        return visitors.place_of(RequestFactory().get("/", REMOTE_ADDR=remote))

    assert place("::ffff:203.0.113.9") == "203.0.113.9"
    assert place("::ffff:203.0.113.9") != place("::ffff:198.51.100.4")
