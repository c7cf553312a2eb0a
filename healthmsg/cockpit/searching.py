"""Searches: an address carries a token, and only the session knows the words it stands for."""

import secrets

from django.http import HttpRequest

# The last few, so that "back" still works.
KEPT = 20
_KEY = "searches"
_MARK = "~"


def keep(request: HttpRequest, typed: str) -> str:
    """Remember what was typed, and return the token that stands for it."""
    token = _MARK + secrets.token_hex(6)
    known: dict[str, str] = request.session.get(_KEY, {})
    request.session[_KEY] = dict(list(known.items())[1 - KEPT :]) | {token: typed}
    return token


def meant(request: HttpRequest, term: str) -> str:
    """Return what a token stands for; words that are no token stand for themselves."""
    if not term.startswith(_MARK):
        return term
    known: dict[str, str] = request.session.get(_KEY, {})
    return known.get(term, "")
