"""The roof's only HTTP: alarms posted to web addresses, and the ping that says all is well."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from healthmsg.clinic.strongbox import WrongKeys
from healthmsg.desk.alarms.models import Watcher

# To connect, and between two bytes of the answer; nothing of the answer is read.
_SECONDS = (5, 10)


class NotPosted(Exception):
    """The other side did not take it; the words name no address, which may hold a secret."""


def to_room(watcher: Watcher, words: dict[str, object]) -> None:
    """
    Post JSON to somebody's web address.

    :raises NotPosted: nobody can say that it was taken
    """
    try:
        address, secret = watcher.room()
    except WrongKeys as error:
        raise NotPosted("sealed under another key") from error
    with requests.Session() as session:
        if not _may_be_inside(address):
            session.mount("http://", _OutsideOnly())
            session.mount("https://", _OutsideOnly())
        _post(session, address, words, {"Authorization": secret} if secret else {})


def is_inside(address: str) -> bool:
    """True where the address itself says that it is in the server's own network, and may not be."""
    if _may_be_inside(address):
        return False
    host = urlsplit(address).hostname or ""
    try:
        return not _is_outside(ip_address(host))
    except ValueError:
        # A name: where it leads is known once it is asked.
        return host == "localhost" or host.endswith(".localhost")


def ping(address: str) -> None:
    """
    Say to an address outside that everything lives.

    :raises NotPosted: it did not hear us
    """
    with requests.Session() as session:
        _post(session, address, None, {})


def _may_be_inside(address: str) -> bool:
    """Who tries things out reaches everything; else what whoever runs the house has named."""
    host = urlsplit(address).hostname or ""
    return settings.USES_SANDBOX or host in settings.ALARM_HOSTS_INSIDE


def _is_outside(peer: IPv4Address | IPv6Address) -> bool:
    # `::ffff:127.0.0.1` is this machine.
    mapped = peer.ipv4_mapped if isinstance(peer, IPv6Address) else None
    return (mapped or peer).is_global


def _checked(reached: socket.socket) -> socket.socket:
    """Ask whom it reached, once it has: a name may lead elsewhere each time it is looked up."""
    if not _is_outside(ip_address(reached.getpeername()[0].partition("%")[0])):
        reached.close()
        # As where nobody listens: whoever tries ports learns nothing.
        raise ConnectionRefusedError
    return reached


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _OutsideOnly(HTTPAdapter):
    """Sends nothing into the server's own network, which a clinic's admin has no business in."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _post(
    session: requests.Session,
    address: str,
    words: dict[str, object] | None,
    headers: dict[str, str],
) -> None:
    try:
        # Streamed and not followed: an endless or wandering answer holds nobody up.
        with session.post(
            address,
            json=words,
            headers=headers,
            timeout=_SECONDS,
            stream=True,
            allow_redirects=False,
        ) as answer:
            status = answer.status_code
    except (requests.RequestException, ValueError) as error:
        # Without its words, and without its chain: both repeat the address.
        raise NotPosted(type(error).__name__) from None
    if not 200 <= status < 300:
        raise NotPosted(f"answered {status}")
