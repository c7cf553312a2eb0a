"""Asks our own public address what WhatsApp will ask it: is it there, trusted, and ours?"""

import secrets
from enum import Enum

import requests

_SECONDS = 5


class Found(Enum):
    """What came of asking."""

    OURS = "OURS"
    NOT_THERE = "NOT_THERE"
    NOT_TRUSTED = "NOT_TRUSTED"
    OTHER_WORD = "OTHER_WORD"
    NOT_OURS = "NOT_OURS"


def ask(address: str, *, verify_token: str) -> Found:
    """
    Ask as Meta does when the address is entered there.

    Source: WhatsApp Cloud API, webhooks, verification requests, read 2026-11.
    """
    challenge = str(secrets.randbelow(10**9))
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": verify_token,
        "hub.challenge": challenge,
    }
    try:
        answer = requests.get(address, params=asked, timeout=_SECONDS, allow_redirects=False)
    except requests.exceptions.SSLError:
        return Found.NOT_TRUSTED
    except requests.RequestException:
        return Found.NOT_THERE
    if answer.status_code in (401, 403):
        return Found.OTHER_WORD
    return Found.OURS if answer.ok and answer.text.strip() == challenge else Found.NOT_OURS
