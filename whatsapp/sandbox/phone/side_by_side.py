"""Desk and phone side by side, with cards to try."""

from html import escape
from urllib.parse import urlsplit

from aiohttp import web

from whatsapp.sandbox.cards import Card, Cards
from whatsapp.sandbox.phone.document import page, see

_LOOPBACK = ("127.0.0.1", "localhost")
_EMPTY = (
    '<main class="empty"><h1>Desk and phone, side by side</h1>'
    "<p>There is nothing to try yet. A demo brings a clinic, and cards that say what to do:</p>"
    "<pre>python manage.py demo --scenario cancel</pre>"
    "<p>Or give this page an address of your own:</p>"
    "<pre>curl http://{host}/_control/cards -d '"
    '{{"desk": "http://127.0.0.1:8000/admin/", "cards": []}}\'</pre>'
    '<p><a href="/try">Look again</a></p><p><a href="/">The phones alone</a></p></main>'
)


def answer(cards: Cards, request: web.BaseRequest) -> web.Response:
    """Show both, with the steps of the card that was chosen by its number, from 1."""
    host = request.headers.get("Host", "")
    if not cards.desk:
        inner = _EMPTY.format(host=escape(host))
        return page(inner, title="Desk and phone", sheet="try")
    if elsewhere := _on_the_desks_host(cards, host):
        return see(f"{elsewhere}{request.path_qs}")
    number = request.query.get("card", "")
    place = int(number) if number.isascii() and number.isdecimal() else 0
    chosen = cards.cards[place - 1] if 1 <= place <= len(cards.cards) else None
    inner = (
        f"<header><div><h1>Try it</h1>{_choice(cards, chosen)}</div>{_steps(chosen)}</header>"
        f'<main class="both">{_frame("Desk", cards.address(chosen))}'
        f"{_frame('Phone', _phone(chosen))}</main>"
    )
    title = chosen.title if chosen else "Desk and phone"
    return page(inner, title=title, sheet="try", framing=cards.origin)


def _on_the_desks_host(cards: Cards, host: str) -> str:
    """
    Return our address under the desk's own name for this machine, "" where it is that already.

    Between localhost and 127.0.0.1 a browser keeps cookies from frames: nobody could sign in.
    """
    wanted, here = urlsplit(cards.desk).hostname, urlsplit(f"//{host}")
    if wanted == here.hostname or wanted not in _LOOPBACK or here.hostname not in _LOOPBACK:
        return ""
    return f"http://{wanted}:{here.port or 80}"


def _choice(cards: Cards, chosen: Card | None) -> str:
    if not cards.cards:
        return ""
    links = "".join(
        f'<li><a href="/try?card={place}"{_current(card is chosen)}>{escape(card.title)}</a></li>'
        for place, card in enumerate(cards.cards, start=1)
    )
    return f'<nav aria-label="Cards to try"><ul>{links}</ul></nav>'


def _current(is_current: bool) -> str:  # noqa: FBT001 - one word about one link
    return ' aria-current="page"' * is_current


def _steps(chosen: Card | None) -> str:
    if chosen is None:
        return "<p>Work at the desk, and answer on the phone. Nobody receives anything.</p>"
    steps = "".join(f"<li>{escape(step)}</li>" for step in chosen.steps)
    return f"<section><h2>{escape(chosen.title)}</h2><ol>{steps}</ol></section>"


def _phone(chosen: Card | None) -> str:
    return f"/phones/{chosen.phone}" if chosen and chosen.phone else "/"


def _frame(name: str, address: str) -> str:
    kind, address = name.lower(), escape(address)
    return (
        f'<section class="{kind}"><h2>{name}</h2>'
        f'<a href="{address}" target="{kind}">Show the {kind} anew</a>'
        f'<a href="{address}" target="_blank">Open the {kind} in its own tab</a>'
        f'<iframe src="{address}" name="{kind}" title="{name}"></iframe></section>'
    )
