"""Cards to try: what a person may do with desk and phone side by side, as a demo gives them."""

from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urljoin, urlsplit

MOST, LONGEST = 50, 500


@dataclass(frozen=True, slots=True)
class Card:
    """One thing to try; what is "" leaves that side where it begins."""

    title: str
    steps: tuple[str, ...]
    desk_path: str = ""  # from the top of the desk's host, such as admin/clinic/patient/
    phone: str = ""  # digits, as WhatsApp writes them


class Cards:
    """The cards of one demo, and where its desk is."""

    def __init__(self) -> None:
        self.desk = ""
        self.cards: tuple[Card, ...] = ()

    @property
    def origin(self) -> str:
        """Scheme, host and port of the desk."""
        parts = urlsplit(self.desk)
        return f"{parts.scheme}://{parts.netloc}" if self.desk else ""

    def address(self, card: Card | None) -> str:
        """Return where the desk begins, with this card or without one."""
        if card is None or not card.desk_path:
            return self.desk
        return urljoin(f"{self.origin}/", card.desk_path)

    def clear(self) -> None:
        self.desk, self.cards = "", ()

    def give(self, wish: Any) -> int:
        """
        Take {"desk": address, "cards": [{"title", "steps", "desk_path", "phone"}, ...]}.

        :returns: how many there are now
        :raises ValueError: something has another shape; the cards stay as they were
        """
        if not isinstance(wish, dict) or set(wish) != {"desk", "cards"}:
            raise ValueError('expected {"desk": "http://...", "cards": [...]}')
        given = wish["cards"]
        if not isinstance(given, list) or len(given) > MOST:
            raise ValueError(f"cards: expected a list of at most {MOST}")
        desk = _desk(wish["desk"])
        cards = tuple(_card(one, f"cards[{place}]") for place, one in enumerate(given))
        self.desk, self.cards = desk, cards
        return len(cards)


_FIELDS = tuple(field.name for field in fields(Card))


def _desk(address: Any) -> str:
    parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
    # It becomes part of a policy for browsers, in which these characters end it.
    if parts.scheme not in ("http", "https") or not parts.hostname or set(address) & set(" ;,'\"@"):
        raise ValueError("desk: expected an address such as http://127.0.0.1:8000/admin/")
    return str(address)


def _card(card: Any, where: str) -> Card:
    if not isinstance(card, dict) or set(card) - set(_FIELDS):
        raise ValueError(f"{where}: expected an object of {', '.join(_FIELDS)}")
    steps = card.get("steps")
    if not isinstance(steps, list) or not steps:
        raise ValueError(f"{where}.steps: expected a list of sentences")
    return Card(
        title=_words(card.get("title"), f"{where}.title"),
        steps=tuple(_words(step, f"{where}.steps[{place}]") for place, step in enumerate(steps)),
        desk_path=_path(card.get("desk_path", ""), f"{where}.desk_path"),
        phone=_phone(card.get("phone", ""), f"{where}.phone"),
    )


def _words(text: Any, where: str) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise ValueError(f"{where}: expected words, at most {LONGEST} characters")
    return text.strip()


def _path(path: Any, where: str) -> str:
    parts = urlsplit(path if isinstance(path, str) else "no:path")
    if parts.scheme or parts.netloc or "\\" in path:
        raise ValueError(f"{where}: expected a path of the desk, such as admin/clinic/patient/")
    return str(path)


def _phone(phone: Any, where: str) -> str:
    digits = phone.removeprefix("+") if isinstance(phone, str) else "?"
    if digits and not (digits.isascii() and digits.isdecimal() and 5 <= len(digits) <= 15):
        raise ValueError(f"{where}: expected the digits of a number, such as 5491155550101")
    return digits
