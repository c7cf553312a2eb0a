"""The roof's only HTTP: alarms posted to web addresses, and the ping that says all is well."""

import requests

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
    _post(address, words, {"Authorization": secret} if secret else {})


def ping(address: str) -> None:
    """
    Say to an address outside that everything lives.

    :raises NotPosted: it did not hear us
    """
    _post(address, None, {})


def _post(address: str, words: dict[str, object] | None, headers: dict[str, str]) -> None:
    try:
        # Streamed and not followed: an endless or wandering answer holds nobody up.
        with requests.post(
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
